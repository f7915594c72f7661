/** The cells of any matrix on a canvas, and the scale that they follow. Sign is never told by colour alone. */

import { hatch } from '../draw.js';
import { short } from '../format.js';
import { signedScale, weightScale } from '../scales.js';
import { contrast, rgbOf } from '../theme.js';

/** @typedef {import('./heat.js').HeatData} HeatData */
/** @typedef {import('./heatplan.js').HeatPlan} HeatPlan */
/** @typedef {import('../theme.js').Palette} Palette */

const [BLACK, WHITE] = ['#000000', '#ffffff'];
const BAR_FROM = 0.12; // of the largest value: below it no minus bar
const BAR_CELL = 7; // pixels
const BAR_LONG = 12; // a longer bar would read as a rule
const BLANK = 0.01; // weights below it are not written

/**
 * Colour and legend of a matrix. A signed `fill` takes a share of the maximum, -1 to 1; weights are 0 to 1.
 * @param {Palette} palette
 * @param {HeatData} data
 */
export function scaleOf(palette, data) {
  if (data.hue === 'weights') {
    const scale = weightScale(palette);
    return { max: 1, low: '0', high: '1', fill: scale.fill };
  }
  const max = (data.max ?? largest(data)) || 1;
  const hue = { q: palette.q, k: palette.k, v: palette.v, scores: palette.scores, stream: palette.stream }[data.hue];
  return { max, low: '−' + plain(max), high: '+' + plain(max), fill: signedScale(palette, hue, palette.negative, 1) };
}

/** @param {HeatData} data */
function largest({ rows, cols, at, masked }) {
  let max = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < cols.length; j++) if (!masked?.(i, j)) max = Math.max(max, finite(at(i, j)));
  }
  return max;
}

/** @param {number} value */
function finite(value) {
  return Number.isFinite(value) ? Math.abs(value) : 0;
}

/**
 * A signed number in a cell: three characters where that is possible.
 * @param {number} value
 */
export function brief(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (size >= 9.95) return sign + Math.round(size);
  if (size >= 0.95) return sign + size.toFixed(1);
  return size < 0.05 ? '.0' : sign + '.' + Math.round(size * 10);
}

/** @param {number} value */
function plain(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Palette} palette
 * @param {HeatData} data
 * @param {HeatPlan} plan
 */
export function paintHeat(pen, palette, data, { rows, cols, w, h, digits }) {
  const { max, fill } = scaleOf(palette, data);
  const gap = Math.min(w, h) >= 9 ? 1 : 0;
  const bar = Math.min(w * 0.44, BAR_LONG);
  pen.fillStyle = gap ? palette.line : palette.paper;
  pen.fillRect(0, 0, cols.length * w, rows.length * h);
  const forbidden = data.masked && rows.some((row) => cols.some((col) => data.masked?.(row, col)));
  if (forbidden) hatch(pen, palette, 0, 0, cols.length * w, rows.length * h);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.font = `600 ${digits}px ${palette.fonts.num}`;
  /** @type {Map<string, string>} */
  const inks = new Map();
  rows.forEach((row, i) =>
    cols.forEach((col, j) => {
      if (data.masked?.(row, col)) return;
      const value = data.at(row, col);
      const colour = fill(value / max);
      const [x, y] = [j * w, i * h];
      pen.fillStyle = colour;
      pen.fillRect(x, y, w - gap, h - gap);
      let ink = inks.get(colour);
      if (!ink) inks.set(colour, (ink = inkOn(colour)));
      pen.fillStyle = ink;
      if (digits) pen.fillText(tight(pen, written(data, value), w - gap, digits), x + (w - gap) / 2, y + (h - gap) / 2 + 0.5);
      else if (value < 0 && data.hue !== 'weights' && Math.min(w, h) >= BAR_CELL && -value >= BAR_FROM * max) pen.fillRect(x + (w - bar) / 2, y + h / 2 - 0.8, bar, 1.4);
    }),
  );
}

/**
 * A number that fills its cell moves its digits together a little, so that neighbours do not run into each other.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} room
 * @param {number} size of a digit
 */
function tight(pen, text, room, size) {
  const spare = room - 3 - text.length * size * 0.6;
  const spacing = text.length > 1 && spare < 0 ? `${Math.max(-1.2, spare / (text.length - 1)).toFixed(2)}px` : '0px';
  if (pen.letterSpacing !== spacing) pen.letterSpacing = spacing;
  return text;
}

/**
 * @param {HeatData} data
 * @param {number} value
 */
function written({ hue, print }, value) {
  if (print) return print(value);
  if (hue === 'weights') return value < BLANK ? '' : short(value);
  return brief(value);
}

/**
 * Black or white, whichever reads better.
 * @param {string} colour
 */
export function inkOn(colour) {
  const rgb = rgbOf(colour);
  return contrast(rgb, rgbOf(BLACK)) >= contrast(rgb, rgbOf(WHITE)) ? BLACK : WHITE;
}
