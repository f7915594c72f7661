/** Where the walker's cursor stands: which tensor of the stage, which row, which column, and where a walk begins. */

import { clamp } from '../dom.js';
import { pictureOf } from './stagepicture.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./pass.js').Pass} Pass */
/** @typedef {import('./itinerary.js').Place} Place */
/** @typedef {import('./itinerary.js').Stage} Stage */
/** @typedef {import('./address.js').StepView} StepView */
/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */

/**
 * The tensor that is shown; null where the stage is crossed out.
 * @param {Scene} scene
 * @returns {StagePicture | null}
 */
export function pictureNow({ pass, place, stageNow, view }) {
  const name = stageNow.tensors[clamp(view.tensor, 0, stageNow.tensors.length - 1)];
  return name === undefined ? null : pictureOf(pass, place, name, view.head);
}

/**
 * The cell pointed at, as numbers of the tensor. A link may ask for more than there is.
 * @param {StagePicture} picture
 * @param {StepView} view
 */
export function cellOf(picture, view) {
  const row = clamp(view.row[picture.side], 0, picture.rows.length - 1);
  return { row, col: clamp(view.col, 0, picture.cols.length - 1) };
}

/**
 * Where a cell lies in its tensor, the head first where there are heads.
 * @param {StagePicture} picture
 * @param {StepView} view
 * @returns {number[]}
 */
export function indexOf(picture, view) {
  const { row, col } = cellOf(picture, view);
  return picture.byHead ? [view.head, row, col] : [row, col];
}

/**
 * The column in which a stage opens: the key that the row reads most, the word that it writes, the columns of the head.
 * @param {Pass} pass
 * @param {Place} place
 * @param {Stage} stage
 * @param {StepView} view
 * @param {number} [col] the column of the stage before, where the place is the same
 */
export function openingCol(pass, place, stage, view, col) {
  if (place.kind === 'output' && ['logits', 'p'].includes(stage.name)) return pass.ids.tgt_out[view.row.tgt] ?? 0;
  if (place.kind !== 'attention') return col ?? 0;
  const { d_k } = pass.model;
  if (['concat', 'output', 'add', 'x', 'norm'].includes(stage.name)) return view.head * d_k + ((col ?? 0) % d_k);
  if (/^(raw|scaled|biased|masked|weights)$/.test(stage.name)) return mostRead(pass, place, view);
  return (col ?? 0) % d_k;
}

/**
 * The key that the row of this head reads most.
 * @param {Pass} pass
 * @param {Place} place
 * @param {StepView} view
 */
function mostRead(pass, place, view) {
  const { at, rows, cols } = pictureOf(pass, place, place.name + '.weights', view.head);
  const row = clamp(view.row[place.side], 0, rows.length - 1);
  return cols.reduce((best, _, col) => (at(row, col) > at(row, best) ? col : best), 0);
}

/**
 * Another head. Where the columns belong to heads, they move along.
 * @param {Scene} scene
 * @param {number} head
 * @returns {(view: StepView) => StepView}
 */
export function toHead({ pass, place, stageNow }, head) {
  return (view) => {
    const { d_k, n_heads } = pass.model;
    if (head >= n_heads || place.kind !== 'attention') return view;
    const wide = ['concat', 'output', 'add', 'x', 'norm'].includes(stageNow.name);
    return { ...view, head, col: wide ? head * d_k + (view.col % d_k) : view.col };
  };
}

/**
 * Another row. At the output the column of the written word moves along.
 * @param {Scene} scene
 * @param {StagePicture} picture
 * @param {number} step
 * @returns {(view: StepView) => StepView}
 */
export function stepRow({ pass }, picture, step) {
  return (view) => {
    const row = clamp(view.row[picture.side] + step, 0, picture.rows.length - 1);
    const written = picture.across === 'vocabulary' && view.col === pass.ids.tgt_out[view.row.tgt];
    const col = written ? pass.ids.tgt_out[row] : view.col;
    return { ...view, row: { ...view.row, [picture.side]: row }, col };
  };
}

/**
 * Another column, in the order in which they stand.
 * @param {StagePicture} picture
 * @param {number} step
 * @returns {(view: StepView) => StepView}
 */
export function stepCol(picture, step) {
  return (view) => {
    const { col } = cellOf(picture, view);
    const last = picture.cols.length - 1;
    const at = clamp((picture.order ? picture.order.indexOf(col) : col) + step, 0, last);
    return { ...view, col: picture.order ? picture.order[at] : at };
  };
}
