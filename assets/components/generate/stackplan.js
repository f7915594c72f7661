/** The decoder at work, as a plan: which words stand where, which boxes there are, and in which order a word goes through. No DOM. */

import { clamp } from '../dom.js';

/** @typedef {'read' | 'self_attn' | 'cross_attn' | 'ffn' | 'softmax' | 'write'} Part */
/** @typedef {{part: Part, layer: number}} Phase */
/** @typedef {{part: Part, layer: number, y: number, height: number}} Band */
/**
 * @typedef {object} StackPlan
 * @property {number[]} rows the places of the words that are shown
 * @property {(row: number) => number} x the middle of a word's column; of a word further left it is the left edge
 * @property {number} column
 * @property {number} words y of the words that are read
 * @property {Band[]} bands from the bottom up
 * @property {Band} end the box of linear and softmax, above all layers
 * @property {number} memory x of the source words
 * @property {(key: number) => number} source y of a source word
 * @property {{first: number, last: number}} keys source words that are shown
 * @property {number} width
 * @property {number} height
 */

const DESK = { left: 150, column: 78, most: 9, memory: 290, word: 40, gap: 8, softmax: 130, line: [19, 24], layers: 3 };
const WALL = { left: 220, column: 130, most: 5, memory: 330, word: 52, gap: 8, softmax: 124, line: [24, 32], layers: 1 };
const HEADING = 64; // pixels: the heading of the source words

/**
 * The way of one word: it is read, goes through every sublayer, becomes a distribution, and one word is written.
 * @param {number} layers
 * @returns {Phase[]}
 */
export function phasesOf(layers) {
  /** @type {Part[]} */
  const parts = ['self_attn', 'cross_attn', 'ffn'];
  const inside = Array.from({ length: layers }, (_, layer) => parts.map((part) => ({ part, layer }))).flat();
  return [{ part: 'read', layer: 0 }, ...inside, { part: 'softmax', layer: layers - 1 }, { part: 'write', layer: layers - 1 }];
}

/**
 * @param {{width: number, height: number, wall: boolean, layers: number, layer: number, row: number, written: number, sources: number, here: number}} size
 * `layer` is the one that is worked in, `here` the source word that is looked at most
 * @returns {StackPlan}
 */
export function planStack({ width, height, wall, layers, layer, row, written, sources, here }) {
  const look = wall ? WALL : DESK;
  const room = width - look.left - look.memory;
  const fit = clamp(Math.floor(room / look.column), 2, look.most);
  const shown = Math.min(fit, written + 1);
  const first = clamp(row - fit + 2, 0, written + 1 - shown);
  const column = room / fit;
  const words = height - look.word;
  const visible = Math.min(layers, look.layers);
  const lowest = clamp(layer - Math.floor(visible / 2), 0, layers - visible);
  const inside = words - 14 - look.softmax;
  const high = inside / (3 * visible);
  /** @type {Band[]} */
  const bands = [];
  for (let n = 0; n < visible; n++) {
    /** @type {Part[]} */ (['self_attn', 'cross_attn', 'ffn']).forEach((part, nth) => {
      const below = 3 * n + nth + 1;
      bands.push({ part, layer: lowest + n, y: words - 14 - below * high + look.gap / 2, height: high - look.gap });
    });
  }
  const line = clamp(Math.floor((height - HEADING) / sources), look.line[0], look.line[1]); // of source words as many as possible
  const lines = Math.min(sources, Math.max(3, Math.floor((height - HEADING) / line)));
  const from = clamp(here - Math.floor(lines / 2), 0, sources - lines);
  return {
    rows: Array.from({ length: shown }, (_, i) => first + i),
    x: (at) => (at < first ? look.left - 6 : look.left + (at - first + 0.5) * column),
    ...{ column, words, bands, width, height },
    end: { part: 'softmax', layer: layers - 1, y: 8, height: bands[bands.length - 1].y - 16 },
    memory: width - look.memory + 60,
    source: (key) => 58 + (key - from + 0.5) * line,
    keys: { first: from, last: from + lines },
  };
}
