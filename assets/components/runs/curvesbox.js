/** The curves of both trainings on one axis, with a flag at the step that each side shows; and beside them what differs in how they were made. */

import { el, join, listen, set, svg, write } from '../dom.js';
import { Curves } from '../step/curves.js';
import { MEASURES } from './address.js';
import { differences, measures } from './differences.js';
import { count } from './naming.js';

/** @typedef {import('./compare.js').Compare} Compare */
/** @typedef {import('./compare.js').CompareScene} CompareScene */
/** @typedef {import('./compare.js').Told} Told */
/** @typedef {import('./address.js').Measure} Measure */

const HEIGHT = 216;
const DASH = '7 4'; // of B: colour alone tells nothing
const TICKS = [0, 10, 50, 100, 200, 400, 800, 1200, 2000, 4000, 8000, 20000, 50000, 100000, 300000, 1000000];
const APART = 0.055; // of the axis: ticks nearer to each other than this run together
const MOST_ROWS = 8;

export class CurvesBox {
  /** @param {Compare} compare */
  constructor(compare) {
    this.measures = el('div', { class: 'switch measures', role: 'group' });
    this.curves = new Curves({ pick: (x) => compare.goStep(Math.round(x * x)) });
    this.flags = svg('g', { class: 'curve-flags' });
    this.curves.field.append(this.flags);
    this.none = el('p', { class: 'none quiet' });
    this.title = el('h3');
    this.rows = el('tbody');
    this.more = el('p', { class: 'quiet more-of' });
    const table = el('table', { class: 'unlike' }, el('thead', {}, el('tr', {}, el('th'), el('th', { class: 'num a' }, 'A'), el('th', { class: 'num b' }, 'B'))), this.rows);
    this.node = el('div', { class: 'curves-box', 'data-part': 'curves' }, el('div', { class: 'curves-left' }, this.measures, this.curves.node, this.none), el('div', { class: 'curves-right' }, this.title, table, this.more));
    listen(this.measures, 'click', '[data-measure]', (part) => compare.board.change((view) => ({ ...view, measure: MEASURES.find((name) => name === part.dataset.measure) ?? view.measure })));
  }

  /** @param {CompareScene} scene */
  draw(scene) {
    const { say, view, look, palette, a, b } = scene;
    const known = MEASURES.filter((measure) => [a, b].some((told) => pointsOf(told, measure).length > 1));
    const measure = known.includes(view.measure) ? view.measure : (known[0] ?? view.measure);
    join(this.measures, known, () => el('button', { type: 'button' }), (node, name) => {
      write(node, say(`runs.measure.${name}`));
      set(node, { 'data-measure': name, 'aria-pressed': String(name === measure) });
    });
    const width = look.projector ? look.width : Math.round((look.width - 32) * 0.56);
    const height = look.projector ? look.height - 110 : HEIGHT;
    const lines = [a, b].map((told, i) => ({ name: `${told.which.toUpperCase()}  ${told.title}`, colour: told.colour, dash: i ? DASH : undefined, width: 2, points: pointsOf(told, measure) }));
    const last = Math.max(1, ...lines.flatMap(({ points }) => points.map(([x]) => x)));
    const share = measure.includes('match') || measure.includes('accuracy');
    this.curves.draw(scene, {
      lines: a.story === b.story ? lines.slice(0, 1).map((line) => ({ ...line, name: a.title, colour: palette.ink })) : lines,
      x: { label: say('runs.axis.step'), min: 0, max: last, ticks: ticksTo(last), print: (x) => count(Math.round(x * x)) },
      y: { label: say(`runs.measure.${measure}`), min: 0, max: share ? 1 : undefined, print: share ? (y) => `${Math.round(100 * y)}\u202f%` : undefined },
      label: say('runs.curves.label', { measure: say(`runs.measure.${measure}`), a: a.title, b: b.title }),
    }, { width, height });
    this.none.hidden = known.length > 0;
    write(this.none, say('runs.curves.none'));
    this.drawFlags(scene, last);
    this.drawDifferences(scene);
  }

  /**
   * @param {CompareScene} scene
   * @param {number} last
   */
  drawFlags({ a, b, palette, look }, last) {
    const frame = this.curves.now?.frame;
    if (!frame) return;
    const size = look.projector ? 20 : 13;
    const flags = [a, b].map((told) => ({ told, x: frame.x(Math.min(last, Math.sqrt(told.story.frames[told.frame].step))) }));
    const right = frame.left + frame.width;
    join(this.flags, flags, () => svg('g', {}, svg('line'), svg('rect', { rx: 2 }), svg('text', { 'text-anchor': 'middle' })), (node, { told, x }, i) => {
      const [line, box, text] = node.children;
      const middle = x + (x + 1.4 * size > right ? -1 : 1) * size * 0.62;
      const top = frame.top + (i ? size + 6 : 0);
      set(line, { x1: x, x2: x, y1: frame.top, y2: frame.top + frame.height, stroke: told.colour, 'stroke-width': 1.5, 'stroke-dasharray': i ? '4 3' : null });
      set(box, { x: middle - size * 0.62, y: top, width: size * 1.24, height: size + 4, fill: told.colour });
      set(text, { x: middle, y: top + size - 1, 'font-size': size, 'font-weight': 700, style: `fill:${palette.paper}` });
      write(text, told.which.toUpperCase());
    });
  }

  /**
   * What was measured at the two steps, and below it what differs in how the two were made.
   * @param {CompareScene} scene
   */
  drawDifferences(scene) {
    const { say, a, b } = scene;
    const measured = measures(scene);
    const found = differences(scene);
    write(this.title, say(a.story === b.story ? 'runs.differences.one_run' : found.length ? 'runs.differences.title' : 'runs.differences.none'));
    const room = Math.max(0, MOST_ROWS - measured.length);
    const shown = [...measured, ...found.slice(0, room)];
    join(this.rows, shown, () => el('tr', {}, el('th', { scope: 'row' }), el('td', { class: 'num' }), el('td', { class: 'num' })), (node, { name, one, other }, i) => {
      [name, one, other].forEach((text, at) => write(node.children[at], text));
      set(node, { class: i === measured.length ? 'first' : null });
    });
    write(this.more, found.length > room ? say('runs.differences.more', { n: found.length - room }) : '');
    this.more.title = found.slice(room).map(({ name, one, other }) => `${name}: ${one} | ${other}`).join('\n');
  }
}

/**
 * The line of a training over the square root of the step: heads form early.
 * @param {Told} told
 * @param {Measure} measure
 * @returns {[number, number][]}
 */
export function pointsOf({ story }, measure) {
  return story.lines.flatMap((line) => (Number.isFinite(line[measure]) ? [/** @type {[number, number]} */ ([Math.sqrt(line.step), line[measure]])] : []));
}

/** @param {number} last */
function ticksTo(last) {
  let before = -Infinity;
  return TICKS.map(Math.sqrt).filter((x) => {
    if (x > last || x - before < APART * last) return false;
    before = x;
    return true;
  });
}
