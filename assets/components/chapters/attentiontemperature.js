/** The temperature of the scores: divide them by T before softmax, and a row turns from hard to soft. T = 1 is the model. */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { short, three } from '../format.js';
import { Heat } from '../step/heat.js';
import { placeName } from '../step/passbar.js';
import { pictureOf } from '../step/stagepicture.js';
import { softmaxAt } from './attentionmath.js';
import { attentionKeys, attentionOf, attentionSpot } from './attentionplace.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */

const [COLDEST, HOTTEST, STEPS] = [-4, 4, 64]; // powers of 2, and notches of the slider between them
const [HEAT, FEW, ON_WALL] = [600, 18, 8];

/** @param {number} notch */
export function temperatureOf(notch) {
  return 2 ** (COLDEST + ((HOTTEST - COLDEST) * notch) / STEPS);
}

const ONE = (STEPS * -COLDEST) / (HOTTEST - COLDEST); // the notch of T = 1

export class Temperature {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Scene | null} */
    this.scene = null;
    this.title = el('h2');
    this.lead = el('p', { class: 'lead' });
    this.slider = el('input', { type: 'range', min: 0, max: STEPS, step: 1, 'data-part': 'temperature' });
    this.value = el('b', { class: 'num value', 'data-part': 'value' });
    this.marks = el('div', { class: 'marks' });
    this.ends = el('div', { class: 'ends' }, el('span'), el('span'));
    this.reset = el('button', { type: 'button', onclick: () => desk.set('temp', String(ONE)) });
    this.said = el('p', { class: 'said-temperature', role: 'status', 'data-part': 'said' });
    this.heat = new Heat({ pick: ({ row }) => this.pick(row) });
    this.rowTitle = el('h3');
    this.head = el('tr');
    this.body = el('tbody');
    this.foot = el('p', { class: 'num foot', 'data-part': 'rowsum' });
    this.node = el(
      'div',
      { class: 'attention-temperature' },
      el('header', {}, this.title, this.lead),
      el('div', { class: 'control' }, el('div', { class: 'scale' }, this.slider, this.marks, this.ends), this.value, this.reset, this.said),
      el('div', { class: 'halves' }, this.heat.node, el('div', { class: 'one' }, this.rowTitle, el('table', { 'data-part': 'exps' }, el('thead', {}, this.head), this.body), this.foot)),
    );
    this.slider.addEventListener('input', () => desk.set('temp', this.slider.value));
    listen(this.body, 'click', '[data-key]', (part) => desk.change((view) => ({ ...view, col: numberOf(part, 'key') })));
  }

  /** @param {Scene} scene */
  spot(scene) {
    return attentionSpot(scene);
  }

  keys() {
    const step = (/** @type {number} */ by) => this.desk.set('temp', String(clamp(this.notch() + by, 0, STEPS)));
    return [...attentionKeys(this.desk, () => this.scene), { keys: ['-', '+'], shown: '− +', help: 'attention.temperature.keys', run: (/** @type {string} */ key) => step(key === '-' ? -4 : 4) }];
  }

  notch() {
    const notch = Number(this.desk.option('temp', String(ONE)));
    return Number.isFinite(notch) ? clamp(Math.round(notch), 0, STEPS) : ONE;
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const { say, pass, view, model } = scene;
    const place = attentionOf(scene);
    const notch = this.notch();
    const temperature = temperatureOf(notch);
    const weights = pictureOf(pass, place, `${place.name}.weights`, view.head);
    const scores = pictureOf(pass, place, `${place.name}.scores.masked`, view.head);
    const rows = weights.rows.map((_, i) => softmaxAt(scores.cols.map((__, j) => scores.at(i, j)), temperature));
    write(this.title, say('attention.temperature.title', { place: placeName(place, say), head: view.head + 1 }));
    write(this.lead, say('attention.temperature.lead'));
    if (this.slider.value !== String(notch)) this.slider.value = String(notch);
    set(this.slider, { 'aria-label': say('attention.temperature.slider'), 'aria-valuetext': `T = ${written(temperature)}` });
    write(this.value, `T = ${written(temperature)}`);
    write(this.reset, 'T = 1');
    set(this.reset, { disabled: notch === ONE || null });
    write(this.ends.children[0], say('attention.temperature.hard'));
    write(this.ends.children[1], say('attention.temperature.soft'));
    this.drawMarks(scene, place.stages.some((stage) => stage.name === 'scaled' && !stage.missing) && model.score === 'scaled_dot');
    const row = clamp(view.row[place.side], 0, rows.length - 1);
    this.drawSaid(scene, notch, rows[row], rows, weights);
    this.drawHeat(scene, weights, rows, row);
    this.drawRow(scene, scores, weights, rows[row], row);
  }

  /**
   * Two temperatures have names: the model's own, and the one that undoes its division.
   * @param {Scene} scene
   * @param {boolean} divided
   */
  drawMarks({ say, model }, divided) {
    const marks = [{ t: 1, text: say('attention.temperature.model') }];
    const bare = 1 / Math.sqrt(model.d_k);
    if (divided && Math.log2(bare) >= COLDEST) marks.unshift({ t: bare, text: say('attention.temperature.bare', { d_k: model.d_k }) });
    join(
      this.marks,
      marks,
      () => el('span'),
      (node, { t, text }) => {
        write(node, text);
        set(node, { style: `left:${((Math.log2(t) - COLDEST) / (HOTTEST - COLDEST)) * 100}%` });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {number} notch
   * @param {ReturnType<typeof softmaxAt>} row
   * @param {ReturnType<typeof softmaxAt>[]} rows
   * @param {import('../step/stagepicture.js').StagePicture} weights
   */
  drawSaid({ say }, notch, row, rows, weights) {
    const difference = rows.reduce((most, { weights: made }, i) => made.reduce((high, weight, j) => Math.max(high, Math.abs(weight - weights.at(i, j))), most), 0);
    const own = say('attention.temperature.own', { difference: difference < 1e-4 ? '10⁻⁵' : difference.toFixed(4) });
    const open = row.weights.filter((_, j) => row.scaled[j] !== -Infinity).length;
    write(this.said, notch === ONE ? own : say('attention.temperature.other', { largest: Math.max(...row.weights).toFixed(3), entropy: row.entropy.toFixed(2), most: Math.log2(open).toFixed(2) }));
    set(this.said, { 'data-difference': notch === ONE ? difference : null });
  }

  /**
   * @param {Scene} scene
   * @param {import('../step/stagepicture.js').StagePicture} weights
   * @param {ReturnType<typeof softmaxAt>[]} rows
   * @param {number} row
   */
  drawHeat(scene, weights, rows, row) {
    const { look, say, view } = scene;
    const data = {
      ...weights,
      axes: { rows: say(weights.axes.rows), cols: say(weights.axes.cols) },
      at: (/** @type {number} */ i, /** @type {number} */ j) => rows[i].weights[j],
      rowMark: /** @type {const} */ ('dashed'),
      label: say('attention.temperature.title', { place: '', head: view.head + 1 }),
    };
    const width = look.projector ? Math.floor(look.width * 0.52) : Math.min(HEAT, look.width - (look.width < 1000 ? 400 : 500));
    this.heat.draw(scene, data, { width, height: look.height - (look.projector ? 190 : 152) }, { row, col: clamp(view.col, 0, weights.cols.length - 1) });
  }

  /**
   * The row as softmax makes it: each key's score over T, its exponential, its weight; the outline is the model's own.
   * @param {Scene} scene
   * @param {import('../step/stagepicture.js').StagePicture} scores
   * @param {import('../step/stagepicture.js').StagePicture} weights
   * @param {ReturnType<typeof softmaxAt>} made
   * @param {number} row
   */
  drawRow({ say, look, view }, scores, weights, made, row) {
    const largest = made.scaled.reduce((high, score) => Math.max(high, score), -Infinity);
    write(this.rowTitle, say('attention.temperature.row', { row: weights.rows[row].full }));
    join(this.head, [say('walk.row.key'), say('attention.temperature.score'), say('attention.temperature.over'), `exp(· − ${three(largest)})`, `÷ ${three(made.sum)}`, ''], () => el('th'), write);
    const open = made.weights.map((_, j) => j).filter((j) => !weights.masked?.(row, j));
    const most = look.projector ? ON_WALL : FEW;
    const byWeight = [...open].sort((a, b) => made.weights[b] - made.weights[a]);
    const shown = open.length <= most ? open : byWeight.slice(0, most).sort((a, b) => a - b);
    join(
      this.body,
      shown,
      () => el('tr', {}, el('th', { class: 'word', scope: 'row' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'num weight' }), el('td', { class: 'bars' }, el('i', { class: 'own' }), el('i'))),
      (node, j) => {
        set(node, { 'data-key': j, class: j === view.col ? 'at' : null });
        const texts = [weights.cols[j].text, three(scores.at(row, j)), three(made.scaled[j]), made.exps[j].toFixed(4), three(made.weights[j])];
        texts.forEach((text, i) => write(node.children[i], text));
        const [own, now] = node.children[5].children;
        set(own, { style: `width:${(weights.at(row, j) * 100).toFixed(2)}%`, title: short(weights.at(row, j)) });
        set(now, { style: `width:${(made.weights[j] * 100).toFixed(2)}%` });
      },
    );
    const rest = open.length - shown.length;
    const sum = made.weights.reduce((total, weight) => total + weight, 0);
    write(this.foot, say('attention.temperature.foot', { exps: made.sum.toFixed(4), sum: sum.toFixed(6) }) + (rest ? ` ${say('attention.temperature.rest', { n: rest })}` : ''));
  }

  /** @param {number} row */
  pick(row) {
    const { scene } = this;
    if (!scene) return;
    const { side } = attentionOf(scene);
    this.desk.change((view) => ({ ...view, row: { ...view.row, [side]: row } }));
  }

  /**
   * @param {Scene} scene
   */
  table(scene) {
    const { pass, view, say } = scene;
    const place = attentionOf(scene);
    const weights = pictureOf(pass, place, `${place.name}.weights`, view.head);
    const scores = pictureOf(pass, place, `${place.name}.scores.masked`, view.head);
    const made = scores.rows.map((_, i) => softmaxAt(scores.cols.map((__, j) => scores.at(i, j)), temperatureOf(this.notch())).weights);
    return {
      caption: `${say('attention.temperature.title', { place: placeName(place, say), head: view.head + 1 })}, T = ${written(temperatureOf(this.notch()))}`,
      columns: weights.cols.map(({ full }) => full),
      rows: weights.rows.map(({ full }, i) => ({ name: full, cells: made[i].map((weight, j) => (weights.masked?.(i, j) ? say('walk.masked') : three(weight))) })),
    };
  }
}

/** @param {number} temperature */
function written(temperature) {
  return temperature >= 1 ? temperature.toFixed(2) : temperature.toFixed(3);
}
