/** Layer norm, word by word and number by number, and batch norm beside it: what each compares a number with. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { BarChart, LabelledStrip } from './encoderbars.js';
import { batchNorm, layerNorm, momentsOf, normsOf, rowOf, shiftsOf } from './encodermath.js';
import { Choice, followed, largest, Menu, num, Pager, rowLabels, showPanes, sideWidth, stepRow, sublayerName, tiny, windowOf } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./encodermath.js').Side} Side */
/** @typedef {import('./encodermath.js').Norm} Norm */
/** @typedef {import('./encodermath.js').Normed} Normed */
/**
 * @typedef {object} Case everything about one norm and one word
 * @property {Norm} norm
 * @property {number} row
 * @property {import('../tokens.js').Label[]} labels
 * @property {Float32Array[]} rows what enters the norm, per word
 * @property {ArrayLike<number>} gamma
 * @property {ArrayLike<number>} beta
 * @property {boolean} batch is batch norm looked at?
 * @property {number | null} without the word that is left out of the statistics
 * @property {Normed} normed the word as the norm at hand makes it
 */

const PANES = ['numbers', 'words'];
const [FEATURES, WORDS] = [64, 510]; // bars in a window; px of the column of words

export class NormView {
  /**
   * @param {Desk} desk
   * @param {Side} side
   */
  constructor(desk, side) {
    this.desk = desk;
    this.side = side;
    this.which = new Menu('norm', (value) => desk.set('norm', value));
    this.kind = new Choice('kind', (value) => desk.set('kind', value));
    this.pane = new Choice('pane', (value) => desk.set('pane', value));
    this.pager = new Pager('features', (feature) => desk.set('feature', String(feature)));
    this.about = el('p', { class: 'about' });
    this.charts = ['x', 'unit', 'after'].map((name) => new BarChart(name, (feature) => desk.set('feature', String(feature))));
    this.gamma = new LabelledStrip('γ');
    this.beta = new LabelledStrip('β');
    this.sum = el('div', { class: 'sum-line' });
    this.check = el('p', { class: 'quiet' });
    this.numbers = el('div', { class: 'pane-numbers' }, this.about, this.charts[0].node, this.charts[1].node, this.gamma.node, this.beta.node, this.charts[2].node, this.sum, this.check);
    this.title = el('h3');
    this.head = el('tr');
    this.body = el('tbody');
    this.alone = el('p', { class: 'alone' });
    const table = el('table', { class: 'words' }, el('thead', {}, this.head), this.body);
    this.words = el('div', { class: 'pane-words right' }, this.title, el('div', { class: 'words-box', tabindex: 0 }, table), this.alone);
    const line = el('div', { class: 'line' }, this.which.node, this.kind.node, this.pane.node, this.pager.node);
    this.none = el('p', { class: 'gone', 'data-part': 'no_norm' });
    this.node = el('div', { class: 'layers layers-norm', 'data-view': 'norm' }, this.none, line, el('div', { class: 'two' }, this.numbers, this.words));
    listen(this.body, 'click', '[data-leave]', (part) => this.leaveOut(numberOf(part, 'leave')));
    listen(this.body, 'click', '[data-follow]', (part) => desk.change((view) => ({ ...view, row: { ...view.row, [side]: numberOf(part, 'follow') } })));
  }

  keys() {
    return [stepRow(this.desk, this.side)];
  }

  /**
   * Leave a word out of the statistics; the same word again brings it back.
   * @param {number} row
   */
  leaveOut(row) {
    const same = this.desk.option('without', '') === String(row);
    this.desk.change((view) => ({ ...view, options: { ...view.options, without: same ? '' : String(row), kind: 'batch' } }));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { pass, say, look } = scene;
    this.node.style.setProperty('--right', `${sideWidth(scene, WORDS)}px`);
    const norms = normsOf(pass, this.side);
    const name = this.desk.option('norm', (norms.find(({ at }) => at === scene.place.name) ?? norms[0])?.name ?? '');
    const norm = norms.find((one) => one.name === name) ?? norms[0];
    this.node.classList.toggle('none', !norm);
    write(this.none, norm ? '' : say('bugs.no_norm'));
    if (!norm) return;
    const batch = this.desk.option('kind', 'layer') === 'batch';
    this.which.draw(norms.map((one) => ({ value: one.name, text: sublayerName(scene, one) })), norm.name, say('encoder.norm.which'));
    this.kind.draw(['layer', 'batch'].map((value) => ({ value, text: say('encoder.norm.' + value), title: say(`encoder.norm.${value}_long`) })), batch ? 'batch' : 'layer', say('encoder.norm.kind'));
    const pane = this.desk.option('pane', 'numbers') === 'words' ? 'words' : 'numbers';
    this.pane.node.hidden = !look.projector;
    this.pane.draw(PANES.map((value) => ({ value, text: say('encoder.norm.pane_' + value) })), pane, say('encoder.pane.label'));
    showPanes(scene, { numbers: this.numbers, words: this.words }, pane);
    const parameters = scene.parameters(norm.at);
    const gamma = parameters?.get(norm.weights + '.weight')?.values;
    const beta = parameters?.get(norm.weights + '.bias')?.values;
    this.node.classList.toggle('waiting', !gamma);
    if (!gamma || !beta) return; // they are on their way; the view is drawn again when they are here
    const now = this.caseOf(scene, norm, gamma, beta, batch);
    this.drawNumbers(scene, now);
    this.drawWords(scene, now);
  }

  /**
   * @param {Scene} scene
   * @param {Norm} norm
   * @param {Float32Array} gamma
   * @param {Float32Array} beta
   * @param {boolean} batch
   * @returns {Case}
   */
  caseOf(scene, norm, gamma, beta, batch) {
    const labels = rowLabels(scene, this.side);
    const row = followed(scene, this.side, labels.length);
    const rows = labels.map((_, i) => rowOf(scene.pass, norm.before, i));
    const left = this.desk.option('without', '');
    const without = batch && /^\d{1,5}$/.test(left) && Number(left) < rows.length && Number(left) !== row ? Number(left) : null;
    const eps = scene.model.layer_norm_eps;
    const normed = batch ? batchNorm(rows[row], rows.filter((_, i) => i !== without), gamma, beta, eps) : layerNorm(rows[row], gamma, beta, eps);
    return { norm, row, labels, rows, gamma, beta, batch, without, normed };
  }

  /**
   * The word followed: its numbers before, compared, and after gamma and beta; one feature is written out.
   * @param {Scene} scene
   * @param {Case} now
   */
  drawNumbers(scene, now) {
    const { say, sayWith, look, palette, pass, model } = scene;
    const { row, labels, rows, normed, batch, without, gamma, beta } = now;
    const n = model.d_model;
    const here = Math.min(n - 1, Math.max(0, Math.round(Number(this.desk.option('feature', '0'))) || 0));
    const seen = windowOf(n, FEATURES, here);
    this.pager.draw(scene, seen, 'encoder.window.features');
    const word = el('span', { class: 'word' }, labels[row].full);
    const key = batch ? (without === null ? 'encoder.norm.about_batch' : 'encoder.norm.about_without') : 'encoder.norm.about_layer';
    this.about.replaceChildren(...sayWith(key, { word, n, words: rows.length - (without === null ? 0 : 1), left: without === null ? '' : el('span', { class: 'word' }, labels[without].full) }));
    const width = look.projector ? look.width - 20 : look.width - sideWidth(scene, WORDS) - 24;
    const height = Math.floor(look.projector ? (look.height - 230) / 2 : (look.height - 264) / 3);
    const sd = normed.variance.map(Math.sqrt);
    const hue = palette.stream;
    const [mean, spread] = [num(normed.mean[here], 3), num(Math.sqrt(normed.variance[here] + model.layer_norm_eps), 3)];
    const titles = [
      say(batch ? 'encoder.norm.chart_x_batch' : 'encoder.norm.chart_x', { mean, variance: num(normed.variance[here], 3) }),
      say('encoder.norm.chart_unit'),
      say('encoder.norm.chart_after'),
    ];
    const values = [rows[row], normed.unit, normed.after];
    const bands = [{ mean: normed.mean, sd }, null, null];
    this.charts.forEach((chart, i) => {
      const all = i === 0 ? [largest(values[i]), largest(normed.mean.map((m, f) => Math.abs(m) + sd[f]))] : [largest(values[i])];
      chart.draw(scene, { title: titles[i], values: values[i], band: bands[i], max: Math.max(...all), hue, here, window: seen }, { width, height });
    });
    this.gamma.draw(scene, gamma, { width, here, window: seen });
    this.beta.draw(scene, beta, { width, here, window: seen });
    const x = rows[row][here];
    this.sum.replaceChildren(
      ...sayWith('encoder.norm.sum', { feature: here }),
      el('span', { class: 'num' }, ` (${num(x, 3)} − ${paren(mean)}) ÷ ${spread} = ${num(normed.unit[here], 3)}   × γ ${num(gamma[here], 3)} + β ${paren(num(beta[here], 3))} = `),
      el('b', { class: 'num' }, num(normed.after[here], 3)),
    );
    const model1 = rowOf(pass, now.norm.name, row);
    const off = Math.max(...normed.after.map((value, i) => Math.abs(value - model1[i])));
    write(this.check, batch ? say('encoder.norm.not_model') : say('encoder.norm.model', { value: num(model1[here], 3), difference: tiny(off), n }));
  }

  /**
   * All words: mean and variance of each, and how far the followed word moves when another is left out of the statistics.
   * @param {Scene} scene
   * @param {Case} now
   */
  drawWords(scene, now) {
    const { say, sayWith, look, model } = scene;
    const { row, labels, rows, gamma, beta, without } = now;
    const word = el('span', { class: 'word' }, labels[row].full);
    this.title.replaceChildren(...sayWith('encoder.norm.words', { word }));
    const shifts = shiftsOf(rows, row, gamma, beta, model.layer_norm_eps);
    const most = Math.max(...shifts, 1e-9);
    const columns = [say('encoder.norm.mean'), say('encoder.norm.variance'), say('encoder.norm.layer_moves'), say('encoder.norm.batch_moves')];
    join(this.head, ['', ...columns], () => el('th', { scope: 'col' }), (node, text) => write(node, text));
    const seen = windowOf(rows.length, look.projector ? 6 : rows.length, row);
    join(
      this.body,
      rows.slice(seen.first, seen.last).map((_, i) => i + seen.first),
      () => el('tr', {}, el('th', { scope: 'row' }, el('button', { type: 'button', class: 'plain word' })), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'num' }, el('div', { class: 'moved' }, el('i', { class: 'level' }), el('span'), el('button', { type: 'button', class: 'leave' })))),
      (tr, i) => {
        const { mean, variance } = momentsOf(rows[i]);
        const [name, m, v, layer, batch] = tr.children;
        const [bar, text, leave] = batch.children[0].children;
        const own = i === row;
        set(tr, { class: own ? 'here' : null });
        set(name.children[0], { 'data-follow': i });
        write(name.children[0], labels[i].text);
        write(m, num(mean, 3));
        write(v, num(variance, 3));
        write(layer, own ? '' : '0');
        write(text, own ? '' : num(shifts[i], 3));
        set(bar, { style: `--value:${own ? 0 : shifts[i] / most}` });
        set(leave, { 'data-leave': i, 'aria-pressed': String(i === without), hidden: own });
        write(leave, say(i === without ? 'encoder.norm.bring_back' : 'encoder.norm.leave_out'));
      },
    );
    const alone = batchNorm(rows[row], [rows[row]], gamma, beta, model.layer_norm_eps);
    this.alone.replaceChildren(...sayWith('encoder.norm.alone', { word: word.cloneNode(true), length: num(Math.sqrt(alone.unit.reduce((sum, value) => sum + value * value, 0)), 1), n: model.d_model }));
  }

  /** @param {Scene} scene */
  table(scene) {
    const { say, pass, model } = scene;
    const norms = normsOf(pass, this.side);
    const labels = rowLabels(scene, this.side);
    const columns = norms.flatMap((norm) => ['encoder.norm.mean', 'encoder.norm.variance'].map((key) => `${sublayerName(scene, norm)}: ${say(key)}`));
    const rows = labels.map((label, i) => ({
      name: label.full,
      cells: norms.flatMap((norm) => {
        const { mean, variance } = momentsOf(rowOf(pass, norm.before, i));
        return [num(mean, 3), num(variance, 3)];
      }),
    }));
    return { caption: say('encoder.norm.caption', { n: model.d_model }), columns, rows };
  }
}

/**
 * A negative number that is added or taken away stands in brackets.
 * @param {string} number
 */
function paren(number) {
  return number.startsWith('−') ? `(${number})` : number;
}
