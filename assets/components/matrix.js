/** One head of one block as a matrix: rows are queries, columns are keys, and both are always written on it. */

import { paintCells } from './cells.js';
import { el, join, set, svg, write } from './dom.js';
import { penOf } from './draw.js';
import { mostRead } from './grid.js';
import { fit, standUpright } from './tokens.js';

/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./scene.js').Scene} Scene */
/**
 * @typedef {object} MatrixSize
 * @property {number} width
 * @property {number} height
 * @property {number} cellWidth
 * @property {number} cellHeight
 * @property {number} left where the cells begin, after the words of the rows
 * @property {number} top where the cells begin, below the words of the columns
 * @property {number} digits size of the numbers in the cells, 0 = none
 * @property {number} word size of the words
 * @property {number} note size of our own voice
 */

const TAIL = 36; // the last slanted word leans out to the right
const EDGE = 4; // room for the frame of a row, which stands around its cells

export class Matrix {
  constructor() {
    this.title = el('div', { class: 'matrix-title' });
    this.axes = el('div', { class: 'matrix-axes' }, el('b'), el('b'), el('span'));
    this.columns = svg('svg', { class: 'matrix-columns', 'aria-hidden': 'true' });
    this.rows = svg('svg', { class: 'matrix-rows', 'aria-hidden': 'true' });
    this.canvas = el('canvas', { role: 'img', class: 'matrix-cells', 'data-part': 'matrix' });
    this.marks = svg('svg', { class: 'matrix-marks', 'aria-hidden': 'true' });
    this.glow = svg('rect', { class: 'row-glow' });
    this.edge = svg('rect', { class: 'row-edge' });
    this.column = svg('rect', { class: 'col-edge' });
    this.cell = svg('rect', { class: 'cell-edge' });
    this.pinned = svg('rect', { class: 'cell-pin' });
    this.marks.append(this.column, this.glow, this.edge, this.cell, this.pinned);
    this.cells = el('div', { class: 'matrix-field' }, this.canvas, this.marks);
    this.scroll = el('div', { class: 'matrix-scroll' }, this.axes, this.columns, this.rows, this.cells);
    this.node = el('div', { class: 'matrix' }, this.title, this.scroll);
    /** @type {{grid: Grid, head: number, size: MatrixSize} | null} */
    this.now = null;
  }

  /**
   * Draw the bitmap and the words. The nodes stay.
   * @param {Scene} scene
   * @param {MatrixSize} size
   */
  draw(scene, size) {
    const { grid, view } = scene;
    this.now = { grid, head: view.head, size };
    const [width, height] = [grid.cols.length * size.cellWidth, grid.rows.length * size.cellHeight];
    set(this.node, { style: `width:${size.width}px;height:${size.height}px` });
    const fits = size.left + width + TAIL <= size.width + 1;
    this.scroll.style.gridTemplate = `${size.top}px auto / ${size.left}px ${width + TAIL}px`;
    this.scroll.style.overflowX = fits ? 'hidden' : 'auto';
    this.writeAxes(scene);
    paintCells(penOf(this.canvas, width, height), scene, size);
    set(this.canvas, { 'aria-label': scene.say('explore.matrix.label', { head: view.head + 1, title: scene.title }) });
    set(this.marks, { width: width + 8, height: height + 8, viewBox: `${-EDGE} ${-EDGE} ${width + 8} ${height + 8}` });
    this.drawColumns(scene, size);
    this.drawRows(scene, size);
    this.point(scene);
  }

  /** @param {Scene} scene */
  writeAxes(scene) {
    const [keys, queries, note] = this.axes.children;
    write(keys, scene.say('explore.axis.keys_right'));
    write(queries, scene.say('explore.axis.queries_down'));
    write(note, scene.grid.block.kind === 'encoder' ? '' : scene.say('explore.axis.word_written'));
  }

  /**
   * @param {Scene} scene
   * @param {MatrixSize} size
   */
  drawColumns({ grid, palette }, size) {
    const width = grid.cols.length * size.cellWidth + TAIL;
    const upright = columnsUpright(grid, size, palette);
    const angle = size.cellWidth < 20 ? -60 : -48;
    const room = (size.top - 20) / Math.sin((-angle * Math.PI) / 180) - 4;
    set(this.columns, { width, height: size.top - EDGE, viewBox: `0 0 ${width} ${size.top - EDGE}` });
    join(
      this.columns,
      grid.cols,
      () => svg('text', {}),
      (node, col, at) => {
        const type = { size: size.word - 1, smallest: size.note, family: palette.fonts.word };
        const word = fit(grid.keys[col].text, room, type);
        const middle = (at + 0.5) * size.cellWidth;
        write(node, word.text);
        set(node, {
          'data-key': col,
          'font-size': word.size,
          'text-anchor': upright ? 'middle' : null,
          transform: upright ? `translate(${middle},${size.top - 9})` : `translate(${middle + 5},${size.top - 7}) rotate(${angle})`,
        });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {MatrixSize} size
   */
  drawRows({ grid, palette }, size) {
    const height = grid.rows.length * size.cellHeight;
    set(this.rows, { width: size.left - EDGE, height, viewBox: `0 0 ${size.left - EDGE} ${height}` });
    join(
      this.rows,
      grid.rows,
      () => svg('text', { 'text-anchor': 'end' }),
      (node, row, at) => {
        const word = fit(grid.writes[row].text, size.left - 10, { size: size.word, smallest: size.note, family: palette.fonts.word });
        write(node, word.text);
        const y = (at + 0.5) * size.cellHeight + word.size * 0.32;
        set(node, { 'data-row': row, x: size.left - 8, y, 'font-size': word.size });
      },
    );
  }

  /**
   * Outline the row pointed at, its column and its pinned cell. Attributes only.
   * @param {Scene} scene
   */
  point(scene) {
    if (!this.now) return;
    const { grid, head, size } = this.now;
    const row = scene.row;
    const at = row === null ? -1 : grid.rows.indexOf(row);
    const width = grid.cols.length * size.cellWidth;
    const box = { x: -2, width: width + 3, y: at * size.cellHeight - 2, height: size.cellHeight + 3 };
    set(this.edge, { ...box, visibility: at < 0 ? 'hidden' : 'visible' });
    set(this.glow, { ...box, visibility: at < 0 ? 'hidden' : 'visible' });
    const j = scene.view.col === null ? -1 : grid.cols.indexOf(scene.view.col);
    const column = { x: j * size.cellWidth - 0.5, y: -1, width: size.cellWidth, height: grid.rows.length * size.cellHeight + 1 };
    set(this.column, { ...column, visibility: j < 0 ? 'hidden' : 'visible' });
    placeCell(this.cell, grid, size, row, scene.view.col);
    placeCell(this.pinned, grid, size, scene.view.pin?.row ?? null, scene.view.pin?.col ?? null);
    const hot = row === null || at < 0 ? -1 : mostRead(grid, head, row);
    for (const node of this.columns.children) {
      const col = Number(node.getAttribute('data-key'));
      node.classList.toggle('strong', col === hot || col === scene.view.col);
    }
    for (const node of this.rows.children) node.classList.toggle('strong', Number(node.getAttribute('data-row')) === row);
  }

  /**
   * Scroll to the row pointed at. Only keys ask for it: under a mouse, rows stay where they are.
   * @param {Scene} scene
   */
  reveal(scene) {
    if (!this.now || scene.row === null) return;
    const { grid, size } = this.now;
    keepVisible(this.scroll, grid.rows.indexOf(scene.row) * size.cellHeight, size.cellHeight, size.top);
  }

  /**
   * Which cell lies under the pointer?
   * @param {MouseEvent} event
   * @returns {{row: number, col: number} | null}
   */
  hit(event) {
    if (!this.now) return null;
    const { grid, size } = this.now;
    const box = this.canvas.getBoundingClientRect();
    const row = grid.rows[Math.floor((event.clientY - box.top) / size.cellHeight)];
    const col = grid.cols[Math.floor((event.clientX - box.left) / size.cellWidth)];
    return row === undefined || col === undefined ? null : { row, col };
  }

  /**
   * Where a cell is on the screen, for a tooltip.
   * @param {number} row
   * @param {number} col
   */
  boxOf(row, col) {
    if (!this.now) return null;
    const { grid, size } = this.now;
    const box = this.canvas.getBoundingClientRect();
    const [left, top] = [grid.cols.indexOf(col) * size.cellWidth, grid.rows.indexOf(row) * size.cellHeight];
    return new DOMRect(box.left + left, box.top + top, size.cellWidth, size.cellHeight);
  }
}

/**
 * @param {Grid} grid
 * @param {{cellWidth: number, word: number}} size
 * @param {import('./theme.js').Palette} palette
 */
export function columnsUpright(grid, size, palette) {
  return standUpright(grid.cols.map((col) => grid.keys[col]), size.cellWidth, `700 ${size.word - 1}px ${palette.fonts.word}`);
}

/**
 * @param {SVGRectElement} node
 * @param {Grid} grid
 * @param {MatrixSize} size
 * @param {number | null} row
 * @param {number | null} col
 */
function placeCell(node, grid, size, row, col) {
  const [i, j] = [row === null ? -1 : grid.rows.indexOf(row), col === null ? -1 : grid.cols.indexOf(col)];
  set(node, {
    visibility: i < 0 || j < 0 ? 'hidden' : 'visible',
    x: j * size.cellWidth - 0.5,
    y: i * size.cellHeight - 0.5,
    width: size.cellWidth,
    height: size.cellHeight,
  });
}

/**
 * Scroll a box just so far that a row inside it can be seen.
 * @param {HTMLElement} scroll
 * @param {number} y
 * @param {number} height
 * @param {number} top height of what sticks to the top
 */
export function keepVisible(scroll, y, height, top) {
  const room = scroll.clientHeight - top;
  if (room <= 0 || scroll.scrollHeight <= scroll.clientHeight) return;
  if (y < scroll.scrollTop) scroll.scrollTop = y - 4;
  else if (y + height > scroll.scrollTop + room) scroll.scrollTop = y + height - room + 8;
}
