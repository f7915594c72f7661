/** A chart of one vector: a bar per feature around 0, its scale in words, one feature pointed at. */

import { el, set, write } from '../dom.js';
import { drawBars, drawStrip, featureAt, largest, num } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/**
 * @typedef {object} Bars
 * @property {string} title
 * @property {ArrayLike<number>} values
 * @property {{mean: ArrayLike<number>, sd: ArrayLike<number>} | null} band
 * @property {number} max
 * @property {string} hue
 * @property {number} here
 * @property {{first: number, last: number, all: number}} window
 */

export class BarChart {
  /**
   * @param {string} name
   * @param {(feature: number) => void} pick
   */
  constructor(name, pick) {
    this.title = el('span', { class: 'title' });
    this.scale = el('span', { class: 'num scale' });
    this.canvas = el('canvas', { role: 'img' });
    this.first = el('span', { class: 'num' });
    this.axis = el('span', { class: 'axis' });
    this.last = el('span', { class: 'num' });
    const ticks = el('div', { class: 'ticks' }, this.first, this.axis, this.last);
    this.node = el('figure', { class: 'bars-chart', 'data-chart': name }, el('figcaption', {}, this.title, this.scale), this.canvas, ticks);
    this.window = { first: 0, last: 1, all: 1 };
    this.canvas.addEventListener('click', (event) => pick(this.window.first + featureAt(event, this.canvas, this.window.last - this.window.first)));
  }

  /**
   * @param {Scene} scene
   * @param {Bars} bars
   * @param {{width: number, height: number}} box of the whole chart
   */
  draw({ palette, say, look }, { title, values, band, max, hue, here, window }, { width, height }) {
    this.window = window;
    /** @param {ArrayLike<number>} all */
    const part = (all) => Array.prototype.slice.call(all, window.first, window.last);
    write(this.title, title);
    write(this.scale, `−${num(max, 1)} … +${num(max, 1)}`);
    set(this.canvas, { 'aria-label': title });
    const words = look.projector ? 60 : 42; // px: the title above, the ends of the axis below
    const style = { width, height: Math.max(40, height - words), hue, max, here: here - window.first, band: band && { mean: part(band.mean), sd: part(band.sd) } };
    drawBars(this.canvas, part(values), style, palette);
    write(this.first, String(window.first));
    write(this.axis, say('encoder.axis.features'));
    write(this.last, String(window.last - 1));
  }
}

/** What training learned for each feature, as a strip under the bars that it changes. */
export class LabelledStrip {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.canvas = el('canvas', { role: 'img', 'data-strip': name });
    this.label = el('span', { class: 'num' });
    this.node = el('div', { class: 'labelled' }, this.label, this.canvas);
  }

  /**
   * @param {Scene} scene
   * @param {ArrayLike<number>} values
   * @param {{width: number, here: number, window: {first: number, last: number}}} style
   */
  draw({ palette }, values, { width, here, window }) {
    const max = largest(values);
    const text = `${this.name} −${num(max, 2)} … +${num(max, 2)}`;
    drawStrip(this.canvas, Array.prototype.slice.call(values, window.first, window.last), { width, height: 14, hue: palette.stream, max, here: here - window.first }, palette);
    set(this.canvas, { 'aria-label': text });
    write(this.label, text);
  }
}
