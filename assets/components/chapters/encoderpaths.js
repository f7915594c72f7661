/** The way of the residual stream on a plane: one path per word, from the embedding through every sublayer. */

import { el, join, set, svg, write } from '../dom.js';
import { widthOf } from '../tokens.js';
import { num } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {[number, number]} Pair */

export class Paths {
  /** @param {(row: number) => void} pick */
  constructor(pick) {
    this.frame = svg('path', { class: 'frame' });
    this.others = svg('path', { class: 'others' });
    this.own = svg('path', { class: 'own' });
    this.dots = svg('g', { class: 'dots' });
    this.ends = svg('g', { class: 'ends' });
    this.ticks = svg('g', { class: 'ticks' });
    this.field = svg('svg', { class: 'field' }, this.others); // what leaves the window is cut at its frame
    this.svg = svg('svg', { class: 'paths', role: 'img' }, this.frame, this.field, this.own, this.dots, this.ends, this.ticks);
    this.node = el('div', {}, this.svg);
    this.svg.addEventListener('click', (event) => {
      const mark = event.target instanceof Element ? event.target.closest('[data-row]') : null;
      if (mark) pick(Number(mark.getAttribute('data-row')));
    });
  }

  /**
   * @param {Scene} scene
   * @param {{points: Pair[][], names: string[], here: number, axes: [string, string]}} data points: by row and station
   * @param {{width: number, height: number}} box
   */
  draw(scene, { points, names, here, axes }, { width, height }) {
    const note = scene.look.projector ? 20 : 13;
    const pad = { left: note * 1.6, right: 12, top: note * 1.7, bottom: note * 1.6 };
    const inner = { w: width - pad.left - pad.right, h: height - pad.top - pad.bottom };
    const [lowX, highX] = rangeOf(points[here].map(([x]) => x));
    const [lowY, highY] = rangeOf(points[here].map(([, y]) => y));
    const scale = Math.min(inner.w / (highX - lowX), inner.h / (highY - lowY)); // one for both axes: directions are true
    /** @param {Pair} point @returns {Pair} */
    const place = ([x, y]) => [
      pad.left + inner.w / 2 + (x - (lowX + highX) / 2) * scale,
      pad.top + inner.h / 2 - (y - (lowY + highY) / 2) * scale,
    ];
    const drawn = points.map((row) => row.map(place));
    set(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    set(this.frame, { d: `M${pad.left},${pad.top}V${height - pad.bottom}H${width - pad.right}` });
    set(this.field, { x: pad.left, y: pad.top, width: inner.w, height: inner.h, viewBox: `${pad.left} ${pad.top} ${inner.w} ${inner.h}` });
    set(this.others, { d: drawn.map((row, i) => (i === here ? '' : pathOf(row))).join('') });
    set(this.own, { d: pathOf(drawn[here]) });
    const inside = (/** @type {Pair} */ [x, y]) => x > pad.left && x < width - pad.right - 40 && y > pad.top + note && y < height - pad.bottom - note;
    this.mark(scene, drawn, names, here, note, inside);
    const [halfX, halfY] = [inner.w / 2 / scale, inner.h / 2 / scale];
    const [midX, midY] = [(lowX + highX) / 2, (lowY + highY) / 2];
    this.name([midX - halfX, midX + halfX, midY - halfY, midY + halfY], axes, { width, height, note, pad });
  }

  /**
   * The stations of the followed word are numbered; the others are named at their end, where there is room.
   * @param {Scene} scene
   * @param {Pair[][]} drawn
   * @param {string[]} names
   * @param {number} here
   * @param {number} note
   * @param {(at: Pair) => boolean} inside
   */
  mark({ palette }, drawn, names, here, note, inside) {
    const own = drawn[here];
    join(
      this.dots,
      own,
      () => svg('g', {}, svg('circle'), svg('text', { 'text-anchor': 'middle' })),
      (node, [x, y], i) => {
        const r = note * 0.62;
        set(node.children[0], { cx: x, cy: y, r });
        set(node.children[1], { x, y: y + note * 0.34, 'font-size': note - 1 < 13 ? 13 : note });
        write(node.children[1], String(i));
      },
    );
    /** @type {{x: number, y: number, w: number}[]} */
    const taken = own.map(([x, y]) => ({ x: x - note, y, w: 2 * note }));
    const labels = drawn.map((row, i) => ({ i, at: row[row.length - 1], text: names[i] }));
    const seen = [labels[here], ...labels.filter(({ i, at }) => i !== here && inside(at))].filter(({ at, text }) => {
      const box = { x: at[0] + note * 0.7, y: at[1], w: widthOf(text, `400 ${note + 1}px ${palette.fonts.word}`) };
      const free = taken.every((other) => Math.abs(other.y - box.y) > note || other.x + other.w < box.x || box.x + box.w < other.x);
      if (free) taken.push(box);
      return free;
    });
    join(
      this.ends,
      seen,
      () => svg('text', { role: 'button' }),
      (node, { i, at, text }) => {
        write(node, text);
        set(node, { x: at[0] + note * 0.8, y: at[1] + note * 0.35, 'font-size': note + 1, 'font-family': palette.fonts.word, 'data-row': i, class: i === here ? 'strong' : null });
      },
    );
  }

  /**
   * @param {number[]} ends
   * @param {[string, string]} axes
   * @param {{width: number, height: number, note: number, pad: {left: number, right: number, top: number, bottom: number}}} size
   */
  name([lowX, highX, lowY, highY], axes, { width, height, note, pad }) {
    const base = height - pad.bottom + note * 1.2;
    const texts = [
      { text: num(lowX, 1), x: pad.left, y: base, anchor: 'start', turn: 0 },
      { text: `${axes[0]} →`, x: pad.left + (width - pad.left - pad.right) / 2, y: base, anchor: 'middle', turn: 0 },
      { text: num(highX, 1), x: width - pad.right, y: base, anchor: 'end', turn: 0 },
      { text: num(lowY, 1), x: pad.left - note * 0.6, y: height - pad.bottom, anchor: 'start', turn: -90 },
      { text: `${axes[1]} ↑`, x: 0, y: note, anchor: 'start', turn: 0 },
      { text: num(highY, 1), x: pad.left - note * 0.6, y: pad.top, anchor: 'end', turn: -90 },
    ];
    join(
      this.ticks,
      texts,
      () => svg('text'),
      (node, { text, x, y, anchor, turn }) => {
        write(node, text);
        set(node, { transform: `translate(${x},${y}) rotate(${turn})`, 'text-anchor': anchor, 'font-size': note });
      },
    );
  }
}

/** @param {Pair[]} points */
function pathOf(points) {
  return points.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)},${y.toFixed(1)}`).join('');
}

/**
 * From the smallest to the largest value of the followed word, with room for its neighbours; never empty.
 * @param {number[]} values
 * @returns {[number, number]}
 */
function rangeOf(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.25 || 1;
  return [low - room, high + room];
}
