/** A draw as a picture: the words side by side on a line from 0 to 1, each as wide as its P, and the number u that falls on one. */

import { el, join, set, svg, write } from '../dom.js';
import { fit } from '../tokens.js';
import { hitBy, layOut } from './filters.js';
import { wordOf } from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./filters.js').Weighed} Weighed */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {{id: number | null, from: number, to: number, here: boolean, n: number}} Slice `id` null: `n` words too thin to be told apart */

const DESK = { size: 13, word: 16, bar: 26, thin: 3, gap: 22 };
const WALL = { size: 20, word: 22, bar: 38, thin: 4, gap: 32 };
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** How high the picture is, its sentence included: on the desk, on the projector. */
export const DRAW_HEIGHT = { desk: 92, wall: 132 };

export class DrawPicture {
  constructor() {
    this.says = el('p', { class: 'draw-says', role: 'status', 'data-part': 'draw-says' });
    this.slices = svg('g', { class: 'draw-slices' });
    this.ticks = svg('g', { class: 'draw-ticks' });
    this.axis = svg('text', { class: 'note', 'text-anchor': 'middle' });
    this.mark = svg('path', { class: 'draw-mark' });
    this.number = svg('text', { class: 'draw-u strong' });
    this.field = svg('svg', { role: 'img' }, this.slices, this.ticks, this.axis, this.mark, this.number);
    this.node = el('section', { class: 'generate-draw', 'data-part': 'draw' }, this.says, this.field);
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   * @param {Weighed[]} weighed every word behind the filters, the most probable first
   * @param {number} width
   */
  draw(scene, session, weighed, width) {
    const u = session.u[session.row];
    this.node.hidden = u === undefined;
    if (u === undefined) return;
    const { say, look, palette } = scene;
    const measure = look.projector ? WALL : DESK;
    const { size, bar, gap } = measure;
    const all = layOut(weighed);
    const hit = hitBy(all, u);
    const forced = session.row < session.force.length;
    const values = { seed: session.seed, n: session.row + 1, u: u.toFixed(4), word: wordOf(scene, hit.id), from: hit.from.toFixed(4), to: hit.to.toFixed(4), forced: wordOf(scene, session.road.ids[session.row]) };
    write(this.says, say(forced ? 'generate.draw.forced' : 'generate.draw.says', values));
    this.says.title = this.says.textContent ?? '';
    const height = (look.projector ? DRAW_HEIGHT.wall : DRAW_HEIGHT.desk) - (look.projector ? 32 : 20);
    set(this.field, { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-label': this.says.textContent });
    const x = (/** @type {number} */ p) => 1 + p * (width - 2);
    const type = { size: measure.word, smallest: size, family: palette.fonts.word, weight: 600 };
    join(
      this.slices,
      slicesOf(all, hit.id, measure.thin / width),
      () => svg('g', {}, svg('rect', {}), svg('text', { 'text-anchor': 'middle' })),
      (g, { id, from, to, here, n }) => {
        const [rect, text] = g.children;
        const wide = Math.max(here ? 3 : 1, x(to) - x(from));
        const name = id === null ? say('generate.draw.others', { n }) : wordOf(scene, id);
        const label = fit(name, wide - 8, type);
        set(rect, { x: x(from).toFixed(2), y: gap, width: wide.toFixed(2), height: bar });
        write(text, label.text === name ? name : '');
        set(text, { x: ((x(from) + x(to)) / 2).toFixed(1), y: gap + bar / 2 + label.size * 0.34, 'font-size': label.size });
        set(g, { 'data-word': id, 'data-here': here || null, 'data-rest': id === null || null });
      },
    );
    this.drawAxis(scene, measure, x);
    const at = x(u);
    set(this.mark, { d: `M${at.toFixed(2)},${gap + bar + 3}V${gap - 3}m0,1l-5,-8h10z` });
    write(this.number, `u = ${u.toFixed(4)}`);
    const right = at < width - 110;
    set(this.number, { x: (right ? at + 9 : at - 9).toFixed(1), y: gap - 6, 'font-size': size, 'text-anchor': right ? null : 'end' });
  }

  /**
   * @param {StepScene} scene
   * @param {typeof DESK} measure
   * @param {(p: number) => number} x
   */
  drawAxis({ say }, { size, bar, gap }, x) {
    const y = gap + bar;
    join(
      this.ticks,
      TICKS,
      () => svg('g', {}, svg('line', {}), svg('text', { class: 'note' })),
      (g, p) => {
        set(g.children[0], { x1: x(p), x2: x(p), y1: y, y2: y + 4 });
        write(g.children[1], p % 0.5 ? '' : String(p));
        set(g.children[1], { x: x(p), y: y + size + 5, 'font-size': size, 'text-anchor': p === 0 ? null : p === 1 ? 'end' : 'middle' });
      },
    );
    write(this.axis, say('generate.draw.axis'));
    set(this.axis, { x: x(0.75), y: y + size + 5, 'font-size': size });
  }
}

/**
 * Words too thin to be seen are taken together; the one that is hit stands for itself, however thin it is.
 * @param {import('./filters.js').Place[]} places
 * @param {number} hit
 * @param {number} thin
 * @returns {Slice[]}
 */
function slicesOf(places, hit, thin) {
  /** @type {Slice[]} */
  const slices = [];
  for (const { id, from, to } of places) {
    const here = id === hit;
    const last = slices[slices.length - 1];
    if (here || to - from >= thin) slices.push({ id, from, to, here, n: 1 });
    else if (last?.id === null) Object.assign(last, { to, n: last.n + 1 });
    else slices.push({ id: null, from, to, here: false, n: 1 });
  }
  return slices;
}
