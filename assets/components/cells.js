/** The cells of a matrix on a canvas: weights in violet, masked cells hatched, gold cells dotted, related ones with a corner. */

import { hatch } from './draw.js';
import { short } from './format.js';
import { relationsOf } from './grid.js';
import { weightScale } from './scales.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./matrix.js').MatrixSize} MatrixSize */

export const NUMBERS_FROM = 0.1;
const [CORNER, INSET] = [0.3, 1.5]; // size, as a share of the shorter side of a cell, and distance from its edge

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {MatrixSize} size
 */
export function paintCells(pen, { grid, view, trace, palette }, size) {
  const { cellWidth: w, cellHeight: h } = size;
  const scale = weightScale(palette);
  const names = relationsOf(trace);
  pen.fillStyle = palette.line;
  pen.fillRect(0, 0, grid.cols.length * w, grid.rows.length * h);
  if (grid.block.kind === 'decoder') hatch(pen, palette, 0, 0, grid.cols.length * w, grid.rows.length * h);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  grid.rows.forEach((row, i) => {
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
      if (grid.gold(row, col)) dotted(pen, scale.text(weight), x, y, w, h);
      pen.fillStyle = scale.text(weight);
      for (const name of grid.relations(row, col)) pen.fill(new Path2D(corner(names.indexOf(name), x, y, w - 1, h - 1)));
    });
  });
}

/**
 * The dotted frame of a cell that the task aligns.
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

/**
 * The corner of a cell that stands for a relation: each relation of a text has a corner of its own, clockwise.
 * @param {number} nth
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function corner(nth, x, y, width, height) {
  const side = Math.max(4, Math.min(width, height) * CORNER);
  const [right, bottom] = [nth % 4 === 1 || nth % 4 === 2, nth % 4 >= 2];
  const [cx, cy] = [right ? x + width - INSET : x + INSET, bottom ? y + height - INSET : y + INSET];
  return `M${cx},${cy}h${right ? -side : side}L${cx},${bottom ? cy - side : cy + side}Z`;
}
