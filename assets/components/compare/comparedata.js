/** What the views of Compare share: what the server tells of both sides, words of a block, names of heads. */

import { clamp } from '../dom.js';
import { blockNow } from '../chapters/masksparts.js';
import { shortName } from '../heads/parts.js';
import { nameTokens } from '../tokens.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {[number | null, number | null, 'equal' | 'replaced' | 'deleted' | 'inserted']} Pair */
/** @typedef {{word: string, p: number, best: [string, number][]}} Row */
/** @typedef {{src: string[], unknown: boolean[], tgt_in: string[], rows: Row[], text: string, written: string, given: boolean, causal: boolean}} Side `given`: its rows are to write the right answer; `written`: what it writes on its own */
/** @typedef {{block: string, head: number}} Head */
/** @typedef {Head & {row: number, first: number | null, second: number | null, same: boolean, moved: number}} Spot */
/** @typedef {{mean: number | null, most: number | null, row: number | null}} Change */
/**
 * @typedef {object} Sentences
 * @property {[Side, Side]} sides
 * @property {{src: Pair[], tgt: Pair[], tgt_in: Pair[]}} pairs
 * @property {Record<string, Change[]>} changes
 * @property {Spot | null} first
 * @property {Spot | null} most
 * @property {Spot | null} still
 * @property {Spot | null} turn
 * @property {number} flips
 * @property {string} other
 */
/** @typedef {{header: any, tensors: Map<string, import('../step/parcel.js').Tensor>}} Both */
/** @typedef {{rows: Label[], cols: Label[], at: (row: number, col: number) => number, masked: (row: number, col: number) => boolean}} Grid */
/**
 * An answer without trouble; null while it is on its way, or refused.
 * @param {StepScene} scene
 * @param {Record<string, string>} question
 * @returns {Both | null}
 */
export function answerOf(scene, question) {
  const answer = scene.ask(question);
  return answer && !answer.trouble ? answer : null;
}

/** The answer that a view shows: the new one, and until it has come that before it. */
export class Latest {
  constructor() {
    /** @type {{key: string, both: Both} | null} */
    this.last = null;
    this.trouble = '';
  }

  /**
   * @param {StepScene} scene
   * @param {Record<string, string>} question
   * @returns {Both | null}
   */
  of(scene, question) {
    const key = JSON.stringify([scene.header.run, scene.sentence.read, scene.pass.ids]);
    const answer = scene.ask(question);
    this.trouble = answer?.trouble ? scene.say(answer.trouble.key, answer.trouble.values) : '';
    if (answer && !answer.trouble) this.last = { key, both: answer };
    return this.last?.key === key ? this.last.both : null;
  }
}

/**
 * The words of a block's rows and columns. A row of the decoder is called after the word that it writes.
 * @param {Side} side
 * @param {string} block
 */
export function wordsOf(side, block) {
  const src = nameTokens(side.src, side.unknown);
  if (block.startsWith('encoder.')) return { rows: src, cols: src };
  const rows = nameTokens(side.rows.map(({ word }) => word));
  return { rows, cols: block.endsWith('.cross_attn') ? src : nameTokens(side.tgt_in) };
}

const ANSWERS = { '': 'compare.answer', a: 'compare.answer_a', b: 'compare.answer_b' };
const WRITES = { '': 'compare.writes', a: 'compare.writes_a', b: 'compare.writes_b' };

/**
 * What the words of a decoder's rows are: those that it writes, or the right answer that it is shown.
 * @param {StepScene} scene
 * @param {Side} side
 * @param {keyof typeof WRITES} [which]
 */
export function rowsAre({ say }, { given }, which = '') {
  return say((given ? ANSWERS : WRITES)[which]);
}

/**
 * The name of the axis of the rows.
 * @param {StepScene} scene
 * @param {string} block
 * @param {...Side} sides
 */
export function rowAxis({ say }, block, ...sides) {
  if (block.startsWith('encoder.')) return say('compare.axis.queries');
  return say(sides.some(({ given }) => given) ? 'compare.axis.answer' : 'compare.axis.writes');
}

/**
 * Is this cell closed by the mask of the decoder's self-attention?
 * @param {Side} side
 * @param {string} block
 */
export function closed({ causal }, block) {
  const later = causal && block.startsWith('decoder.') && block.endsWith('.self_attn');
  return (/** @type {number} */ row, /** @type {number} */ col) => later && col > row;
}

/**
 * One head of a tensor (head, query, key), or a matrix.
 * @param {import('../step/parcel.js').Tensor | undefined} tensor
 * @param {number} head
 * @returns {(row: number, col: number) => number}
 */
export function cellsOf(tensor, head) {
  if (!tensor) return () => 0;
  const { shape, values } = tensor;
  const [rows, cols] = shape.slice(-2);
  return (row, col) => values[(head * rows + row) * cols + col];
}

/**
 * `D2 cross, head 3`
 * @param {StepScene} scene
 * @param {Head} spot
 */
export function headName({ say }, { block, head }) {
  return say('compare.head', { block: shortName(block, say), head: head + 1 });
}

/**
 * A share of a row's attention: whole percents, never rounded to all or nothing.
 * @param {number} value
 */
export function share(value) {
  if (value > 0.99 && value < 1) return '>\u202f99\u202f%';
  if (value > 0 && value < 0.01) return '<\u202f1\u202f%';
  return Math.round(100 * value) + '\u202f%';
}

/**
 * Sentences one after another, as a language sets them.
 * @param {StepScene} scene
 * @param {string[]} sentences
 */
export function together({ lang }, sentences) {
  return sentences.join(lang === 'zh' ? '' : ' ');
}

/**
 * The column that a row reads most.
 * @param {(row: number, col: number) => number} at
 * @param {number} row
 * @param {number} cols
 */
export function mostRead(at, row, cols) {
  let best = 0;
  for (let col = 1; col < cols; col++) if (at(row, col) > at(row, best)) best = col;
  return best;
}

/**
 * The block that is looked at; at first that of the head that measuring found most telling.
 * @param {StepScene} scene
 */
export function blockHere(scene) {
  const { place, places, header } = scene;
  return place.kind === 'attention' ? place.name : (places.find(({ name }) => name === header.start?.block) ?? blockNow(scene)).name;
}

/**
 * Look at a head.
 * @param {Desk} desk
 * @param {Head} head
 */
export function goHead(desk, { block, head }) {
  desk.change((view) => ({ ...view, at: block, head, stage: 'weights', tensor: 0 }));
}

/**
 * The keys of a view that looks at one head of a list of blocks.
 * @param {Desk} desk
 * @returns {import('../keys.js').Binding[]}
 */
export function headKeys(desk) {
  /** @param {number} by @param {boolean} layer */
  const step = (by, layer) => {
    if (!desk.scene) return;
    const { places, view, model } = desk.scene;
    const blocks = places.filter(({ kind }) => kind === 'attention').map(({ name }) => name);
    const at = blocks.indexOf(view.at);
    if (layer) goHead(desk, { block: blocks[clamp(at + by, 0, blocks.length - 1)], head: view.head });
    else goHead(desk, { block: view.at, head: clamp(view.head + by, 0, model.n_heads - 1) });
  };
  return [
    { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'compare.keys.head', run: (key) => step(key === 'ArrowLeft' ? -1 : 1, false) },
    { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'compare.keys.block', run: (key) => step(key === 'ArrowUp' ? -1 : 1, true) },
  ];
}
