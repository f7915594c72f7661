/** The table of positions as a heatmap, and beside it the pairs of features as waves, each with the clock hand that draws it. */

import { el, join, set, svg, write } from '../dom.js';
import { Curves } from '../step/curves.js';
import { Heat } from '../step/heat.js';
import { digits, exactly, frequency, length, power, sinusoid } from './positionsmath.js';
import { answerOf, counted, every, result, Slider, Source, Trail, whole } from './positionsparts.js';

/** @typedef {import('./positionsparts.js').StepScene} StepScene */
/** @typedef {import('./positionsparts.js').Answer} Answer */
/** @typedef {{answer: Answer, position: number, feature: number, first: number, rows: number, width: number}} Now */

const STRIPS = 4;
const FINE = 400; // points of a wave
const HAND = 21; // pixels

export class Waves {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.heat = new Heat({ pick: ({ row, col }) => this.go((this.now?.first ?? 0) + row, col) });
    this.source = new Source(desk);
    this.position = new Slider((value) => this.go(value, this.now?.feature ?? 0));
    this.pair = new Slider((value) => this.go(this.now?.position ?? 0, 2 * value));
    this.strips = el('div', { class: 'waves-strips' });
    this.charts = Array.from({ length: STRIPS }, () => new Curves({ pick: (x) => this.go(Math.round(x), this.now?.feature ?? 0) }));
    this.clocks = this.charts.map(() => new Clock());
    this.titles = this.charts.map(() => el('div', { class: 'waves-title' }, el('b'), el('span')));
    this.charts.forEach((chart, nth) => {
      const head = el('div', { class: 'waves-head' }, this.clocks[nth].node, this.titles[nth]);
      this.strips.append(el('div', { class: 'waves-strip' }, head, chart.node));
    });
    this.legend = el('div', { class: 'waves-legend' });
    this.trail = new Trail();
    this.note = el('p', { class: 'positions-note', hidden: '' });
    const sliders = el('div', { class: 'positions-sliders' }, this.position.node, this.pair.node);
    const right = el('div', { class: 'positions-right' }, sliders, this.legend, this.strips, this.trail.node);
    this.node = el('div', { class: 'positions waves', 'data-part': 'waves' }, this.note, this.source.node, el('div', { class: 'positions-columns' }, this.heat.node, right));
    /** @type {Now | null} */
    this.now = null;
  }

  /**
   * Look at a cell: its position and its feature.
   * @param {number} position
   * @param {number} feature
   */
  go(position, feature) {
    this.desk.change((view) => ({ ...view, options: { ...view.options, pos: String(position), feature: String(feature) } }));
  }

  /**
   * The window of the table that holds the chosen position.
   * @param {StepScene} scene
   * @returns {Now | null}
   */
  read(scene) {
    const source = this.source.asked(scene);
    const begin = answerOf(scene, { view: 'table', source, from: '0' }, this.note);
    if (!begin) return null;
    const { n, rows, width } = begin.header;
    const position = whole(this.desk, 'pos', Math.min(7, n - 1), n - 1);
    const from = Math.floor(position / rows) * rows;
    const answer = from ? answerOf(scene, { view: 'table', source, from: String(from) }, this.note) : begin;
    if (!answer) return null;
    const feature = whole(this.desk, 'feature', Math.min(width - 1, 2 * Math.floor(width / 12)), width - 1);
    return { answer, position, feature, first: answer.header.first, rows: answer.header.rows, width };
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const now = this.read(scene);
    this.source.draw(scene, now?.answer ?? null);
    if (!now) return;
    this.now = now;
    const { look, say } = scene;
    const left = Math.round(look.width * (look.projector ? 0.4 : 0.5));
    const height = look.height - (look.projector ? 46 : 36);
    this.drawHeat(scene, now, { width: left, height });
    const { n, sines } = now.answer.header;
    this.position.draw({ name: say('positions.waves.position'), value: now.position, max: n - 1 });
    const pairs = Math.ceil(now.width / 2);
    this.pair.draw({ name: say('positions.waves.pair'), value: Math.floor(now.feature / 2), max: pairs - 1, said: pairName(now.feature, now.width) });
    this.drawLegend(scene, sines);
    this.drawStrips(scene, now, { width: look.width - left - 24, height: height - (look.projector ? 162 : 210) });
    this.drawTrail(scene, now);
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  drawHeat(scene, now, size) {
    const { say, look } = scene;
    const { values } = /** @type {{values: Float32Array}} */ (now.answer.tensors.get('table'));
    const cell = Math.max(4, Math.floor((size.height - 90) / Math.min(64, now.rows)));
    const across = Math.max(4, Math.floor((size.width - 120) / Math.min(64, now.width)));
    const data = {
      rows: counted(now.rows, every(Math.min(cell, 29), look.projector), now.position - now.first, now.first),
      cols: counted(now.width, every(Math.min(across, 34), look.projector), now.feature),
      at: (/** @type {number} */ row, /** @type {number} */ col) => values[row * now.width + col],
      hue: /** @type {const} */ ('stream'),
      axes: { rows: say('positions.axis.positions'), cols: say('positions.axis.features') },
      rowMark: /** @type {const} */ ('solid'),
      plain: true,
      label: say('positions.waves.label'),
    };
    this.heat.draw(scene, data, size, { row: now.position - now.first, col: now.feature });
  }

  /**
   * Which line is the sine and which the cosine: once for all strips.
   * @param {StepScene} scene
   * @param {boolean} sines
   */
  drawLegend({ say, palette }, sines) {
    const names = sines ? ['positions.waves.sine', 'positions.waves.cosine'] : ['positions.waves.even', 'positions.waves.odd'];
    join(
      this.legend,
      names,
      () => el('span', {}, svg('svg', { width: 30, height: 12 }, svg('line', { x1: 1, x2: 29, y1: 6, y2: 6, 'stroke-width': 2 })), el('span')),
      (node, name, nth) => {
        set(node.children[0].children[0], { stroke: palette.stream, 'stroke-dasharray': nth ? '5 3' : null });
        write(node.children[1], say(name));
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  drawStrips(scene, now, size) {
    const { look, say, palette } = scene;
    const { sines, wavelengths } = now.answer.header;
    const pairs = shownPairs(Math.floor(now.feature / 2), Math.ceil(now.width / 2), look.projector ? 2 : STRIPS);
    const height = Math.floor((size.height - (look.projector ? 54 : 40)) / pairs.length);
    const head = look.projector ? 270 : 190;
    this.charts.forEach((chart, nth) => {
      const strip = /** @type {HTMLElement} */ (this.strips.children[nth]);
      strip.hidden = nth >= pairs.length;
      if (strip.hidden) return;
      const pair = pairs[nth];
      strip.classList.toggle('here', pair === Math.floor(now.feature / 2));
      write(this.titles[nth].children[0], say('positions.waves.features', { features: pairName(2 * pair, now.width) }));
      write(this.titles[nth].children[1], sines ? say('positions.waves.wavelength', { length: length(wavelengths[pair]) }) : say('positions.waves.no_wavelength'));
      this.clocks[nth].draw(scene, sines ? now.position * frequency(pair, now.width) : null);
      const last = nth === pairs.length - 1;
      const x = { label: last ? say('positions.axis.position') : '', min: now.first, max: now.first + Math.max(1, now.rows - 1), ticks: last ? undefined : [] };
      const lines = sines ? waves(now, pair, palette) : learned(now, pair, palette);
      const y = sines ? { label: '', min: -1.05, max: 1.05, ticks: [-1, 0, 1] } : { label: '' };
      const axis = (look.projector ? 20 : 13) * 2 + 14; // the last strip also holds the axis that all share
      chart.draw(scene, { lines, x, y, cursor: now.position, bare: true, label: this.titles[nth].textContent ?? '' }, { width: size.width - head, height: height + (last ? axis - 12 : -12) });
    });
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   */
  drawTrail(scene, now) {
    const { say } = scene;
    const { position, feature, width, first } = now;
    const model = /** @type {{values: Float32Array}} */ (now.answer.tensors.get('table')).values[(position - first) * width + feature];
    const title = say('positions.trail.cell', { position, feature });
    if (!now.answer.header.sines) {
      const code = `run.model.src_embed.position.table[${position}, ${feature}]`;
      return this.trail.draw(scene, { title, lines: [[`PE(${position}, ${feature}) = `, result(digits(model))]], check: say('positions.trail.learned'), code });
    }
    const value = sinusoid(position, feature, width);
    const even = feature - (feature % 2);
    const name = feature % 2 ? 'cos' : 'sin';
    const divisor = 1 / frequency(even / 2, width);
    const lines = [
      `${name}(${position} / 10000^(${even}/${width})) = ${name}(${position} / ${divisor.toPrecision(8)})`,
      [`= ${name}(${exactly(position / divisor, 6)}) = `, result(exactly(value, 4))],
    ];
    const check = say('positions.trail.check', { model: exactly(model, 4), difference: power(Math.abs(model - value)) });
    const code = `torch.${name}(torch.tensor(${position} / 10000 ** (${even} / ${width}), dtype=torch.float64))`;
    this.trail.draw(scene, { title, lines, check, code });
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    /** @param {number} rows @param {number} cols */
    const move = (rows, cols) => {
      const { now } = this;
      if (!now) return;
      const { n } = now.answer.header;
      this.go(Math.max(0, Math.min(n - 1, now.position + rows)), Math.max(0, Math.min(now.width - 1, now.feature + cols)));
    };
    return [
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'positions.keys.position', run: (key) => move(key === 'ArrowUp' ? -1 : 1, 0) },
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'positions.keys.feature', run: (key) => move(0, key === 'ArrowLeft' ? -1 : 1) },
    ];
  }

  /** @param {StepScene} scene */
  table(scene) {
    const now = this.read(scene);
    const caption = scene.say('positions.waves.label');
    if (!now) return { caption, columns: [], rows: [] };
    const { values } = /** @type {{values: Float32Array}} */ (now.answer.tensors.get('table'));
    const columns = Array.from({ length: now.width }, (_, feature) => String(feature));
    const rows = Array.from({ length: now.rows }, (_, row) => ({
      name: String(now.first + row),
      cells: columns.map((_, feature) => digits(values[row * now.width + feature])),
    }));
    return { caption, columns, rows };
  }
}

/** A pair of features as the hand of a clock: its height is the sine, its way to the right the cosine. */
class Clock {
  constructor() {
    this.ring = svg('circle', { cx: 27, cy: 27, r: HAND, fill: 'none' });
    this.sine = svg('line', { 'stroke-width': 2 });
    this.cosine = svg('line', { 'stroke-width': 2, 'stroke-dasharray': '4 3', x1: 27, y1: 27, y2: 27 });
    this.hand = svg('line', { x1: 27, y1: 27, 'stroke-width': 2 });
    this.tip = svg('circle', { r: 3.5 });
    this.node = svg('svg', { class: 'clock', width: 54, height: 54, 'aria-hidden': 'true' }, this.ring, this.cosine, this.sine, this.hand, this.tip);
  }

  /**
   * @param {StepScene} scene
   * @param {number | null} angle radians; null: this table turns no hands
   */
  draw({ palette }, angle) {
    set(this.node, { visibility: angle === null ? 'hidden' : 'visible' });
    if (angle === null) return;
    const [x, y] = [27 + HAND * Math.cos(angle), 27 - HAND * Math.sin(angle)];
    set(this.ring, { stroke: palette.line2 });
    set(this.cosine, { x2: x, stroke: palette.stream });
    set(this.sine, { x1: x, x2: x, y1: 27, y2: y, stroke: palette.stream });
    set(this.hand, { x2: x, y2: y, stroke: palette.ink });
    set(this.tip, { cx: x, cy: y, fill: palette.ink });
  }
}

/**
 * Sine and cosine of a pair: the formula as a line, the model's own numbers as dots where there is room for them.
 * @param {Now} now
 * @param {number} pair
 * @param {import('../theme.js').Palette} palette
 */
function waves(now, pair, palette) {
  return [0, 1].map((odd) => ({
    name: odd ? 'cos' : 'sin',
    colour: palette.stream,
    dash: odd ? '5 3' : undefined,
    points: Array.from({ length: FINE + 1 }, (_, i) => {
      const x = now.first + (i / FINE) * Math.max(1, now.rows - 1);
      return /** @type {[number, number]} */ ([x, sinusoid(x, 2 * pair + odd, now.width)]);
    }),
    dots: odd ? undefined : columnOf(now, 2 * pair),
  }));
}

/**
 * @param {Now} now
 * @param {number} pair
 * @param {import('../theme.js').Palette} palette
 */
function learned(now, pair, palette) {
  return [2 * pair, 2 * pair + 1]
    .filter((feature) => feature < now.width)
    .map((feature, odd) => ({ name: String(feature), colour: palette.stream, dash: odd ? '5 3' : undefined, width: 1.4, points: columnOf(now, feature) }));
}

/**
 * @param {Now} now
 * @param {number} feature
 * @returns {[number, number][]}
 */
function columnOf(now, feature) {
  const { values } = /** @type {{values: Float32Array}} */ (now.answer.tensors.get('table'));
  return Array.from({ length: now.rows }, (_, row) => [now.first + row, values[row * now.width + feature]]);
}

/**
 * The pairs that are drawn: fast, middling, slow, and the chosen one in place of the nearest of them.
 * @param {number} chosen
 * @param {number} pairs
 * @param {number} most
 */
export function shownPairs(chosen, pairs, most) {
  const usual = [0, pairs / 8, pairs / 4, pairs / 2].map(Math.floor).filter((pair, at, all) => all.indexOf(pair) === at);
  const kept = most < usual.length ? usual.filter((_, at) => at % 2 === 0).slice(0, most) : usual;
  if (kept.includes(chosen)) return kept;
  const nearest = kept.reduce((best, pair) => (Math.abs(pair - chosen) < Math.abs(best - chosen) ? pair : best));
  return kept.map((pair) => (pair === nearest ? chosen : pair));
}

/**
 * @param {number} feature
 * @param {number} width
 */
function pairName(feature, width) {
  const even = feature - (feature % 2);
  return even + 1 < width ? `${even}, ${even + 1}` : String(even);
}
