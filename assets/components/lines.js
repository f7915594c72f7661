/** One block as lines: queries at the left, keys at the right, one line per head and pair, as thick as its weight. */

import { el, join, set, svg, write } from './dom.js';
import { penOf } from './draw.js';
import { short } from './format.js';
import { curve, headsShown, keyY, LABELLED, linksOfRow, linksPointedAt, queryY, THINNEST, thicknessOf } from './links.js';
import { keepVisible } from './matrix.js';
import { headColour } from './theme.js';
import { fit } from './tokens.js';

/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./scene.js').Scene} Scene */
/**
 * @typedef {object} LinesSize
 * @property {number} width
 * @property {number} height
 * @property {number} row height of a row
 * @property {number} top where the rows begin
 * @property {number} queries right end of the queries
 * @property {number} keys left end of the keys
 * @property {number} bars left end of the bars
 * @property {number} bar length of the bar of weight 1
 * @property {number} others room for the names of the heads beside the strongest
 * @property {number} word
 * @property {number} small
 * @property {number} note
 */

export class Lines {
  constructor() {
    this.heading = svg('svg', { class: 'lines-heading' });
    this.rest = el('canvas', { class: 'lines-rest', 'aria-hidden': 'true' });
    this.live = svg('g', { class: 'lines-live' });
    this.here = svg('rect', { class: 'query-here', rx: 3 });
    this.queries = svg('g', { class: 'lines-queries', role: 'group' });
    this.keys = svg('g', { class: 'lines-keys' });
    this.drawing = svg('svg', { class: 'lines-drawing' }, this.here, this.live, this.queries, this.keys);
    this.field = el('div', { class: 'lines-field' }, this.rest, this.drawing);
    this.scroll = el('div', { class: 'lines-scroll' }, this.heading, this.field);
    this.node = el('div', { class: 'lines', 'data-part': 'lines' }, this.scroll);
    /** @type {LinesSize | null} */
    this.size = null;
    this.painted = '';
  }

  /**
   * @param {Scene} scene
   * @param {LinesSize} size
   */
  draw(scene, size) {
    this.size = size;
    const { grid } = scene;
    const height = size.row * Math.max(grid.rows.length, grid.cols.length);
    set(this.node, { style: `width:${size.width}px;height:${size.height}px` });
    set(this.heading, { width: size.width, height: size.top });
    set(this.drawing, { width: size.width, height: height + 4 });
    set(this.queries, { 'aria-label': scene.say('explore.axis.queries') });
    set(this.here, { x: 1, width: size.queries - 2, height: size.row - 3 });
    this.drawHeading(scene, size);
    this.drawQueries(scene, size);
    this.drawKeys(scene, size);
    this.painted = '';
    this.point(scene);
  }

  /**
   * @param {Scene} scene
   * @param {LinesSize} size
   */
  drawHeading({ grid, say }, size) {
    const decoder = grid.block.kind !== 'encoder';
    const texts = [
      { x: 0, y: size.top - 12 - size.note * 1.4, text: say('explore.axis.queries'), strong: true },
      { x: 0, y: size.top - 12, text: say(decoder ? 'explore.axis.reads_writes' : 'explore.axis.source_word'), strong: false },
      { x: size.keys, y: size.top - 12 - size.note * 1.4, text: say('explore.axis.keys'), strong: true },
      { x: size.keys, y: size.top - 12, text: say('explore.axis.keys_' + grid.block.kind), strong: false },
    ];
    join(
      this.heading,
      texts,
      () => svg('text', {}),
      (node, { x, y, text, strong }) => {
        write(node, text);
        set(node, { x, y, class: strong ? 'axis' : 'note', 'font-size': strong ? size.note + 1 : size.note });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {LinesSize} size
   */
  drawQueries({ grid, palette }, size) {
    const decoder = grid.block.kind !== 'encoder';
    const family = palette.fonts.word;
    const middle = Math.round(size.queries * 0.38);
    join(
      this.queries,
      grid.rows,
      () =>
        svg('g', { class: 'query', role: 'button' }, svg('rect'), svg('text', { class: 'reads' }), svg('text'), svg('text', { class: 'writes' })),
      (node, row, at) => {
        const [ground, reads, arrow, writes] = node.children;
        const y = queryY(size, at);
        const full = decoder ? `${grid.reads[row].full} → ${grid.writes[row].full}` : grid.writes[row].full;
        set(node, { 'data-row': row, 'aria-label': full });
        set(ground, { x: 0, y: y - size.row / 2, width: size.queries, height: size.row, fill: 'transparent' });
        const word = fit(grid.writes[row].text, decoder ? size.queries - middle - 24 : size.queries - 16, {
          size: size.word,
          smallest: size.note + 1,
          family,
        });
        write(writes, word.text);
        const edge = decoder ? { x: middle + 20, 'text-anchor': 'start' } : { x: size.queries - 8, 'text-anchor': 'end' };
        set(writes, { ...edge, y: y + word.size * 0.33, 'font-size': word.size });
        const read = fit(grid.reads[row].text, middle - 3, { size: size.small, smallest: size.note, family, weight: 400 });
        write(reads, decoder ? read.text : '');
        set(reads, { x: middle - 2, y: y + word.size * 0.33, 'text-anchor': 'end', 'font-size': read.size });
        write(arrow, decoder ? '→' : '');
        set(arrow, { x: middle + 2, y: y + word.size * 0.33, 'font-size': size.small, class: 'arrow' });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {LinesSize} size
   */
  drawKeys({ grid, palette }, size) {
    const family = palette.fonts.word;
    join(
      this.keys,
      grid.cols,
      () => svg('g', { class: 'key' }, svg('rect'), svg('text', { class: 'word' }), svg('g'), svg('text', { class: 'best' }), svg('text', { class: 'others', lengthAdjust: 'spacingAndGlyphs' })),
      (node, col, at) => {
        const [ground, word, , best, others] = node.children;
        const y = keyY(size, grid, at);
        set(node, { 'data-key': col });
        set(ground, { x: size.keys - 4, y: y - size.row / 2, width: size.width - size.keys + 4, height: size.row, fill: 'transparent' });
        const shown = fit(grid.keys[col].text, size.bars - size.keys - 4, { size: size.word, smallest: size.note + 1, family });
        write(word, shown.text);
        set(word, { x: size.keys, y: y + shown.size * 0.33, 'font-size': shown.size });
        set(others, { x: size.width - size.others - 2, y: y + size.note * 0.36, 'font-size': size.note });
        set(best, { x: size.width - size.others - 6, y: y + size.note * 0.36, 'text-anchor': 'end', 'font-size': size.note + 1 });
      },
    );
  }

  /**
   * Show the lines of the row pointed at in full, and all others in grey. Attributes only.
   * @param {Scene} scene
   */
  point(scene) {
    const { size } = this;
    if (!size) return;
    const { grid } = scene;
    const at = scene.row === null ? -1 : grid.rows.indexOf(scene.row);
    const row = at < 0 ? null : scene.row;
    this.paintRest(scene, row !== null || scene.view.byKey);
    set(this.here, { visibility: at < 0 ? 'hidden' : 'visible', y: queryY(size, Math.max(0, at)) - size.row / 2 + 1 });
    const links = linksPointedAt(scene, row);
    const strongest = thicknessOf(scene);
    join(
      this.live,
      links,
      () => svg('path', { fill: 'none' }),
      (node, link) =>
        set(node, {
          d: curve(scene, size, link),
          stroke: headColour(scene.palette, link.head),
          'stroke-width': Math.max(1, link.weight * strongest),
          'stroke-opacity': 0.35 + 0.6 * link.weight,
        }),
    );
    this.pointQueries(row);
    this.pointKeys(scene, size, row);
  }

  /** @param {number | null} row */
  pointQueries(row) {
    const stop = row ?? Number(this.queries.firstElementChild?.getAttribute('data-row'));
    for (const node of this.queries.children) {
      const mine = Number(node.getAttribute('data-row'));
      set(node, { 'aria-pressed': String(mine === row), tabindex: mine === stop ? 0 : -1 });
      node.classList.toggle('strong', mine === row);
    }
  }

  /**
   * @param {Scene} scene
   * @param {LinesSize} size
   * @param {number | null} row
   */
  pointKeys(scene, size, row) {
    const { grid, view, palette } = scene;
    const heads = headsShown(view.shown);
    const thick = heads.length > 1 ? Math.max(2, Math.min(5, Math.floor((size.row - 4) / heads.length) - 1)) : 9;
    [...this.keys.children].forEach((node, at) => {
      const col = grid.cols[at];
      const weights = heads.map((head) => (row === null || grid.masked(row, col) ? 0 : grid.at(head, row, col)));
      const best = weights.reduce((a, weight, i) => (weight > weights[a] ? i : a), 0);
      const [, , bars, label, others] = node.children;
      const top = keyY(size, grid, at) - ((thick + 1) * heads.length) / 2;
      join(
        bars,
        heads,
        () => svg('rect'),
        (bar, head, i) =>
          set(bar, {
            x: size.bars,
            y: top + i * (thick + 1),
            width: weights[i] >= 0.03 ? weights[i] * size.bar : 0,
            height: thick,
            fill: headColour(palette, head),
          }),
      );
      write(label, weights[best] > LABELLED ? scene.say('explore.head_weight', { head: heads[best] + 1, weight: short(weights[best]) }) : '');
      const names = othersOf(weights, heads, best);
      write(others, names);
      set(others, { textLength: names.length > 4 ? size.others : null });
      node.classList.toggle('strong', weights[best] > 0.5 || col === view.col);
      node.classList.toggle('faint', row !== null && weights[best] < THINNEST);
    });
  }

  /**
   * All lines at rest, on one canvas: coloured when nothing is pointed at, else grey. Painted only when that changes.
   * @param {Scene} scene
   * @param {boolean} grey
   */
  paintRest(scene, grey) {
    const { size } = this;
    const state = `${grey}`;
    if (!size || state === this.painted) return;
    this.painted = state;
    const { grid, palette } = scene;
    const pen = penOf(this.rest, size.width, size.row * Math.max(grid.rows.length, grid.cols.length));
    for (const link of grid.rows.flatMap((row) => linksOfRow(scene, row))) {
      if (grey && link.weight < 0.3) continue;
      pen.strokeStyle = grey ? palette.line2 : headColour(palette, link.head);
      pen.globalAlpha = grey ? 0.45 : 0.12 + 0.6 * link.weight;
      pen.lineWidth = grey ? 1 : Math.max(1, 4 * link.weight);
      pen.stroke(new Path2D(curve(scene, size, link)));
    }
  }

  /** @param {number | null} row */
  focusRow(row) {
    const node = [...this.queries.children].find((query) => Number(query.getAttribute('data-row')) === row);
    if (node instanceof SVGElement) node.focus({ preventScroll: true });
  }

  /**
   * Scroll to the row pointed at, when a key asked for it.
   * @param {Scene} scene
   */
  reveal(scene) {
    if (!this.size || scene.row === null) return;
    keepVisible(this.scroll, scene.grid.rows.indexOf(scene.row) * this.size.row, this.size.row, this.size.top);
  }
}

/**
 * The other heads whose bars at a key can be told, the stronger ones first.
 * @param {number[]} weights
 * @param {number[]} heads
 * @param {number} best the place of the strongest, which is named already
 */
function othersOf(weights, heads, best) {
  const others = heads.map((_, i) => i).filter((i) => i !== best && weights[i] >= LABELLED);
  others.sort((a, b) => weights[b] - weights[a]);
  return others.length ? 'H' + others.map((i) => heads[i] + 1).join(',') : '';
}
