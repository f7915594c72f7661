/** Where the three maps of a layer stand in the joined square. */

import { blockOf } from './blocks.js';
import { clamp } from './dom.js';
import { gridOf } from './grid.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {{grid: Grid, left: number, top: number}} Quadrant where a map begins, in cells */
/** @typedef {{cell: number, left: number, top: number, gap: number, word: number, every: number}} JoinedSize where cells are small, every second or third has its word */

export const GAP = 4; // between source and target

/**
 * The three maps of one layer. Where encoder and decoder differ in depth, the nearest layer stands in, and is named.
 * @param {Scene} scene
 * @returns {Quadrant[]}
 */
export function quadrantsOf({ header, trace, view }) {
  const { layer } = blockOf(view.block);
  const encoder = gridOf(trace, `encoder.${clamp(layer, 0, header.model.n_encoder_layers - 1)}.self_attn`, view.bare);
  const at = clamp(layer, 0, header.model.n_decoder_layers - 1);
  const decoder = gridOf(trace, `decoder.${at}.self_attn`, view.bare);
  const cross = gridOf(trace, `decoder.${at}.cross_attn`, view.bare);
  const n = encoder.rows.length;
  return [
    { grid: encoder, left: 0, top: 0 },
    { grid: decoder, left: n, top: n },
    { grid: cross, left: 0, top: n },
  ];
}

/**
 * Where the cell number `at` begins: source and target stand a little apart.
 * @param {number} at
 * @param {number} n number of source words
 * @param {JoinedSize} size
 */
export function place(at, n, size) {
  return at * size.cell + (at >= n ? GAP : 0);
}

/**
 * @param {Scene} scene
 * @param {number} n cells along a side
 * @returns {JoinedSize}
 */
export function sizeOf({ look }, n) {
  const top = look.projector ? 116 : 82;
  const left = look.projector ? 140 : 104;
  const height = look.projector ? look.height : look.height + 122;
  const fits = Math.floor(((height - top - 12) / Math.max(1, n)) * 10) / 10;
  const word = look.projector ? 20 : 13;
  const cell = clamp(fits, 13, look.projector ? 34 : 30);
  return { cell, left, top, gap: GAP, word, every: Math.ceil((word - 1) / cell) };
}
