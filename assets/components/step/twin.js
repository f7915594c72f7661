/** The table twin of whatever a view shows: the same numbers as text, in the same box. */

import { el, join, set, write } from '../dom.js';

/** @typedef {{caption: string, columns: string[], rows: {name: string, cells: string[]}[]}} TableTwin */

const MOST_ROWS = 200;

export class Twin {
  constructor() {
    this.caption = el('caption');
    this.head = el('tr');
    this.body = el('tbody');
    this.more = el('p', { class: 'quiet' });
    const table = el('table', {}, this.caption, el('thead', {}, this.head), this.body);
    this.node = el('div', { class: 'twin', 'data-part': 'twin', hidden: '', tabindex: 0 }, table, this.more);
  }

  /**
   * @param {import('./desk.js').StepScene} scene
   * @param {TableTwin} twin
   */
  draw({ say }, { caption, columns, rows }) {
    write(this.caption, caption);
    join(this.head, ['', ...columns], () => el('th', { scope: 'col' }), write);
    const shown = rows.slice(0, MOST_ROWS);
    join(
      this.body,
      shown,
      () => el('tr'),
      (tr, { name, cells }) =>
        join(
          tr,
          [name, ...cells],
          (_, i) => (i ? el('td', { class: 'num' }) : el('th', { scope: 'row', class: 'word' })),
          (node, text) => write(node, text),
        ),
    );
    write(this.more, rows.length > shown.length ? say('step.rows', { first: 1, last: shown.length, all: rows.length }) : '');
    set(this.node, { 'aria-label': caption });
  }
}
