/** The pronoun's row of one head, in both sentences of a pair: one word differs, and the row moves. */

import { el, join, set, svg, write } from './dom.js';
import { short } from './format.js';
import { gridOf, mostRead } from './grid.js';
import { weightScale } from './scales.js';
import { pronounRow } from './scene.js';
import { fit } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./payload.js').Trace} Trace */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {{trace: Trace, grid: Grid, row: number, now: boolean}} Strip */

export class Pair {
  constructor() {
    this.title = el('h3');
    this.rows = svg('svg', { role: 'img' });
    this.empty = el('p', { class: 'quiet' });
    this.node = el('section', { class: 'pair', 'data-part': 'pair' }, this.title, this.rows, this.empty);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { view, say, look } = scene;
    const size = look.projector
      ? { width: Math.min(1100, look.width), label: 170, cell: 46, step: 150, word: 28, note: 20 }
      : { width: 262, label: 58, cell: 20, step: 46, word: 16, note: 13 };
    const strips = stripsOf(scene);
    write(this.title, say(strips.length > 1 ? 'explore.pair.title' : 'explore.pair.one', { head: view.head + 1 }));
    write(this.empty, strips.length ? '' : say('explore.pair.none'));
    set(this.rows, {
      width: size.width,
      height: strips.length * size.step + 2,
      'aria-label': strips.map((strip) => saidOf(strip, view.head, say)).join(' '),
    });
    join(
      this.rows,
      strips,
      () => svg('g', {}, svg('text', { class: 'word' }), svg('text', { class: 'flipped word' }), svg('g'), svg('rect'), svg('text', { class: 'best word' })),
      (node, strip, at) => drawStrip(node, strip, scene, { ...size, y: at * size.step + 2 }),
    );
  }
}

/**
 * The pronoun's row in both sentences, in the order of the two words of the flip.
 * @param {Scene} scene
 * @returns {Strip[]}
 */
function stripsOf({ payload, trace, view }) {
  const traces = [...payload.traces].sort((a, b) => (a.flip?.index ?? 0) - (b.flip?.index ?? 0));
  return traces.flatMap((one) => {
    const row = pronounRow(one, view.block);
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
 * @param {{width: number, label: number, cell: number, word: number, note: number, y: number}} size
 */
function drawStrip(node, { trace, grid, row, now }, { view, palette }, size) {
  const [word, flipped, cells, frame, best] = node.children;
  const pitch = Math.min(size.cell * 1.6, (size.width - size.label - 2) / grid.cols.length);
  const scale = weightScale(palette);
  const family = palette.fonts.word;
  const middle = size.y + size.cell * 0.5;
  write(word, fit(grid.writes[row].text, size.label - 6, { size: size.word, smallest: size.note, family }).text);
  set(word, { x: 0, y: middle + size.word * 0.2, 'font-size': size.word });
  const changed = trace.flip ? fit(trace.flip.words[trace.flip.index], size.label + 4, { size: size.note, smallest: size.note, family }) : null;
  write(flipped, changed?.text ?? '');
  set(flipped, { x: 0, y: middle + size.word * 0.2 + size.note * 1.3, 'font-size': changed?.size ?? size.note });
  node.classList.toggle('strong', now);
  join(
    cells,
    grid.cols,
    () => svg('rect'),
    (cell, col, at) => {
      const open = !grid.masked(row, col);
      set(cell, {
        x: size.label + at * pitch,
        y: size.y,
        width: Math.max(1, pitch - 1),
        height: size.cell,
        fill: open ? scale.fill(grid.at(view.head, row, col)) : palette.sunk,
        stroke: palette.line,
        'stroke-dasharray': open ? null : '2 2',
      });
    },
  );
  const top = mostRead(grid, view.head, row);
  const x = size.label + grid.cols.indexOf(top) * pitch;
  set(frame, { class: 'frame', x: x - 1, y: size.y - 1, width: pitch + 1, height: size.cell + 2 });
  write(best, `${grid.keys[top].text} ${short(grid.at(view.head, row, top))}`);
  const [anchor, at] = x < size.width * 0.3 ? ['start', x] : x > size.width * 0.8 ? ['end', x + pitch] : ['middle', x + pitch / 2];
  set(best, { x: at, y: size.y + size.cell + size.note + 2, 'text-anchor': anchor, 'font-size': size.note });
}
