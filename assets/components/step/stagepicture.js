/** What a tensor of the pass looks like as one matrix: rows, columns, numbers, hue, scale. Miniature, matrix and table share it. */

import { softmax } from './pass.js';

/** @typedef {import('./itinerary.js').Place} Place */
/** @typedef {import('./itinerary.js').Stage} Stage */
/** @typedef {import('./pass.js').Pass} Pass */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {'weights' | 'q' | 'k' | 'v' | 'scores' | 'stream'} Hue */
/**
 * @typedef {object} StagePicture
 * @property {string} name full name of the tensor
 * @property {string} tail its name within its place
 * @property {Label[]} rows
 * @property {Label[]} cols
 * @property {(row: number, col: number) => number} at
 * @property {((row: number, col: number) => boolean) | undefined} masked
 * @property {Hue} hue
 * @property {number} max of the signed scale
 * @property {{rows: string, cols: string}} axes string keys
 * @property {'src' | 'tgt'} side which cursor moves along its rows
 * @property {boolean} byHead is it one of many, one for each head?
 * @property {'words' | 'features' | 'vocabulary'} across what its columns are
 * @property {number[] | null} order where each shown column lies in the tensor; null: as they come
 */

/** @type {WeakMap<Pass, Map<string, StagePicture>>} */
const kept = new WeakMap();

/**
 * One tensor of a stage, of one head where it has heads. Made once and kept while the pass is.
 * @param {Pass} pass
 * @param {Place} place
 * @param {string} name
 * @param {number} head
 * @returns {StagePicture}
 */
export function pictureOf(pass, place, name, head) {
  let all = kept.get(pass);
  if (!all) kept.set(pass, (all = new Map()));
  const byHead = name !== 'p' && pass.spec(name).axes[0] === 'head';
  const key = `${place.name} ${name} ${byHead ? head : ''}`;
  let picture = all.get(key);
  if (!picture) all.set(key, (picture = make(pass, place, name, byHead ? head : null)));
  return picture;
}

/**
 * @param {Pass} pass
 * @param {Place} place
 * @param {string} name
 * @param {number | null} head
 * @returns {StagePicture}
 */
function make(pass, place, name, head) {
  if (name === 'p') return probabilities(pass);
  const spec = pass.spec(name);
  const tail = name.startsWith(place.name + '.') ? name.slice(place.name.length + 1) : name;
  const first = head === null ? 0 : 1;
  // A tensor of one axis lies as one row.
  const flat = spec.shape.length - first < 2;
  const [across, down] = [spec.shape.length - 1, flat ? -1 : spec.shape.length - 2];
  const [nRows, nCols] = [flat ? 1 : spec.shape[down], spec.shape[across]];
  const start = (head ?? 0) * nRows * nCols;
  const values = pass.values(name).subarray(start, start + nRows * nCols);
  const axes = spec.axes;
  const rows = flat ? [{ text: '', full: '', token: '' }] : rowLabels(pass, place, name, axes[down], down);
  const masked = maskOf(pass, place, tail, nCols);
  return {
    name,
    tail,
    rows,
    cols: pass.labels(name, across),
    at: (row, col) => values[row * nCols + col],
    masked,
    hue: hueOf(tail, place),
    max: maxOf(pass, place, tail, head, values),
    axes: { rows: rowWord(name, axes[down] ?? '', tail), cols: colWord(axes[across]) },
    side: sideOf(name, axes[down] ?? ''),
    byHead: head !== null,
    across: axes[across] === 'vocab' ? 'vocabulary' : ['key', 'src', 'tgt'].includes(axes[across]) ? 'words' : 'features',
    order: axes[across] === 'vocab' ? writtenFirst(pass) : null,
  };
}

/**
 * The end of the pass: softmax of the logits over the vocabulary. Weights of their own kind, from 0 to 1.
 * @param {Pass} pass
 * @returns {StagePicture}
 */
function probabilities(pass) {
  const [nRows, nCols] = pass.shape('logits');
  const logits = pass.values('logits');
  const rows = Array.from({ length: nRows }, (_, row) => softmax(logits.subarray(row * nCols, (row + 1) * nCols)));
  return {
    name: 'p',
    tail: 'p',
    rows: readsWrites(pass),
    cols: pass.labels('logits', 1),
    at: (row, col) => rows[row][col],
    masked: undefined,
    hue: 'weights',
    max: 1,
    axes: { rows: 'walk.axis.reads_writes', cols: 'walk.axis.vocabulary' },
    side: 'tgt',
    byHead: false,
    across: 'vocabulary',
    order: writtenFirst(pass),
  };
}

/**
 * The vocabulary, the words of this sentence first, in the order in which they are written: no word is left out.
 * @param {Pass} pass
 * @returns {number[]}
 */
function writtenFirst(pass) {
  const written = new Set(pass.ids.tgt_out);
  const rest = pass.vocab.tgt.map((_, id) => id).filter((id) => !written.has(id));
  return [...written, ...rest];
}

/**
 * A row of the decoder has two words: the one it reads and the one it writes.
 * @param {Pass} pass
 * @returns {Label[]}
 */
function readsWrites({ words }) {
  return words.tgtIn.map((reads, i) => {
    const writes = words.tgtOut[i];
    return { text: `${reads.text} → ${writes.text}`, full: `${reads.full} → ${writes.full}`, token: reads.token };
  });
}

/**
 * @param {Pass} pass
 * @param {Place} place
 * @param {string} name
 * @param {string} axis
 * @param {number} nth
 */
function rowLabels(pass, place, name, axis, nth) {
  const ofTarget = axis === 'tgt' || (axis === 'query' && name.startsWith('decoder'));
  const writes = ofTarget && place.kind !== 'embed';
  return writes ? readsWrites(pass) : pass.labels(name, nth);
}

/** @param {string} name @param {string} axis @returns {'src' | 'tgt'} */
function sideOf(name, axis) {
  if (axis === 'key') return name.startsWith('encoder') || name.includes('.cross_attn.') ? 'src' : 'tgt';
  return axis === 'src' || name.startsWith('encoder') || name.startsWith('src_') ? 'src' : 'tgt';
}

/** @param {string} name @param {string} axis @param {string} tail */
function rowWord(name, axis, tail) {
  if (axis === 'key') return 'walk.axis.keys_down';
  if (tail === name && !name.startsWith('decoder')) return 'walk.axis.tokens_down';
  return axis === 'query' && !tail.startsWith('hidden') && /attn/.test(name) ? 'walk.axis.queries_down' : 'walk.axis.tokens_down';
}

/** @param {string} axis */
function colWord(axis) {
  if (axis === 'vocab') return 'walk.axis.vocabulary';
  if (axis === 'd_ff') return 'walk.axis.hidden';
  return axis === 'key' ? 'walk.axis.keys' : ['src', 'tgt'].includes(axis) ? 'walk.axis.tokens' : 'walk.axis.features';
}

/** @param {string} tail @param {Place} place @returns {Hue} */
function hueOf(tail, place) {
  if (place.kind === 'attention') {
    if (/^q\b/.test(tail)) return 'q';
    if (/^k\b/.test(tail)) return 'k';
    if (['v', 'context', 'concat'].includes(tail)) return 'v';
    if (tail.startsWith('scores')) return 'scores';
    if (tail === 'weights') return 'weights';
  }
  if (tail === 'logits') return 'scores';
  return tail.endsWith('_mask') ? 'weights' : 'stream';
}

/**
 * Only masked scores and the weights made of them have forbidden cells: before the mask every score is there.
 * @param {Pass} pass
 * @param {Place} place
 * @param {string} tail
 * @param {number} keys
 */
function maskOf(pass, place, tail, keys) {
  if (tail !== 'scores.masked' && tail !== 'weights') return undefined;
  const masked = pass.values(place.name + '.scores.masked');
  return (/** @type {number} */ row, /** @type {number} */ col) => masked[row * keys + col] === -Infinity;
}

/**
 * The end of the signed scale. All scores of a head share one, so that dividing them is seen as paling.
 * @param {Pass} pass
 * @param {Place} place
 * @param {string} tail
 * @param {number | null} head
 * @param {Float32Array} values
 */
function maxOf(pass, place, tail, head, values) {
  if (!tail.startsWith('scores.')) return largest(values);
  const scores = pass.names.filter((name) => name.startsWith(place.name + '.scores.') && !name.endsWith('.masked'));
  return Math.max(...scores.map((name) => largest(pass.values(name).subarray((head ?? 0) * values.length, ((head ?? 0) + 1) * values.length))));
}

/** @param {Float32Array} values */
function largest(values) {
  let most = 0;
  for (const value of values) if (Number.isFinite(value) && Math.abs(value) > most) most = Math.abs(value);
  return most || 1;
}

/**
 * `15 × 64`: the size of what is drawn, without the head.
 * @param {StagePicture} picture
 */
export function shapeOf({ rows, cols }) {
  return `${rows.length} × ${cols.length}`;
}

/**
 * The tensors of a stage; where it is crossed out there are none.
 * @param {Pass} pass
 * @param {Place} place
 * @param {Stage} stage
 * @param {number} head
 * @returns {StagePicture[]}
 */
export function picturesOf(pass, place, stage, head) {
  return stage.tensors.map((name) => pictureOf(pass, place, name, head));
}
