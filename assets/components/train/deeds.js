/** What a person does to a training: start, pause, resume, stop. Each is asked of the server once, and again if the line was lost. */

import { Offline } from '../net.js';
import { Refusal } from '../payload.js';
import { OWN, same } from './draft.js';
import { send } from './roads.js';

/** @typedef {import('./reel.js').Job} Job */
/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {import('./draft.js').Recipe} Recipe */
/** @typedef {{key: string, values: Record<string, string | number>}} Notice */

const PLAN_AFTER = 250; // milliseconds without a change of the settings
const TRIES_APART = [500, 1000, 2000, 4000];
const BROKEN = ['diverged', 'failed', 'timeout'];

/**
 * Insist until there is an answer: what is asked carries a token or changes nothing when it is said twice.
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {(lost: boolean) => void} lost
 */
export async function insist(attempt, lost) {
  for (let n = 0; ; n++) {
    try {
      const answer = await attempt();
      if (n) lost(false);
      return answer;
    } catch (error) {
      if (!(error instanceof Offline)) throw error;
      lost(true);
      await new Promise((resolve) => setTimeout(resolve, TRIES_APART[Math.min(n, TRIES_APART.length - 1)]));
    }
  }
}

/**
 * Ask for a training. The token makes a double click and a second try one training.
 * @param {Recipe} recipe
 * @param {string | null} text
 * @param {(lost: boolean) => void} lost
 * @returns {Promise<Job>}
 */
export function begin(recipe, text, lost) {
  const token = [...window.crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return insist(() => send('/lab/jobs', { recipe, text, token }), lost);
}

/**
 * @param {string} id
 * @param {'pause' | 'resume' | 'stop'} wish
 * @param {(lost: boolean) => void} lost
 * @returns {Promise<Job>}
 */
export function tell(id, wish, lost) {
  return insist(() => send(`/lab/jobs/${id}`, { wish }), lost);
}

/**
 * A training that is there already and is the one to compare with.
 * @param {(Reel | null)[]} known
 * @param {Recipe} recipe
 */
export function twinOf(known, recipe) {
  return known.find((reel) => reel?.recipe && same(reel.recipe, recipe) && !BROKEN.includes(reel.job?.state ?? '')) ?? null;
}

/** What a training would cost, asked when the settings have rested for a moment. */
export class Planner {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.timer = 0;
    this.asked = '';
    /** @type {import('./before.js').Plan | null} */
    this.plan = null;
    /** @type {Notice | null} */
    this.trouble = null;
    this.stale = true;
  }

  /**
   * @param {Draft} draft
   * @param {Job | null} mine one's own training that works or waits: when it is over, the queue is another
   */
  ask(draft, mine) {
    const question = { recipe: draft.whole, text: draft.task === OWN ? (draft.text?.id ?? null) : null };
    const asked = JSON.stringify([question, mine?.id ?? null]);
    if (asked === this.asked) return;
    this.asked = asked;
    this.stale = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.fetch(asked, question), this.plan ? PLAN_AFTER : 0);
  }

  /**
   * @param {string} asked
   * @param {unknown} question
   */
  async fetch(asked, question) {
    try {
      const plan = await send('/lab/plan', question);
      if (asked !== this.asked) return;
      Object.assign(this, { plan, trouble: null });
    } catch (error) {
      if (asked !== this.asked) return;
      if (error instanceof Offline) return this.again();
      this.trouble = noticeOf(error);
    }
    this.stale = false;
    this.changed();
  }

  again() {
    const { asked } = this;
    this.timer = setTimeout(() => void this.fetch(asked, JSON.parse(asked)[0]), TRIES_APART[2]);
  }

  stop() {
    clearTimeout(this.timer);
    this.asked = '';
  }
}

/**
 * @param {unknown} error
 * @returns {Notice}
 */
export function noticeOf(error) {
  if (error instanceof Refusal) return { key: error.key, values: error.values };
  console.error(error);
  return { key: 'explore.error.browser', values: {} };
}
