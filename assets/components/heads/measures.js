/** The measures of a head: in which order they stand, how they are printed and coloured, and what they say in words. */

import { share, short } from '../format.js';
import { signedScale, weightScale } from '../scales.js';

/** @typedef {import('./passports.js').Measure} Measure */
/** @typedef {import('./passports.js').Passport} Passport */
/** @typedef {import('./passports.js').HeadPassport} HeadPassport */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {'rate' | 'error' | 'part' | 'tokens' | 'points' | 'nats'} Sort */
/** @typedef {{name: string, key: string, sort: Sort, relation: string | null}} Kind a measure: its name in the passport, its string key */

const [LEAST_POINTS, LEAST] = [0.02, 1e-4]; // a scale does not blow up what is next to nothing
const RELATION = 'relation.';
const SHARE = '.share';
/** @type {[string, Sort][]} in the order of the menu */
const SORTS = [
  ['referent', 'rate'],
  ['alignment', 'rate'],
  ['aer_written', 'error'],
  ['aer_read', 'error'],
  ['adjective', 'rate'],
  ['it', 'rate'],
  ['relation', 'rate'],
  ['previous', 'rate'],
  ['same', 'rate'],
  ['next', 'rate'],
  ['first', 'rate'],
  ['special', 'rate'],
  ['entropy', 'part'],
  ['distance', 'tokens'],
  ['copy', 'rate'],
  ['alike', 'part'],
  ['drop', 'points'],
  ['dearer', 'nats'],
  ['pronoun', 'rate'],
  ['spare_pronoun', 'rate'],
  ['spare_exact', 'rate'],
];
const ORDER = SORTS.map(([key]) => key);
const LEAST_FIRST = ['aer_written', 'aer_read', 'pronoun', 'spare_pronoun', 'spare_exact']; // of these, less is more telling

/**
 * The measures that at least one head of a run has.
 * @param {Passport} passport
 * @returns {Kind[]}
 */
export function kindsOf(passport) {
  const there = new Set(headsOf(passport).flatMap(({ head }) => Object.keys(head.measures).filter((name) => head.measures[name] && !name.endsWith(SHARE))));
  const kinds = [...there].map((name) => {
    const relation = name.startsWith(RELATION) ? name.slice(RELATION.length) : null;
    const key = relation ? 'relation' : name.replace('.', '_');
    return { name, key, sort: SORTS.find(([own]) => own === key)?.[1] ?? 'part', relation };
  });
  return kinds.sort((a, b) => ORDER.indexOf(a.key) - ORDER.indexOf(b.key));
}

/**
 * The measure that the page opens with: what a teacher asks first.
 * @param {Kind[]} kinds
 */
export function firstKind(kinds) {
  return kinds.find(({ key }) => key === 'referent' || key === 'alignment') ?? kinds.find(({ key }) => key === 'dearer') ?? kinds[0];
}

/**
 * All heads, in the order of the pass.
 * @param {Passport} passport
 */
export function headsOf(passport) {
  return Object.entries(passport.blocks).flatMap(([block, heads]) => heads.map((head, n) => ({ block, n, head })));
}

/**
 * The heads that have a measure, the most telling first.
 * @param {Passport} passport
 * @param {Kind} kind
 */
export function ranked(passport, kind) {
  const sign = LEAST_FIRST.includes(kind.key) ? 1 : -1;
  const found = headsOf(passport).flatMap(({ block, n, head }) => {
    const measure = head.measures[kind.name];
    return measure ? [{ block, n, measure }] : [];
  });
  return found.sort((a, b) => sign * (a.measure.value - b.measure.value));
}

/**
 * Is it measured with the spare heads gone? Those have no such number.
 * @param {{key: string}} kind
 */
export function isSpare({ key }) {
  return key.startsWith('spare_');
}

/**
 * The heads that pruning lets go before its stop, in their order.
 * @param {Passport} passport
 * @returns {import('./passports.js').Spot[]}
 */
export function spareOf({ pruning: { steps, stop } }) {
  return steps.slice(1, stop + 1).map(({ block, head }) => [block ?? '', head ?? 0]);
}

/**
 * Does the whole model get so little right that no head can be missed, or nothing by which heads could be chosen?
 * @param {Passport} passport
 */
export function nothingToLose({ pruning: { steps, may_lose } }) {
  return steps[0].exact.value <= may_lose || steps.length < 2;
}

/**
 * Which of the spare heads is it, counted from 1? 0 for a head that is left.
 * @param {Passport} passport
 * @param {string} block
 * @param {number} head
 */
export function spareNumber(passport, block, head) {
  return 1 + spareOf(passport).findIndex(([b, h]) => b === block && h === head);
}

/**
 * A number of a measure, as it is printed.
 * @param {Kind} kind
 * @param {number} value
 * @param {import('../strings.js').Say} say
 */
export function print({ sort }, value, say) {
  if (sort === 'rate') return share(value);
  if (sort === 'error') return value.toFixed(2);
  if (sort === 'part') return short(value);
  if (sort === 'tokens') return value.toFixed(1);
  if (sort === 'points') return say('heads.points', { n: signed(100 * value, 1) });
  return say('heads.nats', { n: small(value) });
}

/** An interval says its unit once, in the column before it. @param {string} text */
export function bare(text) {
  return text.replace(/\u202f%$/u, '');
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function signed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 && Number(text) ? '−' : '') + text;
}

/** A difference of losses may be tiny. @param {number} value */
function small(value) {
  const size = Math.abs(value);
  if (size < 0.00005) return '0';
  return (value < 0 ? '−' : '+') + (size < 0.01 ? size.toFixed(4) : size < 1 ? size.toFixed(3) : size.toFixed(2));
}

/**
 * How a measure is coloured, with the ends of its scale: shares 0 to 1 on the violet ramp, what may fall below 0 signed.
 * @param {StepScene} scene
 * @param {Passport} passport
 * @param {Kind} kind
 */
export function colouring({ palette, say }, passport, kind) {
  const values = ranked(passport, kind).flatMap(({ measure }) => [Math.abs(measure.value), Math.abs(measure.high)]);
  const most = Math.max(...values, kind.sort === 'points' ? LEAST_POINTS : LEAST);
  if (kind.sort === 'points' || kind.sort === 'nats') {
    return { low: -most, max: most, fill: signedScale(palette, palette.scores, palette.negative, most), ends: [print(kind, -most, say), print(kind, most, say)], signed: true };
  }
  const max = kind.sort === 'tokens' ? most : 1;
  const scale = weightScale(palette);
  const fill = (/** @type {number} */ value) => scale.fill(value / max);
  return { low: 0, max, fill, ends: ['0', kind.sort === 'tokens' ? most.toFixed(1) : kind.sort === 'rate' ? '100\u202f%' : '1'], signed: false };
}

/**
 * What a measure is called, and what it means.
 * @param {StepScene} scene
 * @param {Kind} kind
 */
export function called({ say, has }, { key, relation }) {
  const word = relation ? (has(`explore.relation.${relation}`) ? say(`explore.relation.${relation}`) : relation.replaceAll('_', ' ')) : '';
  return { name: say(`heads.measure.${key}.name`, { relation: word }), about: say(`heads.measure.${key}.about`, { relation: word }) };
}

/**
 * What a head does, in a sentence made of its measures.
 * @param {StepScene} scene
 * @param {string} block
 * @param {HeadPassport} head
 */
export function sentenceOf({ say, has, header }, block, head) {
  const ofTarget = block.startsWith('decoder.') && !block.endsWith('.cross_attn');
  const unit = say(`unit.${header.units[ofTarget ? 'tgt' : 'src']}.one`);
  const claims = head.says.map(({ look, rate }) => {
    const name = look.startsWith(RELATION) ? look.slice(RELATION.length) : null;
    const relation = name ? (has(`explore.relation.${name}`) ? say(`explore.relation.${name}`) : name.replaceAll('_', ' ')) : '';
    return say(`heads.says.${name ? 'relation' : look}`, { rate: share(rate), unit, relation });
  });
  if (!claims.length) return '';
  return claims.length > 1 ? say('heads.sentence.two', { first: claims[0], second: claims[1] }) : say('heads.sentence.one', { first: claims[0] });
}

/**
 * What goes wrong without a head, and what more when the spare heads are gone.
 * @param {StepScene} scene
 * @param {Passport} passport
 * @param {string} block
 * @param {number} head
 */
export function worthOf(scene, passport, block, head) {
  const { say, lang } = scene;
  const own = passport.blocks[block][head];
  const { spare_pronoun, spare_exact } = own.measures;
  const rest = spare_pronoun ?? spare_exact;
  const pruned = passport.pruning.stop > 0 && rest ? say(spare_pronoun ? 'heads.cost.spare_pronoun' : 'heads.cost.spare_exact', { rate: share(rest.value) }) : '';
  const more = spareNumber(passport, block, head) ? say('heads.cost.gone') : pruned;
  const pronouns = own.measures.pronoun ? say('heads.cost.pronoun', { rate: share(own.measures.pronoun.value), n: passport.n_pronouns }) : '';
  return [costOf(scene, passport, own), pronouns, more].filter((part) => part).join(lang === 'zh' ? '' : ' ');
}

/**
 * What goes wrong without a head, in a sentence.
 * @param {StepScene} scene
 * @param {Passport} passport
 * @param {HeadPassport} head
 */
export function costOf({ say }, passport, { measures: { drop } }) {
  const lost = Math.round((drop?.value ?? 0) * passport.n_sentences);
  if (lost === 0) return say('heads.cost.none', { n: passport.n_sentences });
  return say(lost > 0 ? 'heads.cost.some' : 'heads.cost.gain', { n: passport.n_sentences, lost: Math.abs(lost) });
}
