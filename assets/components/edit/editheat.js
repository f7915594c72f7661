/** The matrix of Edit: narrow cells keep a digit, and on the wall the window lies around the row. */

import { clamp } from '../dom.js';
import { penOf } from '../draw.js';
import { Heat } from '../step/heat.js';
import { brief, paintHeat } from '../step/heatpaint.js';
import { rgbOf } from '../theme.js';

/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('../step/heat.js').HeatData} HeatData */
/** @typedef {import('../step/heat.js').HeatSize} HeatSize */
/** @typedef {import('../step/heat.js').StepScene} StepScene */

const [NUMBER, BARE] = [24, 20]; // pixels: cells in which three characters do not touch, and cells without any
const [TENTH, LINE, DIGITS] = [17, 15, 13]; // pixels: the narrowest and the lowest cell with one digit, and its size
const PALE = 0.4; // of the colour of weights that nobody reads
const LOW = { desk: 66, wall: 84 }; // column words of less height leave no room for the legend beside them

export class RowHeat extends Heat {
  /**
   * @override
   * @param {import('../step/desk.js').StepScene} scene
   * @param {HeatData} data
   * @param {HeatSize} asked
   * @param {Cell | null} cursor
   */
  draw(scene, data, asked, cursor) {
    super.draw(scene, data, asked, cursor);
    if (!scene.look.projector) this.roundOff(scene, data, asked, cursor);
    this.node.classList.toggle('low', (this.now?.plan.top ?? 0) < (scene.look.projector ? LOW.wall : LOW.desk));
  }

  /**
   * In narrow cells a weight has one digit; a change has none, for it needs its sign.
   * @param {StepScene} scene
   * @param {HeatData} data
   * @param {HeatSize} asked
   * @param {Cell | null} cursor
   */
  roundOff(scene, data, asked, cursor) {
    const { plan } = /** @type {NonNullable<Heat['now']>} */ (this.now);
    if (plan.w >= NUMBER || plan.h < LINE) return;
    if (data.print && plan.digits) return super.draw(scene, data, { ...asked, largest: { w: BARE, h: plan.h } }, cursor);
    if (data.print || plan.w < TENTH) return;
    paintHeat(penOf(this.canvas, plan.cols.length * plan.w, plan.rows.length * plan.h), scene.palette, { ...data, print: tenths }, { ...plan, digits: DIGITS });
  }

  /**
   * @override
   * @param {HeatData} data
   * @param {HeatSize} size
   * @param {Cell | null} cursor
   */
  follow(data, size, cursor) {
    const [was, anew] = [this.from.rows, this.followed === ''];
    super.follow(data, size, cursor);
    const most = size.most?.rows ?? data.rows.length;
    if (cursor && (anew || was !== this.from.rows)) this.from.rows = clamp(cursor.row - (most >> 1), 0, Math.max(0, data.rows.length - most));
  }
}

/**
 * One head's weights, original, edited, or the difference of both.
 * @param {{rows: Label[], cols: Label[], before: Float32Array, after: Float32Array, mask: Uint8Array}} now mask: what is open now
 * @param {Uint8Array} own what the model's own mask leaves open
 * @param {string} show
 */
export function pictureOf({ rows, cols, before, after, mask }, own, show) {
  const index = (/** @type {number} */ i, /** @type {number} */ j) => i * cols.length + j;
  const difference = show === 'difference';
  const value = (/** @type {number} */ at) => (difference ? after[at] - before[at] : show === 'before' ? before[at] : after[at]);
  const closed = (/** @type {number} */ at) => (show === 'before' ? !own[at] : !mask[at] && (difference ? !own[at] : after[at] === 0));
  return {
    ...{ rows, cols, hue: /** @type {import('../step/heat.js').Hue} */ (difference ? 'scores' : 'weights'), rowMark: /** @type {const} */ ('solid') },
    at: (/** @type {number} */ i, /** @type {number} */ j) => value(index(i, j)),
    masked: (/** @type {number} */ i, /** @type {number} */ j) => closed(index(i, j)),
    print: difference ? changed : undefined,
  };
}

/**
 * Weights that nobody reads are paler, and their numbers as clear as any.
 * @param {StepScene} scene
 * @returns {StepScene}
 */
export function paler(scene) {
  const [paper, ...stops] = scene.palette.ramp.map(rgbOf);
  const ramp = [paper, ...stops.map((stop) => paper.map((value, i) => value + (stop[i] - value) * PALE))];
  return { ...scene, palette: { ...scene.palette, ramp: ramp.map((rgb) => `rgb(${rgb.join()})`) } };
}

/**
 * A weight in tenths; nothing where that is 0.
 * @param {number} weight
 */
function tenths(weight) {
  return weight < 0.05 ? '' : brief(weight).replace(/1\.0$/, '1');
}

/**
 * A change of a weight in its cell; nothing where nothing changed.
 * @param {number} value
 */
function changed(value) {
  return Math.abs(value) < 0.05 ? '' : brief(value).replace(/1\.0$/, '1');
}
