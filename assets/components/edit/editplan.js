/** What the passport of a model's heads has to say here: the plan of the story, and the rates of exactly these edits. */

import { act, shortPlace, writeActs } from '../notation.js';

/** @typedef {import('../heads/passports.js').Passport} Passport */
/** @typedef {import('../heads/passports.js').Measure} Measure */
/** @typedef {import('../heads/passports.js').Spot} Spot */
/** @typedef {import('../notation.js').Act} Act */
/** @typedef {import('./editparts.js').Story} Story */
/** @typedef {{name: 'pronoun' | 'exact' | 'lost', measure: Measure}} Rate */
/** @typedef {{n: number, n_pronouns: number, rates: Rate[]}} Stated the rates of one list of edits, and how many sentences and pronouns they were measured on */
/**
 * @typedef {object} Plan
 * @property {string} spare the list of edits that takes away every head that pruning finds spare
 * @property {number} n_spare
 * @property {Spot} last the head that is no longer spare when those are gone
 * @property {string} both the list that takes them all away
 * @property {string[]} wrong sentences in which that makes a pronoun wrong
 */

export const [MOST_EDITS, LONGEST] = [40, 2000]; // edits and characters that a link holds

/**
 * Which heads are spare, and which one is not any more when they are gone: that of the story, else the one most missed.
 * @param {Passport | null} passport
 * @param {Story} story
 * @returns {Plan | null} null where there is nothing to tell
 */
export function planOf(passport, { start }) {
  if (!passport) return null;
  const { steps, stop, needed } = passport.pruning;
  const gone = steps.slice(1, stop + 1).map(({ block, head }) => /** @type {Spot} */ ([block ?? '', head ?? 0]));
  const missed = (/** @type {typeof needed[number]} */ { pronoun, exact }) => (pronoun ?? exact).value;
  const last = needed.find(({ block, head }) => block === start.block && head === start.head) ?? [...needed].sort((one, other) => missed(one) - missed(other))[0];
  if (!last || !gone.length || gone.length >= MOST_EDITS) return null;
  const spot = /** @type {Spot} */ ([last.block, last.head]);
  return { spare: without(gone), n_spare: gone.length, last: spot, both: without([...gone, spot]), wrong: last.wrong };
}

/**
 * The list of edits that takes heads away.
 * @param {Spot[]} spots
 */
export function without(spots) {
  return writeActs(spots.map(([block, head]) => act('zero', shortPlace(block), head)));
}

/**
 * Do two lists take the same heads away, and nothing else?
 * @param {Act[]} acts
 * @param {Act[]} others
 */
export function sameHeads(acts, others) {
  const [one, other] = [headsOf(acts), headsOf(others)];
  return one !== null && one === other;
}

/**
 * The heads that a list takes away, in one order; null if it does anything else.
 * @param {Act[]} acts
 */
function headsOf(acts) {
  if (acts.some(({ word }) => word !== 'zero')) return null;
  return [...new Set(acts.map(({ fields }) => fields.join('.')))].sort().join('-');
}

/**
 * What the passport states of a list of edits: for no edit, for one head, for the heads of its pruning up to any step,
 * for one more than the spare ones, for the heads that look at the noun, and for the road that is closed in all heads.
 * @param {Passport} passport
 * @param {Act[]} acts
 * @param {string} closed the list that closes the road from pronoun to noun on this sentence
 * @returns {Stated | null} null where it states nothing of just this
 */
export function ratesOf(passport, acts, closed) {
  const { pronoun, exact, closed: road } = passport;
  const all = { n: passport.n_sentences, n_pronouns: passport.n_pronouns };
  if (!acts.length) return stated(all, { pronoun, exact });
  if (closed && writeActs(acts) === closed) return stated(all, { pronoun: road });
  const heads = headsOf(acts);
  if (heads === null) return null;
  const are = (/** @type {Spot[]} */ spots) => headsOf(spots.map(([block, head]) => act('zero', shortPlace(block), head))) === heads;
  return ofOne(passport, are) ?? ofPruning(passport, are) ?? ofTogether(passport, are);
}

/**
 * @param {Passport} passport
 * @param {(spots: Spot[]) => boolean} are
 */
function ofOne({ blocks, n_sentences, n_pronouns }, are) {
  for (const [block, heads] of Object.entries(blocks)) {
    const head = heads.findIndex((_, n) => are([[block, n]]));
    if (head < 0) continue;
    const { pronoun, drop } = heads[head].measures;
    return stated({ n: n_sentences, n_pronouns }, { pronoun, lost: drop });
  }
  return null;
}

/**
 * @param {Passport} passport
 * @param {(spots: Spot[]) => boolean} are
 */
function ofPruning({ pruning }, are) {
  const { steps, stop, needed } = pruning;
  const gone = steps.slice(1).map(({ block, head }) => /** @type {Spot} */ ([block ?? '', head ?? 0]));
  const step = steps.findIndex((_, k) => k > 0 && are(gone.slice(0, k)));
  const more = needed.find(({ block, head }) => are([...gone.slice(0, stop), [block, head]]));
  if (more) return stated(pruning, { pronoun: more.pronoun, exact: more.exact });
  return step > 0 ? stated(pruning, { pronoun: step === stop ? pruning.pronoun : null, exact: steps[step].exact }) : null;
}

/**
 * @param {Passport} passport
 * @param {(spots: Spot[]) => boolean} are
 */
function ofTogether({ together, n_pronouns }, are) {
  const found = together.find(({ places }) => are(places));
  return found ? stated({ n: n_pronouns, n_pronouns }, { pronoun: found.pronoun, exact: found.exact }) : null;
}

/**
 * @param {{n: number, n_pronouns: number}} of
 * @param {Partial<Record<Rate['name'], Measure | null>>} measures
 * @returns {Stated | null}
 */
function stated({ n, n_pronouns }, measures) {
  const rates = Object.entries(measures).flatMap(([name, measure]) => (measure ? [{ name: /** @type {Rate['name']} */ (name), measure }] : []));
  return rates.length ? { n, n_pronouns, rates } : null;
}
