/** What the parts of the page Edit share: the answer of the server, and edits in words. */

import { placeName } from '../step/passbar.js';
import { saidOf } from '../chapters/masksparts.js';
import { longPlace, readBits, readText } from '../notation.js';
import { literal, nameTokens } from '../tokens.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../notation.js').Act} Act */
/** @typedef {[string, number]} Word a word and its probability */
/** @typedef {{word: string, p: [number, number], before: Word[], after: Word[], flipped: boolean}} Row */
/** @typedef {{words: string[], p: number[], stop: string, text: string}} Written */
/** @typedef {{n: number, key: string, values: import('../strings.js').Values}} Asleep */
/** @typedef {{asleep: Asleep[], unseen: Record<string, string[]>, rows: Row[], written: [Written, Written], changes: Record<string, number>, closed: Record<string, number>}} Told */
/** @typedef {{header: Told, tensors: Map<string, import('../step/parcel.js').Tensor>}} Both */
/** @typedef {{name: string, e: string, best: Word[], p: number, flipped: boolean, flips: number}} Tried */
/**
 * @typedef {object} Story
 * @property {{block: string, head: number}} start
 * @property {number} row
 * @property {{col: number, weight: number}} looks
 * @property {number | null} noun
 * @property {Word[]} before
 * @property {Tried[]} acts
 */

/**
 * What the server tried beforehand on this sentence; null while it is on its way.
 * @param {StepScene} scene
 * @returns {Story | null}
 */
export function storyOf(scene) {
  const answer = scene.ask({ ask: 'story', ...saidOf(scene) });
  return answer && !answer.trouble ? /** @type {Story} */ (answer.header) : null;
}

/** @type {WeakMap<string[], Map<string, string>>} */
const namesOf = new WeakMap();

/**
 * What a token of the target vocabulary is called wherever it stands: the pieces of a word as the rows call them.
 * @param {StepScene} scene
 * @param {string} token
 */
export function wordOf({ pass }, token) {
  const { tgt } = pass.vocab;
  let names = namesOf.get(tgt);
  if (!names) namesOf.set(tgt, (names = new Map(nameTokens(tgt).map((label, id) => [tgt[id], label.token]))));
  return names.get(token) ?? literal(token);
}

/**
 * A place in words; a link may name one that the model does not have.
 * @param {StepScene} scene
 * @param {string} name
 */
export function nameOf({ say }, name) {
  return placeName({ name }, say);
}

/**
 * What an edit says beside its block and head.
 * @type {Record<string, (scene: StepScene, fields: string[]) => Record<string, string | number>>}
 */
const MORE = {
  scale: (_, fields) => ({ factor: factorText(fields[2]) }),
  weight: ({ words }, [short, , row, col, weight]) => {
    const block = longPlace(short);
    const rows = block.startsWith('encoder.') ? words.src : words.tgtIn;
    const cols = block.endsWith('.cross_attn') ? words.src : rows;
    return { row: rows[Number(row)]?.full ?? `#${Number(row) + 1}`, col: cols[Number(col)]?.full ?? `#${Number(col) + 1}`, weight: (Number(weight) / 1000).toFixed(2) };
  },
  mask: (_, fields) => ({ n: readBits(fields[4] ?? '').filter(Boolean).length }),
  from: (scene, fields) => ({ other: nameOf(scene, longPlace(fields[2] ?? '')), from: Number(fields[3]) + 1 }),
  other: (_, fields) => ({ text: readText(fields[2] ?? '') }),
};
const PLAIN = ['zero', 'mean', 'uniform', 'only', 'sublayer', 'residual', ...Object.keys(MORE)];

/**
 * An edit in words, as it stands in the list.
 * @param {StepScene} scene
 * @param {Act} act
 */
export function describe(scene, { word, fields }) {
  const { say } = scene;
  if (word === 'positions') return say(`edit.list.positions.${['src', 'tgt'].includes(fields[0]) ? fields[0] : 'both'}`);
  if (!PLAIN.includes(word)) return [word, ...fields].join('.');
  const values = { block: nameOf(scene, longPlace(fields[0] ?? '')), head: Number(fields[1]) + 1, ...MORE[word]?.(scene, fields) };
  return say(word === 'mask' && fields[1] === 'all' ? 'edit.list.mask_all' : `edit.list.${word}`, values);
}

/** @param {string | undefined} hundredths */
export function factorText(hundredths = '') {
  const value = Number(hundredths.replace('m', '')) / 100;
  return (hundredths.startsWith('m') ? '−' : '') + String(value);
}
