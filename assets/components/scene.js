/** Everything a part of the page needs to draw itself. One object, replaced piece by piece, read by all parts. */

/** @typedef {import('./payload.js').Payload} Payload */
/** @typedef {import('./payload.js').Header} Header */
/** @typedef {import('./payload.js').Trace} Trace */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./view.js').View} View */
/** @typedef {import('./theme.js').Palette} Palette */
/** @typedef {import('./look.js').Look} Look */
/** @typedef {import('./strings.js').Say} Say */
/** @typedef {import('./strings.js').SayWith} SayWith */

/**
 * @typedef {object} Scene
 * @property {Payload} payload
 * @property {Header} header
 * @property {Trace} trace the sentence that is shown
 * @property {Grid} grid the block that is shown, of that sentence
 * @property {View} view
 * @property {number | null} row the row pointed at in this block
 * @property {string} title the name of the block, in words
 * @property {Palette} palette
 * @property {Look} look
 * @property {string} lang
 * @property {Say} say
 * @property {Say} sayTask `task.right.` and the like, as the task says it
 * @property {SayWith} sayWith
 * @property {(key: string) => boolean} has is there such a text?
 */

import { blockOf } from './blocks.js';
import { gridOf } from './grid.js';
import { rowOf, traceOf } from './view.js';
import { wordingOf } from './wording.js';

/**
 * Put a scene together from its sources.
 * @param {Payload} payload
 * @param {View} view
 * @param {import('./strings.js').Words} words
 * @param {Palette} palette
 * @param {Look} look
 * @returns {Scene}
 */
export function sceneOf(payload, view, words, palette, look) {
  const trace = traceOf(payload, view.flip);
  const wording = wordingOf(words, payload.header, view.block);
  return {
    payload,
    header: payload.header,
    trace,
    grid: gridOf(trace, view.block, view.bare),
    view,
    row: pointedRow(view),
    title: titleOf(view.block, wording.say),
    palette,
    look,
    ...wording,
  };
}

/**
 * The row pointed at. Who points at a key asks who reads it; then no row is pointed at, and there is one "here".
 * @param {View} view
 * @returns {number | null}
 */
export function pointedRow(view) {
  return view.byKey ? null : rowOf(view);
}

/**
 * The name of a block, in words.
 * @param {string} name
 * @param {Say} say
 */
export function titleOf(name, say) {
  const { kind, layer } = blockOf(name);
  return say('explore.block.' + kind, { layer: layer + 1 });
}

/**
 * How the row of a block is called: `qu' → il` in the decoder, the word itself in the encoder.
 * @param {Grid} grid
 * @param {number} row
 */
export function rowName(grid, row) {
  const writes = grid.writes[row]?.text ?? '';
  return grid.block.kind === 'encoder' ? writes : `${grid.reads[row]?.text ?? ''} → ${writes}`;
}
