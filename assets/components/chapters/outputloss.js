/** The loss of a chosen word: cross entropy down to the numbers, with label smoothing, and what it asks of every logit. */

import { clamp, el, join, set, write } from '../dom.js';
import { percent } from '../format.js';
import { aligned } from '../step/trailnumbers.js';
import { askedFor, best, gradientOf, lossOf, softmaxSteps } from './outputmath.js';
import { positive, ROOMY, Slider } from './outputparts.js';
import { logitsOf, RowList, rowKeys, rowOf } from './outputrows.js';
import { targetOf, TargetChoice } from './outputtarget.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */

const DIGITS = 6;
const [HALF, STEP] = [0.5, 0.01]; // the slider's end and step
const PUSHED = 10; // logits whose gradient is drawn

export class LossView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.rows = new RowList(desk);
    this.title = el('h3');
    this.target = new TargetChoice(desk);
    this.slider = new Slider('smoothing', (value) => desk.set('eps', String(value)));
    this.own = el('span', { class: 'quiet' });
    this.body = el('tbody');
    this.steps = el('table', { class: 'loss-steps', 'data-part': 'loss' }, this.body);
    this.code = el('code', { class: 'output-code' });
    this.whole = el('p', { class: 'loss-whole', 'data-part': 'mean-loss' });
    this.gradient = new Gradient();
    const smoothing = el('div', { class: 'loss-smoothing' }, this.slider.node, this.own);
    const columns = el('div', { class: 'loss-columns' }, this.steps, this.gradient.node);
    this.node = el('div', { class: 'output-page loss-page' }, this.rows.node, el('div', { class: 'output-main' }, this.title, this.target.node, smoothing, columns, this.code, this.whole));
  }

  keys() {
    return rowKeys(this.desk);
  }

  /** The smoothing that the slider stands at; at first the one that this run was trained with. @param {StepScene} scene */
  epsilon(scene) {
    const own = trainedWith(scene);
    const chosen = Number(this.desk.option('eps', String(own)));
    return Number.isFinite(chosen) ? clamp(chosen, 0, HALF) : own;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say, pass } = scene;
    const [row, epsilon] = [rowOf(scene), this.epsilon(scene)];
    const target = targetOf(scene, this.desk.option('target', 'written'));
    const written = pass.ids.tgt_out.map((id, at) => lossOf(logitsOf(scene, at), id, epsilon).loss);
    const losses = written.map((loss, at) => (at === row ? lossOf(logitsOf(scene), target.id, epsilon).loss : loss));
    const most = Math.max(...losses, Number.EPSILON);
    this.rows.draw(scene, say('output.loss.column'), (at) => ({ text: positive(losses[at], DIGITS), share: losses[at] / most }));
    set(this.node, { 'data-narrow': !scene.look.projector && scene.look.width < ROOMY ? 'true' : null });
    write(this.title, say('output.loss.title'));
    this.target.draw(scene, target);
    this.slider.draw(say('output.loss.smoothing'), { min: 0, max: HALF, step: STEP, value: epsilon, text: epsilon.toFixed(2) });
    write(this.own, say('output.loss.trained', { epsilon: trainedWith(scene).toFixed(2) }));
    this.drawSteps(scene, target.id, epsilon);
    write(this.code, `F.cross_entropy(logits[${row}], torch.tensor(${target.id})${epsilon ? `, label_smoothing=${epsilon}` : ''})`);
    const mean = written.reduce((sum, loss) => sum + loss, 0) / written.length;
    write(this.whole, say('output.loss.mean', { n: written.length, mean: positive(mean, DIGITS) }));
    this.gradient.draw(scene, target.id, epsilon);
  }

  /**
   * @param {StepScene} scene
   * @param {number} target
   * @param {number} epsilon
   */
  drawSteps(scene, target, epsilon) {
    join(
      this.body,
      stepsOf(scene, target, epsilon),
      () => el('tr', {}, el('th', { scope: 'row' }, el('span'), el('span', { class: 'num' })), el('td', { class: 'num' })),
      (tr, { name, how, value, kind }) => {
        write(tr.children[0].children[0], name);
        write(tr.children[0].children[1], how);
        write(tr.children[1], value);
        set(tr, { class: kind });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const { say, pass, words } = scene;
    const epsilon = this.epsilon(scene);
    const rows = pass.ids.tgt_out.map((id, row) => {
      const { logit, logSum, entropy, everywhere, loss } = lossOf(logitsOf(scene, row), id, epsilon);
      return { name: `${words.tgtIn[row].text} → ${words.tgtOut[row].text}`, cells: [aligned(logit, DIGITS), aligned(logSum, DIGITS), positive(entropy, DIGITS), aligned(everywhere, DIGITS), positive(loss, DIGITS)] };
    });
    const columns = ['logit', 'log_sum', 'entropy', 'everywhere', 'loss'].map((name) => say('output.loss.columns.' + name));
    return { caption: say('output.loss.caption', { epsilon: epsilon.toFixed(2) }), columns, rows };
  }
}

/** What this run was trained with, as its recipe says. @param {StepScene} scene */
function trainedWith({ header }) {
  return Number(header.training?.training?.label_smoothing ?? 0);
}

/**
 * Every number on the way to the loss: its name, how it comes about, its value.
 * @param {StepScene} scene
 * @param {number} target
 * @param {number} epsilon
 * @returns {{name: string, how: string, value: string, kind: string | null}[]}
 */
function stepsOf(scene, target, epsilon) {
  const { say } = scene;
  const logits = logitsOf(scene);
  const steps = softmaxSteps(logits);
  const { logit, logSum, entropy, everywhere, loss } = lossOf(logits, target, epsilon, steps);
  const word = scene.pass.labels('logits', 1)[target].text;
  const number = (/** @type {number} */ value) => aligned(value, DIGITS);
  const e = epsilon.toFixed(2);
  const plain = [
    { name: say('output.loss.logit', { word }), how: 'z', value: number(logit), kind: null },
    { name: say('output.loss.log_sum', { n: logits.length }), how: `${number(steps.max)} + log ${number(steps.sum)}`, value: number(logSum), kind: null },
    { name: say('output.loss.entropy', { word }), how: `${number(logSum)} ${logit < 0 ? '+' : '−'} ${number(Math.abs(logit))}`, value: positive(entropy, DIGITS), kind: 'result' },
    { name: say('output.loss.p', { word }), how: `exp(−${positive(entropy, DIGITS)})`, value: percent(steps.p[target]), kind: 'aside' },
  ];
  const smooth = [
    { name: say('output.loss.share'), how: `(1 − ${e}) × ${positive(entropy, DIGITS)}`, value: positive((1 - epsilon) * entropy, DIGITS), kind: null },
    { name: say('output.loss.everywhere', { n: logits.length }), how: `${e} × ${number(everywhere)}`, value: number(epsilon * everywhere), kind: null },
    { name: say('output.loss.loss'), how: `${positive((1 - epsilon) * entropy, DIGITS)} + ${number(epsilon * everywhere)}`, value: positive(loss, DIGITS), kind: 'result' },
  ];
  return [...plain, ...smooth];
}

/** p - y: how far every logit should move. Bars to both sides of 0, each with its sign. */
class Gradient {
  constructor() {
    this.title = el('h4');
    this.headings = el('tr');
    this.body = el('tbody');
    this.about = el('p', { class: 'quiet' });
    const table = el('table', {}, el('thead', {}, this.headings), this.body);
    this.node = el('div', { class: 'loss-gradient', 'data-part': 'gradient' }, this.title, table, this.about);
  }

  /**
   * @param {StepScene} scene
   * @param {number} target
   * @param {number} epsilon
   */
  draw(scene, target, epsilon) {
    const { say, pass } = scene;
    const steps = softmaxSteps(logitsOf(scene));
    const gradient = gradientOf(steps, target, epsilon);
    const others = best(steps.p, PUSHED).filter((id) => id !== target);
    const ids = [target, ...others.slice(0, PUSHED - 1)];
    const max = ids.reduce((most, id) => Math.max(most, Math.abs(gradient[id])), Number.EPSILON);
    const labels = pass.labels('logits', 1);
    write(this.title, say('output.loss.gradient'));
    join(this.headings, [say('output.words.word'), 'p', 'y', 'p − y', ''], () => el('th', { scope: 'col' }), write);
    join(
      this.body,
      ids,
      () => el('tr', {}, el('th', { scope: 'row', class: 'word', dir: 'auto' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'bar-cell' }, el('i', { class: 'signed' }, el('i')))),
      (tr, id) => {
        const value = gradient[id];
        const cells = [labels[id].text, positive(steps.p[id], DIGITS), positive(askedFor(id, target, epsilon, gradient.length), DIGITS), (value < 0 ? '−' : '+') + positive(Math.abs(value), DIGITS)];
        cells.forEach((text, i) => write(tr.children[i], text));
        set(tr, { class: id === target ? 'written' : null, title: labels[id].full });
        const width = (50 * Math.abs(value)) / max;
        set(tr.children[4].children[0].children[0], { class: value < 0 ? 'minus' : 'plus', style: `width:${width.toFixed(2)}%;left:${(value < 0 ? 50 - width : 50).toFixed(2)}%` });
      },
    );
    write(this.about, say('output.loss.push', { n: gradient.length }));
  }
}
