/** What the server told of a sentence: the tree of a beam, and single roads with the numbers of all their rows. No DOM. */

import { damaged } from '../step/parcel.js';
import { lengthPenalty } from './filters.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {{header: any, tensors: Map<string, import('../step/parcel.js').Tensor>}} Told */
/** @typedef {'greedy' | 'sample' | 'beam'} Mode */
/**
 * @typedef {object} Road words one after another, and what each row of the decoder made on the way
 * @property {number[]} ids
 * @property {string} text
 * @property {number[]} logP of each word, given the words before it
 * @property {(row: number) => Float32Array} logits
 * @property {(block: string, head: number, row: number) => Float32Array} weights one number per key
 */
/**
 * @typedef {object} TreeNode
 * @property {number} id
 * @property {number | null} parent
 * @property {number} step from 1 on; 0 is the begin token
 * @property {number} word
 * @property {number} logP
 * @property {number} total
 * @property {number} rank
 * @property {'kept' | 'dropped' | 'finished'} state
 * @property {boolean} forced
 */
/** @typedef {{node: number | null, ids: number[], text: string, log_p: number, finished: boolean}} End */
/** @typedef {End & {score: number}} Ranked */

export const EOS = 2; // as transformer/vocab/base.py numbers it
export const MODES = /** @type {const} */ (['greedy', 'sample', 'beam']);

/** @type {WeakMap<object, Road[]>} */
const opened = new WeakMap();
/** @type {WeakMap<object, TreeNode[]>} */
const grown = new WeakMap();

/**
 * The roads that came with an answer.
 * @param {Told} told
 * @returns {Road[]}
 */
export function roadsIn(told) {
  let roads = opened.get(told);
  if (!roads) opened.set(told, (roads = told.header.paths.map((/** @type {any} */ path, /** @type {number} */ nth) => open(told, path, nth))));
  return /** @type {Road[]} */ (roads);
}

/**
 * @param {Told} told
 * @param {{ids: number[], text: string, log_p: number[]}} path
 * @param {number} nth
 * @returns {Road}
 */
function open(told, { ids, text, log_p }, nth) {
  /** @param {string} name */
  const tensor = (name) => {
    const found = told.tensors.get(`${nth}.${name}`);
    if (!found || found.shape[found.shape.length - 2] !== ids.length) throw damaged(name);
    return found;
  };
  const logits = tensor('logits');
  const vocab = logits.shape[1];
  return {
    ids,
    text,
    logP: log_p,
    logits: (row) => logits.values.subarray(row * vocab, (row + 1) * vocab),
    weights: (block, head, row) => {
      const { shape, values } = tensor(block);
      const start = (head * shape[1] + row) * shape[2];
      return values.subarray(start, start + shape[2]);
    },
  };
}

/**
 * Find a road among others: itself, or the beginning of a longer one. A row never sees the words behind it, so the rows
 * of a beginning are those of the whole; only a model without the causal mask is asked anew.
 * @param {Road[]} roads
 * @param {number[]} ids
 * @param {boolean} causal
 * @returns {Road | null}
 */
export function roadAlong(roads, ids, causal) {
  const longer = roads.find((road) => ids.every((id, i) => road.ids[i] === id) && (causal || road.ids.length === ids.length));
  if (!longer) return null;
  return longer.ids.length === ids.length ? longer : { ...longer, ids, logP: longer.logP.slice(0, ids.length) };
}

/**
 * The nodes of a tree, which travels column by column.
 * @param {Told} told
 * @returns {TreeNode[]}
 */
export function nodesOf(told) {
  let nodes = grown.get(told);
  if (!nodes) {
    const { parent, step, word, log_p, total, rank, state, forced } = told.header.nodes;
    nodes = parent.map((/** @type {number | null} */ of, /** @type {number} */ id) => ({ id, parent: of, step: step[id], word: word[id], logP: log_p[id], total: total[id], rank: rank[id], state: state[id], forced: forced[id] }));
    grown.set(told, /** @type {TreeNode[]} */ (nodes));
  }
  return /** @type {TreeNode[]} */ (nodes);
}

/**
 * The words from the first one to a node.
 * @param {TreeNode[]} nodes
 * @param {number} id
 */
export function idsTo(nodes, id) {
  /** @type {number[]} */
  const ids = [];
  for (let at = nodes[id]; at && at.parent !== null; at = nodes[at.parent]) ids.unshift(at.word);
  return ids;
}

/**
 * What the search ended with, the best score first.
 * @param {Told} told
 * @param {number} alpha
 * @returns {Ranked[]}
 */
export function ranked(told, alpha) {
  /** @type {End[]} */
  const ends = told.header.ends;
  return ends.map((end) => ({ ...end, score: end.log_p / lengthPenalty(end.ids.length, alpha) })).sort((a, b) => b.score - a.score);
}

/**
 * A road without a search, drawn as a tree: at every step the word that was taken, and the best ones that were not.
 * @param {Road} road
 * @param {number} others how many
 * @param {number} never the id of padding
 * @param {number} forced how many words at the beginning were forced
 * @returns {TreeNode[]}
 */
export function treeOf(road, others, never, forced) {
  /** @type {TreeNode[]} */
  const nodes = [{ id: 0, parent: null, step: 0, word: -1, logP: 0, total: 0, rank: 0, state: 'kept', forced: false }];
  let [parent, total] = [0, 0];
  road.ids.forEach((word, row) => {
    const logits = road.logits(row);
    const order = Array.from(logits, (_, id) => id)
      .filter((id) => id !== never)
      .sort((a, b) => logits[b] - logits[a] || a - b);
    const shift = road.logP[row] - logits[word];
    const add = (/** @type {number} */ id, /** @type {TreeNode['state']} */ state) =>
      nodes.push({ id: nodes.length, parent, step: row + 1, word: id, logP: logits[id] + shift, total: total + logits[id] + shift, rank: order.indexOf(id), state, forced: state !== 'dropped' && row < forced });
    const next = nodes.length;
    add(word, word === EOS ? 'finished' : 'kept');
    for (const id of order.filter((one) => one !== word).slice(0, others)) add(id, 'dropped');
    total += road.logP[row];
    parent = next;
  });
  return nodes;
}
