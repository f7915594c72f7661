/** The additions to the residual stream as true pictures: two vectors span a plane, and in it lengths and angle are exact. */

import { el, join, set, svg, write } from '../dom.js';
import { fit } from '../tokens.js';
import { num } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('./encodermath.js').Move} Move */
/** @typedef {{x: number, y: number}} Point */

const HEAD = 5; // of an arrow, in px

/**
 * The corners of one addition, in px: the stream lies along the horizontal, what is added starts at its end. What takes
 * the place of the stream starts where the stream does.
 * @param {Move} move
 * @param {number} scale px per unit of length
 * @param {Point} from
 * @returns {{from: Point, tip: Point, end: Point}}
 */
export function cornersOf({ x, added, cosine, replaces }, scale, from) {
  const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
  const tip = { x: from.x + x * scale, y: from.y };
  const start = replaces ? from : tip;
  return { from, tip, end: { x: start.x + added * cosine * scale, y: start.y - added * sine * scale } };
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function line(a, b) {
  return `M${a.x.toFixed(1)},${a.y.toFixed(1)}L${b.x.toFixed(1)},${b.y.toFixed(1)}`;
}

/**
 * @param {Point} a
 * @param {Point} b
 * @param {number} [size]
 */
function arrow(a, b, size = HEAD) {
  const angle = Math.atan2(b.y - a.y, b.x - a.x);
  const long = Math.hypot(b.x - a.x, b.y - a.y);
  const head = Math.min(size, long / 2);
  /** @param {number} turn */
  const barb = (turn) => ({ x: b.x - head * Math.cos(angle + turn), y: b.y - head * Math.sin(angle + turn) });
  return line(a, b) + line(barb(0.5), b) + line(barb(-0.5), b);
}

/**
 * How large everything may be, so that every addition fits into its cell: one scale for all, so that cells compare.
 * @param {Move[]} moves
 * @param {number} width
 * @param {number} height
 */
export function scaleOf(moves, width, height) {
  let [wide, high] = [1e-9, 1e-9];
  for (const { x, added, cosine, replaces } of moves) {
    const end = (replaces ? 0 : x) + added * cosine;
    wide = Math.max(wide, Math.max(x, end) - Math.min(0, end));
    high = Math.max(high, added * Math.sqrt(Math.max(0, 1 - cosine * cosine)));
  }
  return Math.min(width / wide, height / high);
}

/**
 * How far the end of an addition points back beyond its start.
 * @param {Move} move
 */
function backOf({ x, added, cosine, replaces }) {
  return Math.max(0, -((replaces ? 0 : x) + added * cosine));
}

/** Words × sublayers, one addition per cell. */
export class ArrowMatrix {
  /** @param {(row: number, col: number) => void} pick */
  constructor(pick) {
    this.streams = svg('path', { class: 'x' });
    this.added = svg('path', { class: 'added' });
    this.sums = svg('path', { class: 'sum' });
    this.grid = svg('path', { class: 'grid' });
    this.here = svg('rect', { class: 'here' });
    this.edge = svg('rect', { class: 'cell-edge' });
    this.rows = svg('g', { class: 'rows' });
    this.cols = svg('g', { class: 'cols' });
    this.node = svg('svg', { class: 'arrows', role: 'img' }, this.here, this.grid, this.sums, this.streams, this.added, this.edge, this.rows, this.cols);
    this.size = { left: 0, top: 0, w: 1, h: 1, rows: 0, cols: 0 };
    this.node.addEventListener('click', (event) => {
      const box = this.node.getBoundingClientRect();
      const { left, top, w, h, rows, cols } = this.size;
      const [row, col] = [Math.floor((event.clientY - box.top - top) / h), Math.floor((event.clientX - box.left - left) / w)];
      if (row >= 0 && row < rows && col < cols) pick(row, Math.max(0, col));
    });
  }

  /**
   * @param {Scene} scene
   * @param {{rows: Label[], cols: string[], moves: Move[][], here: {row: number | null, col: number}}} data moves: by row and column
   * @param {{width: number, height: number}} box
   */
  draw(scene, { rows, cols, moves, here }, { width, height }) {
    const wall = scene.look.projector;
    const [left, top, word] = wall ? [210, 34, 22] : [150, 26, 16];
    const w = Math.min(wall ? 240 : 150, Math.floor((width - left - 2) / Math.max(1, cols.length)));
    const h = Math.min(wall ? 76 : 60, Math.floor((height - top - 2) / Math.max(1, rows.length)));
    this.size = { left, top, w, h, rows: rows.length, cols: cols.length };
    const scale = scaleOf(moves.flat(), w - 14, h - 8);
    const drawn = { streams: '', added: '', sums: '' };
    moves.forEach((line1, i) =>
      line1.forEach((move, j) => {
        const back = backOf(move) * scale; // what points back beyond the start needs room
        const { from, tip, end } = cornersOf(move, scale, { x: left + j * w + 6 + back, y: top + (i + 1) * h - 5 });
        drawn.streams += line(from, tip);
        drawn.added += arrow(move.replaces ? from : tip, end);
        if (!move.replaces) drawn.sums += line(from, end);
      }),
    );
    const [right, bottom] = [left + cols.length * w, top + rows.length * h];
    set(this.node, { width, height, viewBox: `0 0 ${width} ${height}`, 'data-replaces': moves[0]?.[0]?.replaces ? 'true' : null });
    set(this.streams, { d: drawn.streams });
    set(this.added, { d: drawn.added });
    set(this.sums, { d: drawn.sums });
    const across = Array.from({ length: rows.length + 1 }, (_, i) => `M${left},${top + i * h + 0.5}H${right}`);
    const down = Array.from({ length: cols.length + 1 }, (_, j) => `M${left + j * w + 0.5},${top}V${bottom}`);
    set(this.grid, { d: [...across, ...down].join('') });
    const { row, col } = here;
    set(this.here, { x: 0, y: top + (row ?? 0) * h, width: left, height: h, visibility: row === null ? 'hidden' : 'visible' });
    set(this.edge, { x: left + col * w + 1, y: top + (row ?? 0) * h + 1, width: w - 1, height: h - 1, visibility: row === null || col < 0 ? 'hidden' : 'visible' });
    this.name(scene, rows, cols, word);
  }

  /**
   * @param {Scene} scene
   * @param {Label[]} rows
   * @param {string[]} cols
   * @param {number} word size in px
   */
  name({ palette, look }, rows, cols, word) {
    const { left, top, w, h } = this.size;
    const note = look.projector ? 20 : 13;
    join(
      this.rows,
      rows,
      () => svg('text', { 'text-anchor': 'end' }, svg('title')),
      (node, label, i) => {
        const shown = fit(label.text, left - 16, { size: Math.min(word, h), smallest: note, family: palette.fonts.word, weight: 400 });
        const title = node.querySelector('title') ?? svg('title');
        write(title, label.full);
        node.replaceChildren(title, shown.text);
        set(node, { x: left - 8, y: top + (i + 0.5) * h + shown.size * 0.34, 'font-size': shown.size, 'font-family': palette.fonts.word });
      },
    );
    join(
      this.cols,
      cols,
      () => svg('text', { 'text-anchor': 'middle' }),
      (node, text, j) => {
        const shown = fit(text, w - 4, { size: note, smallest: note, family: palette.fonts.ui, weight: 600 });
        write(node, shown.text);
        set(node, { x: left + (j + 0.5) * w, y: top - 8, 'font-size': note, 'font-weight': 600 });
      },
    );
  }
}

/** One addition large, with its lengths and its angle. */
export class ArrowPicture {
  constructor() {
    this.x = svg('path', { class: 'x' });
    this.added = svg('path', { class: 'added' });
    this.sum = svg('path', { class: 'sum' });
    this.words = svg('g', {});
    this.svg = svg('svg', { class: 'arrows', role: 'img' }, this.sum, this.x, this.added, this.words);
    this.node = el('div', { class: 'arrow-picture' }, this.svg);
  }

  /**
   * @param {Scene} scene
   * @param {Move} move
   * @param {{width: number, height: number}} box
   */
  draw({ say, look }, move, { width, height }) {
    const note = look.projector ? 20 : 14;
    const margin = { x: note * 5, y: note * 1.8 };
    const scale = scaleOf([move], width - 2 * margin.x, height - 2 * margin.y);
    const back = backOf(move) * scale;
    const { from, tip, end } = cornersOf(move, scale, { x: margin.x + back, y: height - margin.y });
    set(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    set(this.x, { d: arrow(from, tip, 9) });
    const start = move.replaces ? from : tip;
    set(this.added, { d: arrow(start, end, 9) });
    set(this.sum, { d: move.replaces ? '' : line(from, end) });
    set(this.svg, { 'data-replaces': move.replaces ? 'true' : null });
    const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
    const half = { x: (from.x + end.x) / 2, y: (from.y + end.y) / 2 };
    const texts = [
      { text: `x ${num(move.x)}`, x: (from.x + tip.x) / 2, y: from.y + note * 1.25, anchor: 'middle' },
      { text: say('encoder.stream.plus', { length: num(move.added) }), x: middle.x + 10, y: middle.y + note * 0.6, anchor: 'start' },
      ...(move.replaces ? [] : [{ text: say('encoder.stream.sum', { length: num(move.sum) }), x: half.x - 8, y: half.y - 6, anchor: 'end' }]),
    ];
    join(
      this.words,
      texts,
      () => svg('text'),
      (node, { text, x, y, anchor }) => {
        write(node, text);
        set(node, { x, y, 'text-anchor': anchor, 'font-size': note });
      },
    );
  }
}
