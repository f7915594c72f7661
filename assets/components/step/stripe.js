/** A vector as a stripe of cells on one canvas. Sign is told by a bar where a cell is wide enough, never by colour alone. */

import { hatch, penOf } from '../draw.js';
import { inkOn, scaleOf } from './heatpaint.js';

/** @typedef {import('../theme.js').Palette} Palette */
/** @typedef {{values: ArrayLike<number>, max: number, hue: import('./stagepicture.js').Hue, shut?: boolean}} Stripe */

const BAR_FROM = 0.12; // of the largest value
const BAR_CELL = 7;

/** @type {WeakMap<HTMLCanvasElement, {stripe: Stripe, look: string}>} */
const painted = new WeakMap();

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Palette} palette
 * @param {Stripe} stripe
 * @param {number} width
 * @param {number} height
 */
export function paintStripe(canvas, palette, stripe, width, height) {
  const look = [width, height, palette.paper, palette.ink].join();
  const last = painted.get(canvas);
  if (last?.stripe === stripe && last.look === look) return;
  painted.set(canvas, { stripe, look });
  const pen = penOf(canvas, width, height);
  const { values, max, hue, shut } = stripe;
  if (shut) return hatch(pen, palette, 0, 0, width, height);
  const { fill } = scaleOf(palette, { rows: [], cols: [], at: () => 0, hue, max, axes: { rows: '', cols: '' } });
  const w = width / values.length;
  const gap = w >= 4 ? 1 : 0;
  for (let i = 0; i < values.length; i++) {
    const share = hue === 'weights' ? values[i] : values[i] / max;
    const colour = fill(share);
    pen.fillStyle = colour;
    pen.fillRect(i * w, 0, w - gap + (gap ? 0 : 0.3), height);
    if (w >= BAR_CELL && hue !== 'weights' && share < -BAR_FROM) {
      pen.fillStyle = inkOn(colour);
      pen.fillRect(i * w + w * 0.25, height / 2 - 0.7, w * 0.4, 1.4);
    }
  }
}
