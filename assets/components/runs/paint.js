/** Small pictures of whole maps, and the colours of a difference: blue where A has more, orange where B has, paper where they agree. */

import { spans } from '../draw.js';
import { rgbOf } from '../theme.js';

/** @typedef {import('../theme.js').Palette} Palette */

const BEND = 0.8; // of every signed scale: small differences are seen

/**
 * The scale of B − A, which runs from −1 to 1 whatever is shown, so that pictures can be compared.
 * @param {Palette} palette
 */
export function differenceScale(palette) {
  const [zero, more, less] = [rgbOf(palette.paper), rgbOf(palette.k), rgbOf(palette.q)];
  /** @param {number} value */
  const rgb = (value) => {
    const t = Math.min(1, Math.abs(value)) ** BEND;
    const end = value < 0 ? less : more;
    return zero.map((channel, i) => Math.round(channel + (end[i] - channel) * t));
  };
  return { rgb, fill: (/** @type {number} */ value) => `rgb(${rgb(value).join(',')})` };
}

/**
 * The palette in which the signed scale of every matrix shows a difference.
 * @param {Palette} palette
 * @returns {Palette}
 */
export function differencePalette(palette) {
  return { ...palette, scores: palette.k, negative: palette.q };
}

/**
 * Draw a whole map very small. Where cells are smaller than pixels, the largest in size is shown.
 * @param {HTMLCanvasElement} canvas
 * @param {number} size in CSS pixels
 * @param {number} rows
 * @param {number} cols
 * @param {(row: number, col: number) => number} at
 * @param {(value: number) => readonly number[]} rgb
 */
export function paintThumb(canvas, size, rows, cols, at, rgb) {
  const pixels = Math.round(size * Math.max(1, devicePixelRatio));
  if (canvas.width !== pixels || canvas.height !== pixels) canvas.width = canvas.height = pixels;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = pen.createImageData(pixels, pixels);
  const [down, across] = [spans(pixels, rows), spans(pixels, cols)];
  down.forEach(([top, bottom], y) =>
    across.forEach(([left, right], x) => {
      let shown = NaN;
      for (let row = top; row < bottom; row++) {
        for (let col = left; col < right; col++) {
          const value = at(row, col);
          if (!(Math.abs(value) <= Math.abs(shown))) shown = value;
        }
      }
      const [r, g, b] = rgb(shown);
      image.data.set([r, g, b, 255], 4 * (y * pixels + x));
    }),
  );
  pen.putImageData(image, 0, 0);
}
