/** How a text was read: encoding, columns, its first lines, and which lines were left out and why. */

import { el, join, listen, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { drawChoice } from './choice.js';

/** @typedef {import('./pairsdata.js').PairsData} PairsData */
/** @typedef {import('./pairsdata.js').TextState} TextState */
/** @typedef {import('./pairsdata.js').Choice} Choice */
/** @typedef {import('../strings.js').Words} Words */

const DELIMITERS = ['tab', 'comma', 'semicolon', 'bars', 'bar', 'arrow', 'equals', 'lines'];
/** @type {Choice[]} */
const CHOICES = ['encoding', 'delimiter', 'header', 'src', 'tgt', 'longest'];
const LONGEST = [50, 100, 200, 300, 400];
const MOST_COLUMNS = 5;

export class PairsReading {
  /** @param {PairsData} data */
  constructor(data) {
    this.choices = el('div', { class: 'pairs-choices' });
    this.title = el('h3');
    this.head = el('tr');
    this.body = el('tbody');
    this.table = el('table', {}, el('thead', {}, this.head), this.body);
    this.lines = el('p', { class: 'strong', 'data-part': 'lines' });
    this.skipped = el('ul', { 'data-part': 'skipped' });
    this.download = el('a', { download: 'pairs.csv' });
    this.remove = el('button', { type: 'button', class: 'chip', 'data-part': 'delete', onclick: () => void data.remove() });
    const end = el('p', { class: 'pairs-end' }, this.download, this.remove);
    this.node = el('div', { class: 'pairs-reading' }, this.choices, this.title, el('div', { class: 'pairs-table', tabindex: 0 }, this.table), this.lines, this.skipped, end);
    listen(this.choices, 'change', '[data-choice]', (part) => {
      const { value } = /** @type {HTMLSelectElement} */ (part);
      const name = /** @type {Choice} */ (part.dataset.choice);
      data.choose(name, valueOf(name, value));
    });
  }

  /**
   * @param {TextState} text
   * @param {Words} words
   */
  draw(text, words) {
    const { say } = words;
    join(
      this.choices,
      CHOICES,
      () => el('div', {}),
      (node, name) => drawChoice(node, name, say(`corpus.label.${name}`), optionsOf(name, text, words), currentOf(name, text)),
    );
    write(this.title, say('corpus.found_rows'));
    this.drawTable(text, words);
    this.drawReport(text, words);
    write(this.download, text.ready ? say('corpus.download') : '');
    set(this.download, { href: `/lab/texts/${text.id}/pairs.csv`, title: say('corpus.download_note') });
    write(this.remove, say('corpus.delete'));
  }

  /**
   * @param {TextState} text
   * @param {Words} words
   */
  drawTable({ look }, { say }) {
    const columns = Math.min(MOST_COLUMNS, Math.max(2, ...look.rows.map(({ cells }) => cells.length), look.src + 1, look.tgt + 1));
    const nth = Array.from({ length: columns }, (_, i) => i);
    const role = (/** @type {number} */ at) => (at === look.src ? 'src' : at === look.tgt ? 'tgt' : null);
    join(
      this.head,
      [-1, ...nth],
      () => el('th', { scope: 'col' }),
      (cell, at) => {
        const side = role(at);
        write(cell, at < 0 ? say('corpus.label.line') : side ? say(`corpus.side.${side}`) : say('corpus.label.column', { n: at + 1 }));
        set(cell, { 'data-role': side });
      },
    );
    join(
      this.body,
      look.rows,
      () => el('tr'),
      (row, { line, cells }, at) => {
        set(row, { 'data-header': look.header && at === 0 ? '' : null });
        join(
          row,
          [-1, ...nth],
          (i) => (i < 0 ? el('th', { scope: 'row', class: 'num' }) : el('td', { class: 'word' })),
          (cell, i) => {
            const shown = i < 0 ? String(line) : cells[i] ? literal(cells[i]) : '';
            write(cell, shown);
            set(cell, { 'data-role': role(i), title: i < 0 ? null : shown });
          },
        );
      },
    );
  }

  /**
   * @param {TextState} text
   * @param {Words} words
   */
  drawReport({ report, choices, limits }, { say }) {
    const skipped = report?.skipped ?? [];
    const lost = skipped.reduce((sum, { lines }) => sum + lines, 0);
    const values = { lines: report?.lines ?? 0, kept_lines: report?.kept_lines ?? 0, skipped: lost };
    write(this.lines, report ? say(report.header ? 'corpus.lines_header' : 'corpus.lines', values) : '');
    join(
      this.skipped,
      skipped,
      () => el('li', {}, el('span'), el('span', { class: 'quiet' })),
      (node, { reason, lines, pairs, first }) => {
        write(node.children[0], say(`corpus.reason.${reason}`, { lines, n: pairs, longest: choices.longest ?? limits.longest[1] }));
        write(node.children[1], say(lines > first.length ? 'corpus.at_lines_more' : 'corpus.at_lines', { numbers: first.join(', ') }));
      },
    );
  }
}

/**
 * @param {Choice} name
 * @param {TextState} text
 * @param {Words} words
 * @returns {[string, string][]}
 */
function optionsOf(name, { look, limits, choices }, { say, has }) {
  const encoding = (/** @type {string} */ one) => (has(`corpus.encoding.${one}`) ? say(`corpus.encoding.${one}`) : one);
  const found = (/** @type {string} */ one) => (one === look.encoding && choices.encoding === null ? say('corpus.encoding.found', { name: encoding(one) }) : encoding(one));
  if (name === 'encoding') return [...new Set([look.encoding, ...look.encodings])].map((one) => [one, found(one)]);
  if (name === 'delimiter') return DELIMITERS.map((one) => [one, say(`corpus.delimiter.${one}`)]);
  if (name === 'header') return [true, false].map((one) => [String(one), say(one ? 'train.yes' : 'train.no')]);
  if (name === 'longest') {
    const [low, , high] = limits.longest;
    return LONGEST.filter((n) => n >= low && n <= high).map((n) => [String(n), String(n)]);
  }
  const columns = Math.max(2, look.names.length, look.src + 1, look.tgt + 1, ...look.rows.map(({ cells }) => cells.length));
  return Array.from({ length: columns }, (_, at) => [String(at), look.names[at] ? say('corpus.label.column_named', { n: at + 1, name: literal(look.names[at]) }) : say('corpus.label.column', { n: at + 1 })]);
}

/**
 * @param {Choice} name
 * @param {TextState} text
 */
function currentOf(name, { look, choices, limits }) {
  if (name === 'longest') return String(choices.longest ?? limits.longest[1]);
  return String(look[/** @type {'encoding' | 'delimiter' | 'header' | 'src' | 'tgt'} */ (name)]);
}

/**
 * @param {Choice} name
 * @param {string} value
 */
function valueOf(name, value) {
  if (name === 'header') return value === 'true';
  return name === 'encoding' || name === 'delimiter' ? value : Number(value);
}
