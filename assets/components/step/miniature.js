/** A whole matrix very small, one device pixel at a time: a true miniature, painted anew only when its data changes. */

import { signedScale, weightScale } from '../scales.js';
import { rgbOf } from '../theme.js';

/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */
/** @typedef {import('../theme.js').Palette} Palette */

const SHADES = 64; // of each side of a scale
const GAP_FROM = 5; // device pixels of a cell, so that a line between cells can be spared
const PITCH = 5;

/** @type {Map<string, number[]>} */
const scales = new Map();

/**
 * The colours of a hue from -max to max (or 0 to 1), as a table.
 * @param {Palette} palette
 * @param {StagePicture['hue']} hue
 * @returns {number[]}
 */
function shadesOf(palette, hue) {
  const key = `${hue} ${palette.dark} ${palette.paper} ${palette.scores}`;
  let table = scales.get(key);
  if (table) return table;
  const signed = hue === 'weights' ? null : signedScale(palette, palette[hue], palette.negative, 1);
  const weights = weightScale(palette);
  table = Array.from({ length: 2 * SHADES + 1 }, (_, i) => {
    const value = (i - SHADES) / SHADES;
    return packed(signed ? rgbOf(signed(value)) : weights.rgb(value));
  });
  scales.set(key, table);
  return table;
}

/** @type {WeakMap<HTMLCanvasElement, {picture: StagePicture, look: string}>} */
const painted = new WeakMap();

/**
 * Paint a matrix into a box of CSS pixels. The same matrix in the same box is left as it is.
 * @param {HTMLCanvasElement} canvas
 * @param {StagePicture} picture
 * @param {Palette} palette
 * @param {number} width
 * @param {number} height
 */
export function paintMiniature(canvas, picture, palette, width, height) {
  const ratio = Math.max(1, devicePixelRatio);
  const look = [width, height, ratio, palette.dark, palette.paper, palette.scores].join();
  const last = painted.get(canvas);
  if (last?.picture === picture && last.look === look) return false;
  painted.set(canvas, { picture, look });
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.width = w;
  canvas.height = h;
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = pen.createImageData(w, h);
  fill(image, picture, palette);
  pen.putImageData(image, 0, 0);
  return true;
}

/**
 * Each pixel shows the strongest value that falls into it. Lines of pixels over the same cells are the same.
 * @param {ImageData} image
 * @param {StagePicture} picture
 * @param {Palette} palette
 */
function fill({ data, width, height }, picture, palette) {
  const pixels = new Uint32Array(data.buffer);
  const shades = shadesOf(palette, picture.hue);
  const [line, ground, stroke] = [palette.line, palette.sunk, palette.line2].map((colour) => packed(rgbOf(colour)));
  const [across, down] = [spans(width, picture.cols.length), spans(height, picture.rows.length)];
  const hatched = picture.masked !== undefined;
  for (let y = 0; y < height; y++) {
    const [top, bottom, under] = down[y];
    const above = y ? down[y - 1] : null;
    if (!hatched && above && above[0] === top && above[1] === bottom && above[2] === under) {
      pixels.copyWithin(y * width, (y - 1) * width, y * width);
      continue;
    }
    for (let x = 0; x < width; x++) {
      const [left, right, beside] = across[x];
      let colour = line;
      if (!under && !beside) {
        const value = strongest(picture, top, bottom, left, right, picture.order);
        if (value === null) colour = (x + y) % PITCH ? ground : stroke;
        else colour = shades[SHADES + Math.round(Math.max(-1, Math.min(1, value / picture.max)) * SHADES)];
      }
      pixels[y * width + x] = colour;
    }
  }
}

/**
 * A colour as one number, as image data has it: red first.
 * @param {readonly number[]} rgb
 */
function packed([r, g, b]) {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/**
 * The value farthest from 0 in a rectangle of cells; null if all of them are masked.
 * @param {StagePicture} picture
 * @param {number} top
 * @param {number} bottom
 * @param {number} left
 * @param {number} right
 * @param {number[] | null} order
 */
function strongest(picture, top, bottom, left, right, order) {
  let found = null;
  for (let i = top; i < bottom; i++) {
    for (let j = left; j < right; j++) {
      const col = order ? order[j] : j;
      if (picture.masked?.(i, col)) continue;
      const value = picture.at(i, col);
      if (found === null || Math.abs(value) > Math.abs(found)) found = value;
    }
  }
  return found;
}

/**
 * Which cells each pixel covers, and whether it is the line behind a cell.
 * @param {number} pixels
 * @param {number} cells
 * @returns {[number, number, boolean][]}
 */
function spans(pixels, cells) {
  const size = pixels / cells;
  return Array.from({ length: pixels }, (_, at) => {
    const first = Math.min(cells - 1, Math.floor(at / size));
    const last = Math.max(first + 1, Math.min(cells, Math.floor((at + 1) / size)));
    const line = size >= GAP_FROM && Math.floor((at + 1) / size) > first && at < pixels - 1;
    return [first, last, line];
  });
}
