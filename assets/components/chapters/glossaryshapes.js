/** Every tensor of this pass in one table: symbol, name, shape, numbers, source, section; each row leads to its place. */

import { el, join, listen, set, write } from '../dom.js';
import { paintMiniature } from '../step/miniature.js';
import { pictureOf } from '../step/stagepicture.js';
import { aligned } from '../step/trailnumbers.js';
import { filterRows, ORDERS, rangeOf, rowsOf, sortRows } from './glossaryrows.js';
import { shapeChoices, spell } from './glossaryquiz.js';
import { drawSymbol } from './glossarysymbol.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./glossaryrows.js').TensorRow} TensorRow */
/** @typedef {{heading: string} | TensorRow} Line a heading of a place, or a tensor */

const MINIATURE = { width: 76, height: 32 };
const ROOMY = 1000; // pixels; below, the source stands in the tooltip of the name alone
const COLUMNS = ['picture', 'symbol', 'tensor', 'shape', 'numbers', 'source', 'section'];

export class ShapesView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.search = el('input', { type: 'search', 'data-part': 'search', autocomplete: 'off', spellcheck: 'false', oninput: () => desk.set('find', this.search.value) });
    this.place = el('select', { 'data-part': 'place', onchange: () => desk.set('place', this.place.value) });
    this.order = el('select', { 'data-part': 'order', onchange: () => desk.set('order', this.order.value) });
    this.quiz = el('button', { type: 'button', class: 'chip', 'data-part': 'quiz', onclick: () => this.toggleQuiz() });
    this.score = el('span', { class: 'glossary-score', role: 'status', 'data-part': 'score' });
    this.count = el('span', { class: 'quiet' });
    const bar = el('div', { class: 'glossary-bar' }, this.search, this.place, this.order, this.quiz, this.score, this.count);
    this.headings = el('tr');
    this.body = el('tbody');
    this.grid = el('table', { class: 'glossary-table', 'data-part': 'tensors' }, el('thead', {}, this.headings), this.body);
    this.frame = el('div', { class: 'glossary-frame', tabindex: 0 }, this.grid);
    this.node = el('div', { class: 'glossary-shapes' }, bar, this.frame);
    /** @type {Map<string, number>} */
    this.guessed = new Map();
    /** @type {TensorRow[]} */
    this.rows = [];
    listen(this.body, 'click', '[data-go]', (part) => this.go(part.getAttribute('data-go') ?? ''));
    listen(this.body, 'click', '[data-guess]', (part) => this.guess(part.getAttribute('data-of') ?? '', Number(part.dataset.guess)));
  }

  /** @param {string} name */
  go(name) {
    const row = this.rows.find((one) => one.name === name);
    if (row) this.desk.go(row.page, row.link);
  }

  toggleQuiz() {
    this.guessed.clear();
    this.desk.set('quiz', this.desk.option('quiz', '') ? '' : '1');
  }

  /**
   * @param {string} name
   * @param {number} choice
   */
  guess(name, choice) {
    if (this.guessed.has(name)) return;
    this.guessed.set(name, choice);
    if (this.scene) this.draw(this.scene);
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say } = scene;
    if (this.scene?.pass !== scene.pass) this.guessed.clear();
    this.scene = scene;
    this.rows = rowsOf(scene);
    this.drawBar(scene);
    join(this.headings, COLUMNS, () => el('th', { scope: 'col' }), (node, name) => write(node, say('glossary.column.' + name)));
    join(this.body, this.lines(), () => el('tr'), (tr, line) => this.drawLine(scene, tr, line));
  }

  /** What is shown: filtered, sorted, and in the order of the pass under the headings of the places. @returns {Line[]} */
  lines() {
    const { desk, rows } = this;
    const order = desk.option('order', 'pass');
    const groups = new Set(rows.map(({ group }) => group));
    const group = desk.option('place', '');
    const shown = sortRows(filterRows(rows, desk.option('find', ''), groups.has(group) ? group : ''), order);
    if (order !== 'pass') return shown;
    return shown.flatMap((row, i) => (row.group === shown[i - 1]?.group ? [row] : [{ heading: row.group }, row]));
  }

  /** @param {StepScene} scene */
  drawBar({ say, look }) {
    const { desk, rows } = this;
    const find = desk.option('find', '');
    if (this.search.value !== find) this.search.value = find;
    set(this.search, { placeholder: say('glossary.search'), 'aria-label': say('glossary.search') });
    const groups = [...new Set(rows.map(({ group }) => group))];
    options(this.place, [['', say('glossary.everywhere')], ...groups.map((group) => /** @type {[string, string]} */ ([group, group]))], desk.option('place', ''), say('glossary.place'));
    options(this.order, ORDERS.map((order) => [order, say('glossary.order.' + order)]), desk.option('order', 'pass'), say('glossary.sort'));
    const quiz = desk.option('quiz', '') !== '';
    write(this.quiz, say('glossary.quiz'));
    set(this.quiz, { 'aria-pressed': String(quiz) });
    const right = [...this.guessed].filter(([name, choice]) => this.choicesOf(name)?.right === choice).length;
    write(this.score, quiz && this.guessed.size ? say('glossary.score', { right, n: this.guessed.size }) : '');
    set(this.grid, { 'data-quiz': quiz ? 'true' : null, 'data-narrow': look.width < ROOMY ? 'true' : null });
    const shown = this.lines().filter((line) => !('heading' in line)).length;
    write(this.count, say('glossary.count', { shown, n: rows.length }));
  }

  /** @param {string} name */
  choicesOf(name) {
    const row = this.rows.find((one) => one.name === name);
    return row && this.scene ? shapeChoices(row, sizesOf(this.scene)) : null;
  }

  /**
   * @param {StepScene} scene
   * @param {HTMLElement} tr
   * @param {Line} line
   */
  drawLine(scene, tr, line) {
    const heading = 'heading' in line;
    if (tr.dataset.kind !== (heading ? 'heading' : 'tensor')) tr.replaceChildren(...(heading ? [el('th', { scope: 'colgroup' })] : tensorCells()));
    set(tr, { 'data-kind': heading ? 'heading' : 'tensor', 'data-name': heading ? null : line.name });
    if (heading) {
      write(tr.children[0], line.heading);
      set(tr.children[0], { colspan: COLUMNS.length - (scene.look.projector ? 2 : scene.look.width < ROOMY ? 1 : 0) });
    } else this.drawTensor(scene, tr, line);
  }

  /**
   * @param {StepScene} scene
   * @param {HTMLElement} tr
   * @param {TensorRow} row
   */
  drawTensor(scene, tr, row) {
    const { pass, palette, places, say } = scene;
    const [picture, symbol, tensor, shape, numbers, source, section] = /** @type {HTMLElement[]} */ ([...tr.children]);
    const place = row.place ?? places[places.length - 1];
    paintMiniature(/** @type {HTMLCanvasElement} */ (picture.firstElementChild), pictureOf(pass, place, row.name, 0), palette, MINIATURE.width, MINIATURE.height);
    set(picture, { title: row.axes[0] === 'head' ? say('glossary.first_head') : null });
    drawSymbol(/** @type {HTMLElement} */ (symbol.firstElementChild), row.symbol);
    const button = /** @type {HTMLElement} */ (tensor.firstElementChild);
    write(button, row.name);
    set(button, { 'data-go': row.name, title: say('glossary.go', { place: row.group }) + (row.source ? `\n${row.source.file}:${row.source.line}` : '') });
    this.drawShape(scene, shape, row);
    const range = rangeOf(pass, row.name);
    write(numbers.children[0], `${aligned(range.min, 3)} … ${aligned(range.max, 3)}`);
    write(numbers.children[1], say(range.closed ? 'glossary.mean_closed' : 'glossary.mean', { mean: aligned(range.mean, 3), closed: range.closed }));
    const { source: from } = row;
    write(source.children[0], from ? `${from.file.split('/').at(-1)}:${from.line}` : '');
    set(source, { title: from ? `${from.file}, ${from.function}\n${(from.code[from.line - from.first] ?? '').trim()}` : null });
    write(section.children[0], row.section);
  }

  /**
   * The shape, or three to choose from.
   * @param {StepScene} scene
   * @param {HTMLElement} cell
   * @param {TensorRow} row
   */
  drawShape({ say }, cell, row) {
    const quiz = this.desk.option('quiz', '') !== '';
    const chosen = this.guessed.get(row.name);
    const open = !quiz || chosen !== undefined;
    const asked = quiz ? shapeChoices(row, this.scene ? sizesOf(this.scene) : []) : null;
    const mark = asked && chosen !== undefined ? (chosen === asked.right ? ' ✓' : ' ✗ ' + asked.choices[chosen]) : '';
    write(cell.children[0], open ? spell(row.shape) + mark : '');
    write(cell.children[1], open ? row.axisWords.join(' × ') : '');
    set(cell, { 'data-quiz': open ? null : 'true' });
    join(
      cell.children[2],
      open || !asked ? [] : asked.choices,
      () => el('button', { type: 'button' }),
      (node, text, i) => {
        write(node, text);
        set(node, { 'data-guess': i, 'data-of': row.name, 'aria-label': say('glossary.guess', { name: row.name, shape: text }) });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const { say, pass } = scene;
    this.rows = rowsOf(scene);
    const rows = this.rows.map((row) => {
      const { min, max, mean } = rangeOf(pass, row.name);
      const from = row.source ? `${row.source.file}:${row.source.line}` : '';
      return { name: row.name, cells: [row.symbol, spell(row.shape), row.axisWords.join(' × '), aligned(min, 3), aligned(max, 3), aligned(mean, 3), from, row.section] };
    });
    const columns = ['symbol', 'shape', 'axes', 'min', 'max', 'mean', 'source', 'section'].map((name) => say('glossary.column.' + name));
    return { caption: say('glossary.caption'), columns, rows };
  }
}

function tensorCells() {
  return [
    el('td', { class: 'picture' }, el('canvas', { 'aria-hidden': 'true' })),
    el('td', { class: 'symbol' }, el('span')),
    el('th', { scope: 'row' }, el('button', { type: 'button', class: 'num' })),
    el('td', { class: 'shape' }, el('b', { class: 'num' }), el('span', { class: 'quiet' }), el('span', { class: 'shape-choices' })),
    el('td', { class: 'numbers' }, el('span', { class: 'num' }), el('span', { class: 'quiet' })),
    el('td', { class: 'source' }, el('span', { class: 'num' })),
    el('td', { class: 'section' }, el('span', { class: 'num' })),
  ];
}

/** The sizes that a shape of this pass could be made of. @param {StepScene} scene */
function sizesOf({ model, words }) {
  return [words.src.length, words.tgtIn.length, model.d_k, model.d_model, model.d_ff, model.n_heads];
}

/**
 * @param {HTMLSelectElement} select
 * @param {[string, string][] | string[][]} all value and text
 * @param {string} chosen
 * @param {string} label
 */
function options(select, all, chosen, label) {
  join(select, all, () => el('option'), (node, [value, text]) => {
    write(node, text);
    set(node, { value });
  });
  const known = all.some(([value]) => value === chosen) ? chosen : all[0][0];
  if (select.value !== known) select.value = known;
  set(select, { 'aria-label': label });
}
