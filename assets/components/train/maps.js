/** One attention map as a small bitmap: weights in violet, what the mask forbids hatched. */

import { hatch, thumbnail } from '../draw.js';
import { weightScale } from '../scales.js';
import { rgbOf } from '../theme.js';

/** @typedef {import('../theme.js').Palette} Palette */
/** @typedef {import('./film.js').Maps} Maps */

/** @type {WeakMap<HTMLCanvasElement, {maps: Maps, seen: string}>} */
const painted = new WeakMap();
/** @type {WeakMap<Palette, Uint8ClampedArray>} */
const tables = new WeakMap();

/**
 * The violet ramp as a table of 256 colours: every weight of a film is one byte.
 * @param {Palette} palette
 */
function tableOf(palette) {
  let table = tables.get(palette);
  if (!table) {
    const { rgb } = weightScale(palette);
    table = Uint8ClampedArray.from(Array.from({ length: 256 }, (_, i) => [...rgb(i / 255), 255]).flat());
    tables.set(palette, table);
  }
  return table;
}

/**
 * Paint one head. Nothing is done when the canvas shows it already.
 * @param {HTMLCanvasElement} canvas
 * @param {number} size in CSS pixels
 * @param {Maps} maps
 * @param {number} head
 * @param {boolean} masked are later keys forbidden?
 * @param {Palette} palette
 */
export function paintMap(canvas, size, maps, head, masked, palette) {
  const ratio = Math.max(1, devicePixelRatio);
  const seen = [size, head, masked, palette.dark, palette.line2, ratio].join();
  const before = painted.get(canvas);
  if (before?.maps === maps && before.seen === seen) return;
  painted.set(canvas, { maps, seen });
  canvas.style.width = canvas.style.height = size + 'px';
  const { rows, cols } = maps;
  if (Math.max(rows, cols) > size * ratio) return crowd(canvas, size, maps, head, masked, palette);
  canvas.width = canvas.height = Math.round(size * ratio);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (masked) {
    pen.scale(ratio, ratio);
    hatch(pen, palette, 0, 0, size, size, 4);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }
  const table = tableOf(palette);
  const at = head * rows * cols;
  const scale = 255 / maps.one;
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = [edge(row, rows, canvas.height), edge(row + 1, rows, canvas.height)];
    for (let col = 0; col < cols && !(masked && col > row); col++) {
      const [left, right] = [edge(col, cols, canvas.width), edge(col + 1, cols, canvas.width)];
      const colour = 4 * Math.round(maps.values[at + row * cols + col] * scale);
      pen.fillStyle = `rgb(${table[colour]},${table[colour + 1]},${table[colour + 2]})`;
      pen.fillRect(left, top, right - left, bottom - top);
    }
  }
}

/**
 * Take a picture away: nothing is known yet.
 * @param {HTMLCanvasElement} canvas
 */
export function wipeMap(canvas) {
  if (!painted.delete(canvas)) return;
  canvas.width = canvas.height = 1;
  canvas.style.width = canvas.style.height = '';
}

/**
 * @param {number} nth
 * @param {number} count
 * @param {number} pixels
 */
function edge(nth, count, pixels) {
  return Math.round((nth * pixels) / count);
}

/**
 * More cells than pixels: a pixel shows the largest weight that falls into it.
 * @param {HTMLCanvasElement} canvas
 * @param {number} size
 * @param {Maps} maps
 * @param {number} head
 * @param {boolean} masked
 * @param {Palette} palette
 */
function crowd(canvas, size, { rows, cols, values, one }, head, masked, palette) {
  const table = tableOf(palette);
  const map = {
    rows: Array.from({ length: rows }, (_, i) => i),
    cols: Array.from({ length: cols }, (_, i) => i),
    at: (/** @type {number} */ row, /** @type {number} */ col) => values[(head * rows + row) * cols + col] / one,
    masked: (/** @type {number} */ row, /** @type {number} */ col) => masked && col > row,
  };
  thumbnail(canvas, size, map, (weight) => [...table.slice(4 * Math.round(weight * 255), 4 * Math.round(weight * 255) + 3)], rgbOf(palette.sunk));
  canvas.style.width = canvas.style.height = size + 'px';
}
