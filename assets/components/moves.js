/** What a click or a key does to the view. Pure functions: view in, view out. None of them asks the server anything. */

import { blockOf, blocksOf, rowSide } from './blocks.js';
import { clamp } from './dom.js';
import { countOf } from './grid.js';
import { defaultRows, rowOf, traceOf } from './view.js';

/** @typedef {import('./view.js').View} View */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./payload.js').Payload} Payload */

/**
 * Click a head's square: it becomes the outlined one; the outlined one is hidden. At least one head stays.
 * @param {View} view
 * @param {number} head
 * @returns {View}
 */
export function clickHead(view, head) {
  if (view.head !== head || !view.shown[head]) return showHead(view, head);
  const shown = view.shown.map((on, i) => on && i !== head);
  const next = shown.indexOf(true);
  return next < 0 ? view : { ...view, shown, head: next };
}

/**
 * Outline a head, and show its lines.
 * @param {View} view
 * @param {number} head
 * @returns {View}
 */
export function showHead(view, head) {
  if (head >= view.shown.length) return view;
  return { ...view, head, shown: view.shown.map((on, i) => on || i === head) };
}

/**
 * Show this head alone; if it is alone already, show all.
 * @param {View} view
 * @param {number} head
 * @returns {View}
 */
export function soloHead(view, head) {
  const alone = view.shown[head] && view.shown.filter(Boolean).length === 1;
  return { ...view, head, shown: view.shown.map((_, i) => alone || i === head) };
}

/**
 * @param {View} view
 * @returns {View}
 */
export function showAll(view) {
  return { ...view, shown: view.shown.map(() => true) };
}

/**
 * @param {View} view
 * @param {string} block
 * @returns {View}
 */
export function goBlock(view, block) {
  return block === view.block ? view : { ...view, block, col: null, byKey: false, pin: null };
}

/**
 * @param {View} view
 * @param {Payload} payload
 * @param {number} step
 * @returns {View}
 */
export function stepBlock(view, payload, step) {
  const names = blocksOf(payload.header.model).map((block) => block.name);
  return goBlock(view, names[clamp(names.indexOf(view.block) + step, 0, names.length - 1)]);
}

/**
 * Point at a row of the block that is shown; null points at none.
 * @param {View} view
 * @param {number | null} row
 * @param {number | null} [col]
 * @returns {View}
 */
export function pointRow(view, row, col = null) {
  return { ...view, row: { ...view.row, [rowSide(blockOf(view.block).kind)]: row }, col, byKey: false };
}

/**
 * @param {View} view
 * @param {Grid} grid
 * @param {number} step
 * @returns {View}
 */
export function stepRow(view, grid, step) {
  const row = rowOf(view);
  const at = row === null ? (step > 0 ? -1 : grid.rows.length) : grid.rows.indexOf(row);
  return pointRow({ ...view, pin: null }, grid.rows[clamp(at + step, 0, grid.rows.length - 1)] ?? null);
}

/**
 * Swap the two prepared sentences. A reader on the row worth watching, such as the pronoun's, stays on it.
 * @param {View} view
 * @param {Payload} payload
 * @returns {View}
 */
export function flip(view, payload) {
  if (payload.traces.length < 2) return view;
  const [before, after] = [traceOf(payload, view.flip), traceOf(payload, 1 - view.flip)];
  const [was, is] = [defaultRows(before), defaultRows(after)];
  /** @param {'src' | 'tgt'} side */
  const carry = (side) => {
    const row = view.row[side];
    if (row === null || row === was[side]) return row === null ? null : (is[side] ?? Math.min(row, countOf(after, side) - 1));
    return Math.min(row, countOf(after, side) - 1);
  };
  return { ...view, flip: 1 - view.flip, row: { src: carry('src'), tgt: carry('tgt') }, col: null, byKey: false, pin: null };
}

/**
 * Pin a cell, or let go of it when it was pinned.
 * @param {View} view
 * @param {{row: number, col: number}} cell
 * @returns {View}
 */
export function pinCell(view, cell) {
  const same = view.pin?.row === cell.row && view.pin?.col === cell.col;
  return { ...pointRow(view, cell.row, cell.col), pin: same ? null : cell };
}

/**
 * The pointer has left: the row stays, so that a teacher can let go. A pinned cell comes back.
 * @param {View} view
 * @returns {View}
 */
export function leave(view) {
  return view.pin ? pointRow(view, view.pin.row, view.pin.col) : { ...view, col: null, byKey: false };
}

/**
 * Show one head and no other.
 * @param {View} view
 * @param {number} head
 * @returns {View}
 */
export function onlyHead(view, head) {
  return { ...view, head, shown: view.shown.map((_, i) => i === head) };
}

/**
 * Do two views point at the same thing?
 * @param {View} a
 * @param {View} b
 */
export function samePoint(a, b) {
  return a.row.src === b.row.src && a.row.tgt === b.row.tgt && a.col === b.col && a.byKey === b.byKey && a.pin === b.pin;
}
