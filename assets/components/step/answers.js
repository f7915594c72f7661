/** What is asked of the server beside the pass: each question once, and a picture again when its answer has come. */

import { Offline } from '../net.js';
import { Refusal } from '../payload.js';
import { fetchParcel } from './parcel.js';

/** @typedef {import('../payload.js').Notice} Notice */
/** @typedef {{header: any, tensors: Map<string, import('./parcel.js').Tensor>, trouble?: undefined} | {trouble: Notice}} Asked */

const AGAIN_AFTER = 2000; // milliseconds, when there is no connection

export class Answers {
  /** @param {() => void} came what to do when an answer has come */
  constructor(came) {
    this.came = came;
    /** @type {Map<string, Asked | null>} */
    this.all = new Map();
  }

  /**
   * Give the answer at once if it is there; else ask for it and give null.
   * @param {string} road
   * @param {Record<string, string>} question
   * @returns {Asked | null}
   */
  ask(road, question) {
    const key = road + JSON.stringify(question);
    const answer = this.all.get(key);
    if (answer !== undefined) return answer;
    this.all.set(key, null);
    void this.fetch(key, road, question);
    return null;
  }

  /**
   * @param {string} key
   * @param {string} road
   * @param {Record<string, string>} question
   */
  async fetch(key, road, question) {
    try {
      this.all.set(key, await fetchParcel(road, question));
    } catch (error) {
      if (error instanceof Offline) {
        setTimeout(() => this.all.delete(key) && this.came(), AGAIN_AFTER);
        return;
      }
      if (!(error instanceof Refusal)) console.error(error);
      this.all.set(key, { trouble: error instanceof Refusal ? { key: error.key, values: error.values } : { key: 'explore.error.browser', values: {} } });
    }
    this.came();
  }

  /** Another sentence: forget what was asked about the last one. @param {(key: string) => boolean} keep */
  forget(keep) {
    for (const key of [...this.all.keys()]) if (!keep(key)) this.all.delete(key);
  }
}
