/**
 * One row of one head in both texts of a pair, such as the pronoun's: one token differs, and the row moves. Where there
 * is no pair, the row pointed at, in every head.
 */

import { blockOf, rowSide } from './blocks.js';
import { el, join, set, svg, write } from './dom.js';
import { beside, short } from './format.js';
import { gridOf, mostRead } from './grid.js';
import { hasRoads } from './road.js';
import { hatchPattern, RowHeads } from './rowheads.js';
import { weightScale } from './scales.js';
import { fit } from './tokens.js';
import { defaultRows } from './view.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./payload.js').Trace} Trace */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {{trace: Trace, grid: Grid, row: number, now: boolean}} Strip */
/** @typedef {{width: number, label: number, cell: number, word: number, note: number, y: number}} PairSize */

const WORDY = 56; // a cell so wide can carry its word

export class Pair {
  constructor() {
    this.title = el('h3');
    this.lines = svg('g');
    this.rows = svg('svg', { role: 'img' }, hatchPattern('pair-hatch'), this.lines);
    this.empty = el('p', { class: 'quiet' });
    this.both = el('div', {}, this.title, this.rows, this.empty);
    this.single = new RowHeads();
    this.node = el('section', { class: 'pair', 'data-part': 'pair' }, this.both, this.single.node);
  }

  /** @param {Scene} scene */
  point(scene) {
    if (!this.single.node.hidden) this.single.draw(scene);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { view, say, look } = scene;
    const size = look.projector
      ? { width: Math.min(1180, look.width), label: 130, cell: 50, step: 150, word: 28, note: 20 }
      : { width: look.stage < 760 ? 200 : 262, label: 58, cell: 20, step: 46, word: 16, note: 13 };
    this.node.style.width = look.projector ? '' : size.width + 'px';
    const alone = !isPair(scene);
    set(this.both, { hidden: alone ? '' : null });
    set(this.single.node, { hidden: alone ? null : '' });
    if (alone) return this.single.draw(scene);
    const strips = stripsOf(scene);
    write(this.title, say(strips.length > 1 ? 'explore.pair.title' : 'explore.pair.one', { head: view.head + 1 }));
    write(this.empty, strips.length ? '' : say('explore.pair.none'));
    set(this.rows, {
      width: size.width,
      height: strips.length * size.step + 2,
      'aria-label': strips.map((strip) => saidOf(strip, view.head, say)).join(' '),
    });
    join(
      this.lines,
      strips,
      () => svg('g', {}, svg('text', { class: 'word' }), svg('text', { class: 'flipped word' }), svg('g'), svg('g'), svg('rect'), svg('text', { class: 'best word' }), svg('text', { class: 'inside', 'text-anchor': 'middle' })),
      (node, strip, at) => drawStrip(node, strip, scene, { ...size, y: at * size.step + 2 }),
    );
  }
}

/**
 * Is there a pair to compare? A model that was measured on pronouns always compares them, or says that there is none.
 * @param {Scene} scene
 */
export function isPair(scene) {
  return hasRoads(scene.header) || (scene.payload.traces.length > 1 && stripsOf(scene).length > 1);
}

/**
 * The row worth watching in both texts, in the order of the two tokens of the flip.
 * @param {Scene} scene
 * @returns {Strip[]}
 */
function stripsOf({ payload, trace, view }) {
  const traces = [...payload.traces].sort((a, b) => (a.flip?.index ?? 0) - (b.flip?.index ?? 0));
  return traces.flatMap((one) => {
    const row = defaultRows(one)[rowSide(blockOf(view.block).kind)];
    return row === null ? [] : [{ trace: one, grid: gridOf(one, view.block, view.bare), row, now: one === trace }];
  });
}

/**
 * @param {Strip} strip
 * @param {number} head
 * @param {import('./strings.js').Say} say
 */
function saidOf({ trace, grid, row }, head, say) {
  const col = mostRead(grid, head, row);
  const word = trace.flip ? trace.flip.words[trace.flip.index] : '';
  return say('explore.pair.said', { flip: word, row: grid.writes[row].text, key: grid.keys[col].text, weight: short(grid.at(head, row, col)) });
}

/**
 * @param {SVGGElement} node
 * @param {Strip} strip
 * @param {Scene} scene
 * @param {PairSize} size
 */
function drawStrip(node, strip, scene, size) {
  const [word, flipped, cells, keys, frame, best, inside] = node.children;
  const pitch = Math.min(size.cell * 1.6, (size.width - size.label - 2) / strip.grid.cols.length);
  node.classList.toggle('strong', strip.now);
  drawName(word, flipped, strip, scene, size);
  drawCells(cells, strip, scene, size, pitch);
  drawKeys(keys, strip, scene, size, pitch);
  drawBest({ frame, best, inside }, strip, scene, size, pitch);
}

/**
 * Which row it is, and which word makes the difference.
 * @param {Element} word
 * @param {Element} flipped
 * @param {Strip} strip
 * @param {Scene} scene
 * @param {PairSize} size
 */
function drawName(word, flipped, { trace, grid, row }, { palette }, size) {
  const type = { smallest: size.note, family: palette.fonts.word };
  const y = size.y + size.cell * 0.5 + size.word * 0.2;
  const name = fit(grid.writes[row].text, size.label - 6, { ...type, size: size.word });
  write(word, name.text);
  set(word, { x: 0, y, 'font-size': name.size });
  write(flipped, trace.flip ? fit(trace.flip.words[trace.flip.index], size.label + 4, { ...type, size: size.note }).text : '');
  set(flipped, { x: 0, y: y + size.note * 1.3, 'font-size': size.note });
}

/**
 * @param {Element} cells
 * @param {Strip} strip
 * @param {Scene} scene
 * @param {PairSize} size
 * @param {number} pitch
 */
function drawCells(cells, { grid, row }, { view, palette }, size, pitch) {
  const scale = weightScale(palette);
  join(
    cells,
    grid.cols,
    () => svg('rect'),
    (cell, col, at) =>
      set(cell, {
        x: size.label + at * pitch,
        y: size.y,
        width: Math.max(1, pitch - 1),
        height: size.cell,
        fill: grid.masked(row, col) ? 'url(#pair-hatch)' : scale.fill(grid.at(view.head, row, col)),
        stroke: palette.line,
      }),
  );
}

/**
 * On the projector there is room for every key below its cell.
 * @param {Element} keys
 * @param {Strip} strip
 * @param {Scene} scene
 * @param {PairSize} size
 * @param {number} pitch
 */
function drawKeys(keys, { grid, row }, { view, palette }, size, pitch) {
  const top = mostRead(grid, view.head, row);
  const type = { size: size.note, smallest: size.note, family: palette.fonts.word, weight: 400 };
  join(
    keys,
    pitch > WORDY ? grid.cols.filter((col) => col !== top) : [],
    () => svg('text', { class: 'word faint', 'text-anchor': 'middle' }),
    (text, col) => {
      write(text, fit(grid.keys[col].text, pitch - 6, type).text);
      set(text, { x: size.label + (grid.cols.indexOf(col) + 0.5) * pitch, y: size.y + size.cell + size.note + 2, 'font-size': size.note });
    },
  );
}

/**
 * Frame the key that is read most, and say how much.
 * @param {{frame: Element, best: Element, inside: Element}} nodes
 * @param {Strip} strip
 * @param {Scene} scene
 * @param {PairSize} size
 * @param {number} pitch
 */
function drawBest({ frame, best, inside }, { grid, row }, { view, palette }, size, pitch) {
  const top = mostRead(grid, view.head, row);
  const weight = grid.at(view.head, row, top);
  const wordy = pitch > WORDY;
  const x = size.label + grid.cols.indexOf(top) * pitch;
  set(frame, { class: 'frame', x: x - 1, y: size.y - 1, width: pitch + 1, height: size.cell + 2 });
  write(inside, wordy ? short(weight) : '');
  const y = size.y + size.cell * 0.5 + size.note * 0.36;
  set(inside, { x: x + pitch / 2, y, 'font-size': size.note, style: `fill:${weightScale(palette).text(weight)}` });
  const [anchor, at] = x < size.width * 0.3 && !wordy ? ['start', x] : x > size.width * 0.8 ? ['end', x + pitch] : ['middle', x + pitch / 2];
  write(best, wordy ? grid.keys[top].text : beside(grid.keys[top].text, short(weight)));
  set(best, { x: at, y: size.y + size.cell + size.note + 2, 'text-anchor': anchor, 'font-size': size.note });
}
