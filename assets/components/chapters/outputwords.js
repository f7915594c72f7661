/** From logits to words: the most probable ones of a row, each number on the way, and how little all others get. */

import { clamp, el, join, put, set, write } from '../dom.js';
import { percent } from '../format.js';
import { Curves } from '../step/curves.js';
import { aligned } from '../step/trailnumbers.js';
import { best, rankOf, softmaxSteps } from './outputmath.js';
import { positive, ROOMY, Slider } from './outputparts.js';
import { logitsOf, RowList, rowKeys, rowOf } from './outputrows.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{rank: number, word: string, full: string, logit: number, exp: number, p: number, written: boolean}} Candidate */
/**
 * @typedef {object} Ranking one row of logits, best words first
 * @property {Candidate[]} shown the first k; behind them the written word, should it not be among them
 * @property {{count: number, exp: number, p: number}} others
 * @property {import('./outputmath.js').Softmax} steps
 * @property {number} words how many the vocabulary has
 */

const [FEWEST, USUAL, MOST, ON_WALL] = [1, 8, 15, 5];
const DIGITS = 6; // of exp and of p: what is shown adds up to what is shown
// Pixels: what stands above the sorted logits, a row of the table, the least height of that picture, what is left of it.
const [ABOVE, ROW, LEAST, LEFT] = [188, 26, 120, 304];
const POINTS = 600

export class WordsView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.rows = new RowList(desk);
    this.title = el('h3');
    this.formula = el('p', { class: 'output-formula' });
    this.slider = new Slider('top-k', (k) => desk.set('k', String(k)));
    this.headings = el('tr');
    this.body = el('tbody');
    this.sums = el('tfoot');
    this.grid = el('table', { class: 'output-words', 'data-part': 'words' }, el('thead', {}, this.headings), this.body, this.sums);
    this.code = el('code', { class: 'output-code' });
    this.about = el('p', { class: 'quiet' });
    this.curves = new Curves();
    const head = el('div', { class: 'output-head' }, this.title, this.slider.node);
    this.node = el('div', { class: 'output-page' }, this.rows.node, el('div', { class: 'output-main' }, head, this.formula, this.grid, this.code, this.about, this.curves.node));
  }

  keys() {
    return rowKeys(this.desk);
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say, sentence } = scene;
    const row = rowOf(scene);
    const most = Math.min(scene.look.projector ? ON_WALL : MOST, scene.model.tgt_vocab_size);
    const k = clamp(Math.round(Number(this.desk.option('k', String(USUAL)))) || USUAL, FEWEST, most);
    const ranking = rankingOf(scene, row, k);
    this.rows.draw(scene, say('output.words.p'), (at) => ({ text: percent(sentence.p[at]), share: sentence.p[at] }));
    put(this.title, titleOf(scene, row));
    this.slider.draw(say('output.words.k'), { min: FEWEST, max: most, step: 1, value: k });
    drawFormula(this.formula);
    this.drawTable(scene, ranking);
    write(this.code, `p = logits[${row}].softmax(dim=-1)`);
    write(this.about, say('output.words.about', { n: ranking.words }));
    this.drawSorted(scene, row, ranking);
  }

  /**
   * @param {StepScene} scene
   * @param {Ranking} ranking
   */
  drawTable({ say, look }, { shown, others, steps, words }) {
    const narrow = !look.projector && look.width < ROOMY;
    set(this.node, { 'data-narrow': narrow ? 'true' : null });
    const [max, sum] = [aligned(steps.max, 4), aligned(steps.sum, DIGITS)];
    const heads = ['', say('output.words.word'), 'z', narrow ? 'exp(z − max)' : `exp(z ${steps.max < 0 ? '+' : '−'} ${max.replace('−', '')})`, `÷ ${sum}`, '', 'p'];
    join(this.headings, heads, () => el('th', { scope: 'col' }), write);
    join(this.body, shown, candidateRow, (node, one) => {
      set(node, { class: one.written ? 'written' : null, 'data-rank': one.rank, 'data-gap': one.rank > shown.indexOf(one) + 1 ? 'true' : null });
      fillRow(node, [String(one.rank), one.word, aligned(one.logit, 4), positive(one.exp, DIGITS), positive(one.p, DIGITS), one.p, percent(one.p)]);
      set(node.children[1], { title: one.written ? say('output.words.written_long', { word: one.full }) : one.full, 'data-written': one.written ? say('output.words.written') : null });
    });
    const rest = say('output.words.others', { n: others.count });
    const all = say('output.words.all', { n: words });
    const rows = [
      ['', rest, '', positive(others.exp, DIGITS), positive(others.p, DIGITS), others.p, percent(others.p)],
      ['', all, '', sum, aligned(shown.reduce((total, { p }) => total + p, others.p), DIGITS), -1, ''],
    ];
    join(this.sums, rows, candidateRow, (node, cells, i) => {
      set(node, { class: i ? 'total' : 'rest', hidden: !i && !others.count ? '' : null });
      fillRow(node, cells);
    });
  }

  /**
   * All logits of the row, sorted, where the box has room for them: one line, however many words there are.
   * @param {StepScene} scene
   * @param {number} row
   * @param {Ranking} ranking
   */
  drawSorted(scene, row, ranking) {
    const { say, look, palette } = scene;
    const height = look.height - ABOVE - ROW * (ranking.shown.length + 3);
    const fits = height >= LEAST && !look.projector;
    this.curves.node.hidden = !fits;
    if (!fits) return;
    const sorted = Float32Array.from(logitsOf(scene, row)).sort().reverse();
    const step = Math.max(1, Math.ceil(sorted.length / POINTS));
    /** @type {[number, number][]} */
    const points = [];
    for (let i = 0; i < sorted.length; i += step) points.push([i + 1, sorted[i]]);
    const line = { name: say('output.words.sorted', { n: ranking.words }), colour: palette.scores, points, dots: points.slice(0, 1) };
    const x = { label: say('output.words.rank'), min: 1, max: sorted.length };
    this.curves.draw(scene, { lines: [line], x, y: { label: 'z' }, label: line.name }, { width: look.width - (look.width < ROOMY ? LEFT - 70 : LEFT), height });
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const row = rowOf(scene);
    const { shown, others, steps } = rankingOf(scene, row, Math.min(50, scene.model.tgt_vocab_size));
    const rows = shown.map((one) => ({ name: `${one.rank} ${one.word}`, cells: [aligned(one.logit, 4), positive(one.exp, DIGITS), positive(one.p, DIGITS), percent(one.p)] }));
    if (others.count) rows.push({ name: scene.say('output.words.others', { n: others.count }), cells: ['', positive(others.exp, DIGITS), positive(others.p, DIGITS), percent(others.p)] });
    const columns = ['z', 'exp(z − max)', `÷ ${aligned(steps.sum, DIGITS)}`, 'p'];
    return { caption: plainTitle(scene, row), columns, rows };
  }
}

/**
 * @param {StepScene} scene
 * @param {number} row
 * @param {number} k
 * @returns {Ranking}
 */
export function rankingOf(scene, row, k) {
  const logits = logitsOf(scene, row);
  const steps = softmaxSteps(logits);
  const labels = scene.pass.labels('logits', 1);
  const written = scene.pass.ids.tgt_out[row];
  /** @param {number} id @param {number} rank @returns {Candidate} */
  const candidate = (id, rank) => ({ rank, word: labels[id].text, full: labels[id].full, logit: logits[id], exp: steps.exps[id], p: steps.p[id], written: id === written });
  const ids = best(logits, k);
  const shown = ids.map((id, i) => candidate(id, i + 1));
  if (!ids.includes(written)) shown.push(candidate(written, rankOf(logits, written)));
  const others = { count: logits.length - shown.length, exp: 0, p: 0 };
  steps.p.forEach((p, id) => {
    if (ids.includes(id) || id === written) return;
    others.exp += steps.exps[id];
    others.p += p;
  });
  return { shown, others, steps, words: logits.length };
}

/** @param {StepScene} scene @param {number} row */
function titleOf({ sayWith, words }, row) {
  const word = (/** @type {string} */ text) => el('span', { class: 'word' }, text);
  return sayWith('output.words.title', { reads: word(words.tgtIn[row].text), writes: word(words.tgtOut[row].text) });
}

/** @param {StepScene} scene @param {number} row */
export function plainTitle({ say, words }, row) {
  return say('output.words.title', { reads: words.tgtIn[row].text, writes: words.tgtOut[row].text });
}

/** @param {HTMLElement} node */
function drawFormula(node) {
  if (node.firstChild) return;
  const letter = (/** @type {string} */ text, /** @type {string} */ tone) => el('i', { class: tone }, text);
  put(node, [
    letter('z', 'ink'),
    ' = ',
    letter('x', 'stream'),
    ' ',
    letter('W', 'ink'),
    ' + ',
    letter('b', 'ink'),
    el('span', { class: 'then' }, '→'),
    el('span', { class: 'scores' }, letter('p', 'scores'), ' = softmax'),
    ' (',
    letter('z', 'ink'),
    ') = exp(',
    letter('z', 'ink'),
    ' − max) ÷ Σ exp(',
    letter('z', 'ink'),
    ' − max)',
  ]);
}

function candidateRow() {
  const number = () => el('td', { class: 'num' });
  const bar = el('td', { class: 'bar-cell' }, el('i', { class: 'bar' }, el('i')));
  return el('tr', {}, number(), el('th', { scope: 'row', class: 'word', dir: 'auto' }), number(), number(), number(), bar, number());
}

/**
 * @param {HTMLElement} node
 * @param {(string | number)[]} cells a number is a bar, below 0 there is none
 */
function fillRow(node, cells) {
  cells.forEach((cell, i) => {
    if (typeof cell === 'string') return write(node.children[i], cell);
    const bar = node.children[i].children[0];
    set(bar, { hidden: cell < 0 ? '' : null });
    set(bar.children[0], { style: `width:${(100 * clamp(cell, 0, 1)).toFixed(2)}%` });
  });
}
