/** Parts of the view Training and inference: two roads that part, and how far two ways of computing are from each other. */

import { clamp, el, set, svg, write } from '../dom.js';
import { planOf } from '../step/heatplan.js';

const [LEFT, MIDDLE, RIGHT, WIDTH] = [9, 18, 27, 36];

/** One row of the picture of two roads: one line, then a fork, then two. The right road reads its own words. */
export class Roads {
  constructor() {
    this.solid = svg('path', { fill: 'none' });
    this.dashed = svg('path', { fill: 'none', 'stroke-dasharray': '4 3' });
    this.node = svg('svg', { class: 'modes-road', width: WIDTH, 'aria-hidden': 'true', preserveAspectRatio: 'none' }, this.solid, this.dashed);
  }

  /**
   * @param {number} row
   * @param {number | null} step at which the roads part; null: never
   * @param {number} high
   * @param {[boolean, boolean]} there which of the two roads go on here: that of the right words, that of the model's own
   */
  draw(row, step, high, [right, own]) {
    const bend = (/** @type {number} */ x) => `M${MIDDLE},0C${MIDDLE},${high * 0.6} ${x},${high * 0.4} ${x},${high}`;
    const one = step === null || row < step;
    set(this.node, { height: high, viewBox: `0 0 ${WIDTH} ${high}` });
    set(this.solid, { d: !right ? '' : one ? `M${MIDDLE},0V${high}` : row === step ? bend(LEFT) : `M${LEFT},0V${high}` });
    set(this.dashed, { d: one || !own ? '' : row === step ? bend(RIGHT) : `M${RIGHT},0V${high}` });
  }
}

const DECADES = { from: -9, to: -3 };
const BAR = 1e-5; // the house's tolerance: serial and parallel rows agree to it

/** A difference on a line of powers of ten, beside the bar that it must not pass. */
export class Gauge {
  constructor() {
    this.line = svg('line', { class: 'gauge-line' });
    this.bar = svg('path', { class: 'gauge-bar' });
    this.dot = svg('circle', { class: 'gauge-dot' });
    this.texts = [svg('text', { class: 'note' }), svg('text', { class: 'strong', 'text-anchor': 'middle' }), svg('text', { class: 'note', 'text-anchor': 'end' })];
    this.field = svg('svg', { role: 'img' }, this.line, this.bar, this.dot, ...this.texts);
    this.node = el('div', { class: 'modes-gauge', 'data-part': 'gauge' }, this.field);
  }

  /**
   * @param {import('../step/scene.js').StepScene} scene
   * @param {number} largest
   * @param {string} label
   */
  draw({ look, say }, largest, label) {
    const size = look.projector ? 20 : 13;
    const [width, ends] = look.projector ? [640, 56] : [420, 38];
    const y = size + 12;
    const x = (/** @type {number} */ power) => ends + ((clamp(power, DECADES.from, DECADES.to) - DECADES.from) / (DECADES.to - DECADES.from)) * (width - 2 * ends);
    const bar = x(Math.log10(BAR));
    set(this.field, { width, height: y + 10, viewBox: `0 0 ${width} ${y + 10}`, 'aria-label': label });
    set(this.line, { x1: x(DECADES.from), x2: x(DECADES.to), y1: y, y2: y });
    set(this.bar, { d: `M${bar},${y - 8}V${y + 8}` });
    set(this.dot, { cx: x(Math.log10(largest)), cy: y, r: look.projector ? 8 : 6, 'data-over': largest > BAR || null });
    ['10⁻⁹', say('generate.modes.bar'), '10⁻³'].forEach((text, n) => {
      write(this.texts[n], text);
      set(this.texts[n], { x: [0, bar, width][n], y: n === 1 ? size : y + size * 0.35, 'font-size': size });
    });
  }
}

// The heights of a row of a matrix; what stands below one: its margin, and a pager where there is one.
const [LEAST, MOST, FOOT, PAGER] = [13, 27, 8, 28];
/** Of a matrix; more of them are pages. */
export const MOST_COLUMNS = 32;

/**
 * How high the names above a matrix are, whichever of its columns are shown.
 * @param {import('../step/scene.js').StepScene} scene
 * @param {import('../step/heat.js').HeatData} data
 * @param {number} width
 * @param {number} wide of a cell
 */
export function topOf(scene, data, width, wide) {
  return planOf(scene, data, { width, height: 0, legend: false, cell: { w: wide, h: LEAST } }, { rows: 0, cols: 0 }).top;
}

/**
 * How many rows of two matrices fit below each other, how high they are, and what stands below each. A pager takes room from the rows.
 * @param {number} room
 * @param {number} rows
 * @param {number} cols
 */
export function roomFor(room, rows, cols) {
  const fits = (/** @type {number} */ foot) => Math.floor((room - 2 * foot) / 2 / LEAST);
  const foot = cols > MOST_COLUMNS || fits(FOOT) < rows ? FOOT + PAGER : FOOT;
  const high = clamp(Math.floor((room - 2 * foot) / 2 / rows), LEAST, MOST);
  return { foot, high, shown: Math.min(rows, Math.max(2, fits(foot))) };
}
