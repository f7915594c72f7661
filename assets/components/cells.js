/** The cells of a matrix on a canvas: weights in violet, masked cells hatched, gold cells dotted, numbers where they fit. */

import { hatch } from './draw.js';
import { short } from './format.js';
import { weightScale } from './scales.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./matrix.js').MatrixSize} MatrixSize */

export const NUMBERS_FROM = 0.1;

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {MatrixSize} size
 */
export function paintCells(pen, { grid, view, palette }, size) {
  const { cellWidth: w, cellHeight: h } = size;
  const scale = weightScale(palette);
  pen.fillStyle = palette.line;
  pen.fillRect(0, 0, grid.cols.length * w, grid.rows.length * h);
  if (grid.block.kind === 'decoder') hatch(pen, palette, 0, 0, grid.cols.length * w, grid.rows.length * h);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  grid.rows.forEach((row, i) => {
    const gold = grid.gold(row);
    grid.cols.forEach((col, j) => {
      if (grid.masked(row, col)) return;
      const weight = grid.at(view.head, row, col);
      const [x, y] = [j * w, i * h];
      pen.fillStyle = scale.fill(weight);
      pen.fillRect(x, y, w - 1, h - 1);
      if (size.digits && weight >= NUMBERS_FROM) {
        pen.font = `600 ${size.digits}px ${palette.fonts.num}`;
        pen.fillStyle = scale.text(weight);
        pen.fillText(short(weight), x + (w - 1) / 2, y + (h - 1) / 2 + 0.5);
      }
      if (gold === col) dotted(pen, scale.text(weight), x, y, w, h);
    });
  });
}

/**
 * The dotted frame of the cell that the grammar aligns.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} colour
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function dotted(pen, colour, x, y, width, height) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.2;
  pen.setLineDash([2, 2]);
  pen.strokeRect(x + 1.6, y + 1.6, width - 4.2, height - 4.2);
  pen.setLineDash([]);
}
