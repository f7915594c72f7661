/** The table twin of the matrix: the same numbers as text, for reading, for copying, for screen readers. */

import { el, join, set, write } from './dom.js';
import { three } from './format.js';
import { rowName } from './scene.js';

/** @typedef {import('./scene.js').Scene} Scene */

const ON_WALL = 6; // rows

export class WeightTable {
  constructor() {
    this.caption = el('caption');
    this.headings = el('tr');
    this.body = el('tbody');
    this.table = el('table', {}, this.caption, el('thead', {}, this.headings), this.body);
    this.node = el('div', { class: 'weights-table', 'data-part': 'table', tabindex: 0, role: 'region' }, this.table);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { grid, view, say } = scene;
    const caption = say(grid.bare ? 'explore.table.caption_bare' : 'explore.table.caption', { head: view.head + 1, title: scene.title });
    write(this.caption, caption);
    set(this.node, { 'aria-label': caption });
    join(
      this.headings,
      [say('explore.table.corner'), ...grid.cols.map((col) => grid.keys[col].text)],
      () => el('th', { scope: 'col' }),
      (node, text, at) => {
        write(node, text);
        set(node, { title: at ? grid.keys[grid.cols[at - 1]].full : null });
      },
    );
    join(
      this.body,
      scene.look.projector ? around(grid.rows, scene.row) : grid.rows,
      () => el('tr'),
      (node, row) => {
        set(node, { 'data-row': row });
        join(
          node,
          [-1, ...grid.cols],
          (col) => (col < 0 ? el('th', { scope: 'row' }) : el('td')),
          (cell, col) => {
            const masked = col >= 0 && grid.masked(row, col);
            write(cell, col < 0 ? rowName(grid, row) : masked ? say('explore.masked') : three(grid.at(view.head, row, col)));
            set(cell, { 'data-key': col < 0 ? null : col, class: masked ? 'masked' : null });
          },
        );
      },
    );
    this.point(scene);
  }

  /** @param {Scene} scene */
  point(scene) {
    const { row, view } = scene;
    const gone = row !== null && ![...this.body.children].some((node) => node.getAttribute('data-row') === String(row));
    if (scene.look.projector && gone && scene.grid.rows.includes(row)) this.draw(scene);
    for (const node of this.body.children) {
      const here = Number(node.getAttribute('data-row')) === row;
      node.classList.toggle('here', here);
      for (const cell of node.children) {
        cell.classList.toggle('strong', here && view.col !== null && cell.getAttribute('data-key') === String(view.col));
      }
    }
  }

  reveal() {
    this.body.querySelector('.here')?.scrollIntoView({ block: 'nearest' });
  }
}

/**
 * On the projector six rows are enough: the one pointed at and those around it.
 * @param {number[]} rows
 * @param {number | null} row
 */
function around(rows, row) {
  const at = row === null ? 0 : Math.max(0, rows.indexOf(row));
  const first = Math.max(0, Math.min(at - 2, rows.length - ON_WALL));
  return rows.slice(first, first + ON_WALL);
}
