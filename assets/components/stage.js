/** The stage: one block of the model, as lines beside a matrix, as the joined square, or as a table. */

import { el, join, listen, numberOf, set, write } from './dom.js';
import { short, three } from './format.js';
import { gridOf, relationsOf } from './grid.js';
import { Joined } from './joined.js';
import { Lines } from './lines.js';
import { linesSize, matrixSize } from './look.js';
import { Matrix } from './matrix.js';
import { titleOf } from './scene.js';
import { WeightTable } from './table.js';
import { headColour } from './theme.js';

/** @typedef {import('./scene.js').Scene} Scene */
/**
 * @typedef {object} StageActions
 * @property {(row: number) => void} pointRow
 * @property {(col: number) => void} pointKey
 * @property {(row: number, col: number, block?: string) => void} pointCell
 * @property {(cell: {row: number, col: number}) => void} pin
 * @property {() => void} leave
 * @property {(block: string) => void} goBlock
 * @property {(lines: string[], box: DOMRect) => void} tell
 * @property {() => void} hush
 */

export class Stage {
  /** @param {StageActions} act */
  constructor(act) {
    this.lines = new Lines();
    this.matrix = new Matrix();
    this.joined = new Joined();
    this.table = new WeightTable();
    this.body = el('div', { class: 'stage-body' }, this.lines.node, this.matrix.node, this.joined.node, this.table.node);
    this.empty = el('div', { class: 'stage-empty' }, el('b'), el('b'), el('p'));
    this.node = el('div', { class: 'stage-frame' }, this.body, this.empty);
    /** @type {Scene | null} */
    this.scene = null;
    this.connect(act);
    // A row is one row across lines and matrix, also in a sentence so long that they scroll.
    const pair = [this.lines.scroll, this.matrix.scroll];
    pair.forEach((one, i) => one.addEventListener('scroll', () => (pair[1 - i].scrollTop = one.scrollTop)));
  }

  /** @param {StageActions} act */
  connect(act) {
    for (const type of ['pointerover', 'focusin', 'click']) {
      listen(this.body, type, '[data-row]', (part) => act.pointRow(numberOf(part, 'row')));
      listen(this.lines.keys, type, '[data-key]', (part) => act.pointKey(numberOf(part, 'key')));
      listen(this.matrix.columns, type, '[data-key]', (part) => act.pointKey(numberOf(part, 'key')));
    }
    this.lines.keys.addEventListener('pointerleave', () => act.leave());
    this.matrix.columns.addEventListener('pointerleave', () => act.leave());
    this.matrix.canvas.addEventListener('pointermove', (event) => this.overMatrix(event, act));
    this.matrix.canvas.addEventListener('pointerleave', () => act.leave());
    this.matrix.canvas.addEventListener('click', (event) => {
      const cell = this.matrix.hit(event);
      if (cell) act.pin(cell);
    });
    this.joined.canvas.addEventListener('pointermove', (event) => this.overJoined(event, act));
    this.joined.canvas.addEventListener('pointerleave', () => act.leave());
    this.joined.canvas.addEventListener('click', (event) => {
      const cell = this.joined.hit(event);
      if (cell) act.goBlock(cell.block);
    });
  }

  /**
   * @param {MouseEvent} event
   * @param {StageActions} act
   */
  overMatrix(event, act) {
    const cell = this.matrix.hit(event);
    const box = cell && this.matrix.boxOf(cell.row, cell.col);
    if (!cell || !box || !this.scene) return;
    act.pointCell(cell.row, cell.col);
    act.tell(this.cellLines(cell.row, cell.col), box);
  }

  /**
   * @param {MouseEvent} event
   * @param {StageActions} act
   */
  overJoined(event, act) {
    const cell = this.joined.hit(event);
    if (!cell || !this.scene) return act.hush();
    act.pointCell(cell.row, cell.col, cell.block);
    act.tell(cellLines(this.scene, cell.block, cell.row, cell.col), new DOMRect(event.clientX, event.clientY, 4, 4));
  }

  /**
   * What the tooltip says of a cell of the block that is shown.
   * @param {number} row
   * @param {number} col
   */
  cellLines(row, col) {
    return this.scene ? cellLines(this.scene, this.scene.view.block, row, col) : [];
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const { picture } = scene.view;
    set(this.empty, { hidden: '' });
    set(this.body, { 'data-picture': picture });
    if (picture === 'joined') this.joined.draw(scene);
    else if (picture === 'table') this.table.draw(scene);
    else {
      const lines = linesSize(scene.look, scene.grid);
      this.lines.draw(scene, lines);
      this.matrix.draw(scene, matrixSize(scene.look, scene.grid, lines.width));
      this.writeTitle(scene);
    }
  }

  /**
   * The matrix shows one head: its square stands in the title, the matrix itself is always violet.
   * @param {Scene} scene
   */
  writeTitle({ view, grid, trace, say, palette }) {
    const cross = grid.block.kind === 'cross';
    const notes = [{ text: say('explore.head', { head: view.head + 1 }), mark: 'square', style: `background:${headColour(palette, view.head)}` }];
    const plain = (/** @type {string} */ text) => notes.push({ text, mark: '', style: '' });
    if (cross && trace.alignment?.length) plain(say('explore.matrix.gold'));
    if (cross) relationsOf(trace).forEach((name, nth) => notes.push({ text: say('explore.relation.' + name), mark: `corner at${nth % 4}`, style: '' }));
    if (grid.bare) plain(say('explore.matrix.bare'));
    join(
      this.matrix.title,
      notes,
      () => el('span', {}, el('i'), el('span')),
      (node, { text, mark, style }) => {
        set(node.children[0], { class: mark, style: style || null, hidden: mark ? null : '' });
        write(node.children[1], text);
      },
    );
  }

  /** @param {Scene} scene */
  point(scene) {
    this.scene = scene;
    const { picture } = scene.view;
    if (picture === 'joined') this.joined.point(scene);
    else if (picture === 'table') this.table.point(scene);
    else {
      this.lines.point(scene);
      this.matrix.point(scene);
    }
  }

  /**
   * A key has moved the row: bring it into view, and keep the focus on it if it was on a row.
   * @param {Scene} scene
   */
  reveal(scene) {
    if (scene.view.picture === 'table') this.table.reveal();
    this.lines.reveal(scene);
    this.matrix.reveal(scene);
    const root = /** @type {Document | ShadowRoot} */ (this.node.getRootNode());
    if (root.activeElement?.classList.contains('query')) this.lines.focusRow(scene.row);
  }

  /**
   * Before the first sentence: labelled, empty axes in the same box.
   * @param {import('./strings.js').Say} say
   */
  drawEmpty(say) {
    const [queries, keys, text] = this.empty.children;
    write(queries, say('explore.axis.queries'));
    write(keys, say('explore.axis.keys'));
    write(text, say('explore.loading'));
  }

  /**
   * There is no first picture: say why, where it would have stood.
   * @param {string} why
   */
  refuse(why) {
    write(this.empty.children[2], why);
    set(this.empty.children[2], { role: 'alert' });
  }
}

/**
 * What the tooltip says of a cell: query, key, head, weight with three decimals.
 * @param {Scene} scene
 * @param {string} block
 * @param {number} row
 * @param {number} col
 */
export function cellLines(scene, block, row, col) {
  const { say, view, trace } = scene;
  const grid = block === view.block ? scene.grid : gridOf(trace, block, view.bare);
  const lines = [
    say('explore.cell.query', { query: fullName(grid, row) }),
    say('explore.cell.key', { key: grid.keys[col]?.full ?? '' }),
    say('explore.cell.head', { head: view.head + 1, block: titleOf(block, say) }),
  ];
  if (grid.masked(row, col)) return [say('explore.masked'), ...lines, say('explore.cell.masked')];
  const weight = grid.at(view.head, row, col);
  const shares = grid.bare ? [say('explore.cell.bare', { model: three(grid.model(view.head, row, col)), left: short(grid.left(view.head, row)) })] : [];
  const related = grid.relations(row, col).map((name) => say('explore.cell.relation', { relation: say('explore.relation.' + name) }));
  const golden = [...(grid.gold(row, col) ? [say('explore.cell.gold')] : []), ...related];
  return [say('explore.cell.weight', { weight: three(weight) }), ...lines, ...shares, ...golden];
}

/**
 * @param {import('./grid.js').Grid} grid
 * @param {number} row
 */
function fullName(grid, row) {
  const writes = grid.writes[row]?.full ?? '';
  return grid.block.kind === 'encoder' ? writes : `${grid.reads[row]?.full ?? ''} → ${writes}`;
}


