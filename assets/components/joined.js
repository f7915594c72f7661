/** One layer as one square: source and target words on both sides, three attention maps, and a quadrant that is never computed. */

import { blockOf } from './blocks.js';
import { el, join, set, svg, write } from './dom.js';
import { hatch, penOf } from './draw.js';
import { wordsOf } from './grid.js';
import { GAP, place, quadrantsOf, sizeOf } from './joinedlayout.js';
import { weightScale } from './scales.js';
import { headColour } from './theme.js';
import { fit, standUpright, widthOf } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./joinedlayout.js').Quadrant} Quadrant */
/** @typedef {import('./joinedlayout.js').JoinedSize} JoinedSize */

export class Joined {
  constructor() {
    this.canvas = el('canvas', { role: 'img', 'data-part': 'joined' });
    this.words = svg('g', { class: 'joined-words' });
    this.groups = svg('g', { class: 'joined-groups' });
    this.frames = svg('g', { class: 'joined-frames' });
    this.glow = svg('rect', { class: 'row-glow' });
    this.edge = svg('rect', { class: 'row-edge' });
    this.never = el('div', { class: 'joined-never' });
    this.axes = el('div', { class: 'matrix-axes' }, el('b'), el('b'));
    this.marks = svg('svg', { class: 'joined-marks', 'aria-hidden': 'true' }, this.words, this.groups, this.frames, this.glow, this.edge);
    this.field = el('div', { class: 'joined-field' }, this.canvas, this.marks, this.never, this.axes);
    this.scroll = el('div', { class: 'joined-scroll' }, this.field);
    this.title = el('div', { class: 'head-title' }, el('i'), el('b'));
    this.captions = el('dl', { class: 'joined-captions' });
    this.node = el('div', { class: 'joined' }, this.scroll, el('div', { class: 'joined-side' }, this.title, this.captions));
    /** @type {{quadrants: Quadrant[], size: JoinedSize, src: number[], tgt: number[]} | null} */
    this.now = null;
  }

  /** @param {Scene} scene */
  draw(scene) {
    const quadrants = quadrantsOf(scene);
    const [encoder, decoder] = quadrants;
    const { rows: src } = encoder.grid;
    const { rows: tgt, cols: read } = decoder.grid;
    const size = sizeOf(scene, src.length + Math.max(tgt.length, read.length));
    this.now = { quadrants, size, src, tgt };
    const [across, down] = [(src.length + read.length) * size.cell + GAP, (src.length + tgt.length) * size.cell + GAP];
    set(this.field, { style: `width:${size.left + across + 34}px;height:${size.top + down + 8}px` });
    set(this.scroll, { style: `height:${scene.look.height + (scene.look.projector ? 0 : 122)}px` });
    set(this.marks, { width: size.left + across + 34, height: size.top + down + 8 });
    this.canvas.style.left = size.left + 'px';
    this.canvas.style.top = size.top + 'px';
    this.paint(scene, across, down);
    this.writeAxes(scene);
    this.drawWords(scene);
    this.drawGroups(scene);
    this.drawFrames(scene);
    this.drawNever(scene, read.length);
    this.drawCaptions(scene);
    this.point(scene);
  }

  /**
   * @param {Scene} scene
   * @param {number} across
   * @param {number} down
   */
  paint({ palette, view, say }, across, down) {
    if (!this.now) return;
    const { size } = this.now;
    const pen = penOf(this.canvas, across, down);
    const scale = weightScale(palette);
    hatch(pen, palette, 0, 0, across, down, 6);
    for (const { grid, left, top } of this.now.quadrants) {
      grid.rows.forEach((row, i) =>
        grid.cols.forEach((col, j) => {
          if (grid.masked(row, col)) return;
          pen.fillStyle = scale.fill(grid.at(view.head, row, col));
          pen.fillRect(place(left + j, this.now?.src.length ?? 0, size), place(top + i, this.now?.src.length ?? 0, size), size.cell - 0.8, size.cell - 0.8);
        }),
      );
    }
    set(this.canvas, { 'aria-label': say('explore.joined.label', { head: view.head + 1 }) });
  }

  /** @param {Scene} scene */
  writeAxes({ say }) {
    const [keys, queries] = this.axes.children;
    write(keys, say('explore.axis.keys_right'));
    write(queries, say('explore.axis.queries_down'));
  }

  /** @param {Scene} scene */
  drawWords({ trace, palette, look }) {
    if (!this.now) return;
    const { size, src, tgt, quadrants } = this.now;
    const words = wordsOf(trace);
    const columns = [...src.map((i) => words.src[i]), ...quadrants[1].grid.cols.map((i) => words.tgtIn[i])];
    const rows = [...src.map((i) => words.src[i]), ...tgt.map((i) => words.tgtOut[i])];
    const type = { size: size.word, smallest: look.projector ? 20 : 13, family: palette.fonts.word };
    const upright = standUpright(columns, size.cell, `700 ${size.word}px ${palette.fonts.word}`);
    const items = [
      ...columns.map((label, at) => ({ label, at, column: true })),
      ...rows.map((label, at) => ({ label, at, column: false })),
    ];
    join(
      this.words,
      items,
      () => svg('text'),
      (node, { label, at, column }) => {
        const shown = fit(label.text, column ? size.top - size.word * 1.7 : size.left - size.word * 1.2 - 12, type);
        const middle = place(at, src.length, size) + size.cell / 2;
        write(node, shown.text);
        const hidden = at % size.every ? 'hidden' : null;
        const lean = upright ? `translate(${size.left + middle},${size.top - 8})` : `translate(${size.left + middle + 4},${size.top - 6}) rotate(-60)`;
        const across = { x: null, y: null, 'text-anchor': upright ? 'middle' : 'start', transform: lean };
        const down = { x: size.left - 8, y: size.top + middle + shown.size * 0.33, 'text-anchor': 'end', transform: null };
        set(node, { ...(column ? across : down), 'font-size': shown.size, 'data-place': column ? null : at, visibility: hidden });
      },
    );
  }

  /**
   * Say at each group of rows and columns what its words are: only the rows of the decoder write.
   * @param {Scene} scene
   */
  drawGroups({ say, palette }) {
    if (!this.now) return;
    const { size, src, tgt, quadrants } = this.now;
    const columns = quadrants[1].grid.cols.length;
    const groups = [
      { at: 0, n: src.length, column: true, text: say('explore.axis.keys_encoder') },
      { at: src.length, n: columns, column: true, text: say('explore.axis.keys_decoder') },
      { at: 0, n: src.length, column: false, text: say('explore.axis.keys_encoder') },
      { at: src.length, n: tgt.length, column: false, text: say('explore.axis.word_written') },
    ];
    join(
      this.groups,
      groups,
      () => svg('text'),
      (node, { at, n, column, text }) => {
        const begin = place(at, src.length, size);
        const fits = widthOf(text, `400 ${size.word}px ${palette.fonts.ui}`) <= n * size.cell;
        write(node, fits ? text : '');
        const beside = `translate(${size.word},${size.top + begin + (n * size.cell) / 2}) rotate(-90)`;
        const above = `translate(${size.left + begin + 4},${size.word - 1})`;
        set(node, { transform: column ? above : beside, 'text-anchor': column ? 'start' : 'middle', 'font-size': size.word });
      },
    );
  }

  /** @param {Scene} scene */
  drawFrames({ palette }) {
    if (!this.now) return;
    const { size, src, quadrants } = this.now;
    join(
      this.frames,
      quadrants,
      () => svg('rect', { fill: 'none' }),
      (node, { grid, left, top }) => {
        const cross = grid.block.kind === 'cross';
        set(node, {
          x: size.left + place(left, src.length, size) - 0.5,
          y: size.top + place(top, src.length, size) - 0.5,
          width: grid.cols.length * size.cell,
          height: grid.rows.length * size.cell,
          stroke: cross ? palette.stream : palette.ink,
          'stroke-width': cross ? 2.5 : 1.5,
        });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {number} columns
   */
  drawNever({ say, palette, look }, columns) {
    if (!this.now) return;
    const { size, src } = this.now;
    write(this.never, say('explore.joined.never_here'));
    const room = widthOf(say('explore.joined.never_here'), `700 ${look.projector ? 20 : 14}px ${palette.fonts.ui}`) + 30;
    const x = size.left + place(src.length, src.length, size) + (columns * size.cell) / 2;
    set(this.never, { style: `left:${x}px;top:${size.top + (src.length * size.cell) / 2}px`, hidden: columns * size.cell < room ? '' : null });
  }

  /** @param {Scene} scene */
  drawCaptions(scene) {
    if (!this.now) return;
    const { say, view, palette } = scene;
    set(this.title.children[0], { style: `background:${headColour(palette, view.head)}` });
    write(this.title.children[1], say('explore.joined.head', { head: view.head + 1 }));
    const [encoder, decoder, cross] = this.now.quadrants.map(({ grid }) => say('explore.block.' + grid.block.kind, { layer: grid.block.layer + 1 }));
    const captions = [
      { term: encoder, key: 'encoder', text: 'explore.joined.encoder_text' },
      { term: say('explore.joined.never'), key: 'never', text: 'explore.joined.never_text' },
      { term: cross, key: 'cross', text: 'explore.joined.cross_text' },
      { term: decoder, key: 'decoder', text: 'explore.joined.decoder_text' },
    ];
    join(
      this.captions,
      captions,
      () => el('div', {}, el('dt'), el('dd')),
      (node, { term, key, text }) => {
        set(node, { class: key });
        write(node.children[0], term);
        write(node.children[1], say(text));
      },
    );
  }

  /** @param {Scene} scene */
  point({ view, row }) {
    if (!this.now) return;
    const { size, src, tgt, quadrants } = this.now;
    const encoder = blockOf(view.block).kind === 'encoder';
    const list = encoder ? src : tgt;
    const index = row === null ? -1 : list.indexOf(row);
    const at = encoder ? index : src.length + index;
    const columns = encoder ? src.length : src.length + quadrants[1].grid.cols.length;
    const box = {
      x: size.left - 3,
      y: size.top + place(at, src.length, size) - 2,
      width: columns * size.cell + (encoder ? 0 : GAP) + 5,
      height: size.cell + 3,
      visibility: index < 0 ? 'hidden' : 'visible',
    };
    set(this.edge, box);
    set(this.glow, box);
    for (const node of this.words.querySelectorAll('[data-place]')) {
      const mine = Number(node.getAttribute('data-place'));
      const here = index >= 0 && mine === at;
      const crowded = index >= 0 && !here && Math.abs(mine - at) < size.every;
      node.classList.toggle('strong', here);
      set(node, { visibility: here || (mine % size.every === 0 && !crowded) ? null : 'hidden' });
    }
  }

  /**
   * Which cell of which block lies under the pointer?
   * @param {MouseEvent} event
   * @returns {{block: string, row: number, col: number} | null}
   */
  hit(event) {
    if (!this.now) return null;
    const { size, src, quadrants } = this.now;
    const box = this.canvas.getBoundingClientRect();
    /** @param {number} x */
    const index = (x) => Math.floor(x < src.length * size.cell ? x / size.cell : (x - GAP) / size.cell);
    const [j, i] = [index(event.clientX - box.left), index(event.clientY - box.top)];
    const quadrant = quadrants.find(({ grid, left, top }) => i >= top && i < top + grid.rows.length && j >= left && j < left + grid.cols.length);
    if (!quadrant) return null;
    const { grid, left, top } = quadrant;
    return { block: grid.block.name, row: grid.rows[i - top], col: grid.cols[j - left] };
  }
}
