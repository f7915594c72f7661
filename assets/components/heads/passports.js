/** The passports of the runs: asked for once, polled while the server measures, kept for all views of the page. */

import { ask, Offline, receive } from '../net.js';
import { openParcel } from '../step/parcel.js';

/** @typedef {{value: number, low: number, high: number}} Measure */
/** @typedef {{look: string, rate: number}} Claim */
/** @typedef {{measures: Record<string, Measure | null>, says: Claim[], exact: Measure}} HeadPassport `exact`: the sentences that are right without it */
/** @typedef {[string, number]} Spot a block and a head */
/** @typedef {{block: string, head: number, exact: Measure, pronoun: Measure | null, wrong: string[]}} Needed what is left without a head, the spare ones gone; sentences that turn wrong */
/** @typedef {{text: string, row: number, noun: number, rows: number, columns: number}} Cell a sentence, and where in its cross-attention the pronoun's row looks at its noun */
/**
 * @typedef {object} Passport
 * @property {number} n_sentences
 * @property {number} n_pronouns
 * @property {Measure} exact
 * @property {Measure | null} pronoun
 * @property {Record<string, HeadPassport[]>} blocks
 * @property {Record<string, {places: Spot[], matrix: number[][]}>} similar
 * @property {{places: Spot[], share: number, pronoun: Measure, exact: Measure}[]} together
 * @property {Measure | null} closed
 * @property {Cell[]} closed_wrong sentences that go wrong then
 * @property {{n: number, n_pronouns: number, n_choose: number, may_lose: number, stop: number, pronoun: Measure | null, needed: Needed[], steps: {block: string | null, head: number | null, exact: Measure, loss: number}[]}} pruning
 */
/** @typedef {{passport: Passport | null, share: number, trouble: import('../payload.js').Notice | null, desks: Set<Desk>}} State */
/** @typedef {import('../step/desk.js').Desk} Desk */

const [EVERY, AGAIN] = [400, 2000]; // milliseconds: between two questions, and when there was no answer
const NOT_YET = 202;

/** @type {Map<string, State>} */
const kept = new Map();

/**
 * What is known of a run's heads now. The first who asks starts the measurement.
 * @param {string} run
 * @returns {State | null} null if nobody has asked yet
 */
export function known(run) {
  return kept.get(run) ?? null;
}

/**
 * @param {string} run
 * @param {Desk} desk drawn anew whenever more is known, as long as it is on the page
 * @returns {State}
 */
export function passportOf(run, desk) {
  let state = kept.get(run);
  if (!state) {
    kept.set(run, (state = { passport: null, share: 0, trouble: null, desks: new Set() }));
    void poll(run, state);
  }
  state.desks.add(desk);
  return state;
}

/**
 * @param {string} run
 * @param {State} state
 */
async function poll(run, state) {
  for (let wait = EVERY; wait; ) {
    wait = await askOnce(run, state);
    for (const desk of [...state.desks]) {
      if (desk.root.isConnected) desk.drawSoon();
      else state.desks.delete(desk);
    }
    if (wait && !state.desks.size) return void kept.delete(run); // nobody waits any more
    if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * Ask how far it is. Gives the milliseconds after which to ask again, 0 for no more.
 * @param {string} run
 * @param {State} state
 */
async function askOnce(run, state) {
  try {
    if (window.__lab) window.__lab.fetches += 1;
    const response = await ask('/lab/chapter', { page: 'heads', run, s: '', ask: 'passport' });
    if (response.status === 200) {
      state.passport = openParcel(await receive(() => response.arrayBuffer())).header.passport;
      return 0;
    }
    const said = await receive(() => response.json());
    if (response.status === NOT_YET) {
      state.share = Number(said.values?.share) || 0;
      return EVERY;
    }
    state.trouble = { key: String(said.error ?? 'explore.error.browser'), values: said.values ?? {} };
  } catch (error) {
    if (error instanceof Offline) return AGAIN;
    console.error(error);
    state.trouble = { key: 'explore.error.browser', values: {} };
  }
  return 0;
}
