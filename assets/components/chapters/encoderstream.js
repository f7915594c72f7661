/** The residual stream through the sublayers: what each adds to each word, how long it is and which way it points. */

import { el, join, listen, set, write } from '../dom.js';
import { normsAfter } from '../lacks.js';
import { Heat } from '../step/heat.js';
import { ArrowMatrix, ArrowPicture } from './encoderarrows.js';
import { moveOf, rowOf, stationsOf, sublayersOf } from './encodermath.js';
import { Choice, followed, num, Pager, rowLabels, showPanes, sideWidth, stepRow, sublayerName, windowOf } from './encoderparts.js';
import { Paths } from './encoderpaths.js';
import { principalPlane, projected } from './encoderplane.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./encodermath.js').Side} Side */
/** @typedef {import('./encodermath.js').Move} Move */
/** @typedef {import('./encodermath.js').Sublayer} Sublayer */

/** @type {Record<string, string>} measure -> what it is in one sentence */
const LONG = { arrows: 'encoder.measure.arrows_long', x: 'encoder.measure.x_long', added: 'encoder.measure.added_long', cosine: 'encoder.measure.cosine_long' };
const MEASURES = Object.keys(LONG);
const PANES = ['all', 'one', 'plane'];
const [BAR, EDGE, PICTURE] = [40, 17, 122]; // px: the line of switches, the rule beside the right column, the large arrow

export class StreamView {
  /**
   * @param {Desk} desk
   * @param {Side} side
   */
  constructor(desk, side) {
    this.desk = desk;
    this.side = side;
    this.first = { row: 0, col: 0 };
    this.measure = new Choice('measure', (value) => desk.set('measure', value));
    this.pane = new Choice('pane', (value) => desk.set('pane', value));
    this.legend = el('span', { class: 'legend' });
    this.arrows = new ArrowMatrix((row, col) => this.pick(row + this.first.row, col + this.first.col));
    this.heat = new Heat({ point: () => {}, pick: (cell) => cell && this.pick(cell.row, cell.col) });
    this.all = el('div', { class: 'pane-all' }, this.arrows.node, this.heat.node);
    this.title = el('h3');
    this.picture = new ArrowPicture();
    this.body = el('tbody');
    this.head = el('tr');
    const moves = el('table', { class: 'moves' }, el('thead', {}, this.head), this.body);
    this.one = el('div', { class: 'pane-one' }, this.title, this.picture.node, el('div', { class: 'moves-box' }, moves));
    this.plane = new Choice('plane', (value) => desk.set('plane', value));
    this.features = ['feature_x', 'feature_y'].map((name) => el('input', { type: 'number', min: 0, inputmode: 'numeric', 'data-choice': name, onchange: () => this.takeFeatures() }));
    this.paths = new Paths((row) => this.pick(row, null));
    this.planeLine = el('div', { class: 'line' }, this.plane.node, ...this.features);
    this.planeBox = el('div', { class: 'pane-plane' }, this.planeLine, this.paths.node);
    this.rows = new Pager('rows', (row) => this.pick(row, null));
    this.cols = new Pager('sublayers', (col) => desk.set('sub', String(col)));
    const line = el('div', { class: 'line' }, this.measure.node, this.pane.node, this.legend, this.rows.node, this.cols.node);
    this.node = el('div', { class: 'layers layers-stream', 'data-view': 'stream' }, line, el('div', { class: 'two' }, this.all, el('div', { class: 'right' }, this.one, this.planeBox)));
    listen(this.body, 'click', '[data-sub]', (part) => desk.set('sub', part.dataset.sub ?? '0'));
    /** @type {{pass: unknown, plane: import('./encoderplane.js').Plane | null}} */
    this.kept = { pass: null, plane: null };
  }

  /**
   * @param {number} row
   * @param {number | null} col
   */
  pick(row, col) {
    this.desk.change((view) => ({
      ...view,
      row: { ...view.row, [this.side]: row },
      options: col === null ? view.options : { ...view.options, sub: String(col) },
    }));
  }

  takeFeatures() {
    const [x, y] = this.features.map((input) => Math.max(0, Math.min(Number(input.max), Math.round(Number(input.value) || 0))));
    this.desk.set('plane', `${x},${y}`);
  }

  keys() {
    return [stepRow(this.desk, this.side), stepOption(this.desk, 'sub', () => this.count)];
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { pass, say, look } = scene;
    this.node.style.setProperty('--right', `${sideWidth(scene)}px`);
    const subs = sublayersOf(pass, this.side);
    this.count = subs.length;
    const labels = rowLabels(scene, this.side);
    const standing = Math.max(0, subs.findIndex(({ place }) => place === scene.place.name));
    const here = { row: followed(scene, this.side, labels.length), sub: Math.min(subs.length - 1, Math.max(0, Math.round(Number(this.desk.option('sub', String(standing)))) || 0)) };
    const moves = labels.map((_, row) => subs.map((sub) => moveOf(pass, sub, row)));
    const measure = chosen(this.desk.option('measure', 'arrows'), MEASURES);
    this.measure.draw(MEASURES.map((value) => ({ value, text: say(`encoder.measure.${value}`), title: say(LONG[value]) })), measure, say('encoder.measure.label'));
    const pane = chosen(this.desk.option('pane', 'all'), PANES);
    this.pane.node.hidden = !look.projector;
    this.pane.draw(PANES.map((value) => ({ value, text: say(`encoder.pane.${value}`) })), pane, say('encoder.pane.label'));
    write(this.legend, say(LONG[measure]));
    showPanes(scene, { all: this.all, one: this.one, plane: this.planeBox }, pane);
    this.measure.node.hidden = look.projector && pane !== 'all';
    this.drawAll(scene, { subs, labels, moves, measure, here });
    this.drawOne(scene, subs, labels[here.row].full, moves[here.row], here.sub);
    this.drawPlane(scene, labels, here.row);
  }

  /**
   * @param {Scene} scene
   * @param {{subs: Sublayer[], labels: import('../tokens.js').Label[], moves: Move[][], measure: string, here: {row: number, sub: number}}} data
   */
  drawAll(scene, { subs, labels, moves, measure, here }) {
    const { look, say } = scene;
    const size = { width: look.projector ? look.width : look.width - sideWidth(scene) - 24, height: look.height - BAR - 8 };
    const names = subs.map((sub) => sublayerName(scene, sub));
    this.arrows.node.toggleAttribute('hidden', measure !== 'arrows');
    this.heat.node.hidden = measure === 'arrows';
    for (const { node } of [this.rows, this.cols]) node.hidden = true;
    if (measure === 'arrows') return this.drawArrows(scene, labels, names, moves, here, size);
    const read = /** @type {'x' | 'added' | 'cosine'} */ (measure);
    this.heat.draw(
      scene,
      {
        rows: labels,
        cols: names.map((name) => ({ text: name, full: name, token: name })),
        at: (i, j) => moves[i][j][read],
        hue: 'stream',
        max: read === 'cosine' ? 1 : undefined,
        axes: { rows: say(this.side === 'src' ? 'encoder.axis.words' : 'encoder.axis.rows'), cols: say('encoder.axis.sublayers') },
        print: (value) => num(value, read === 'cosine' ? 2 : 1),
      },
      { ...size, cell: { w: 96, h: 27 } },
      { row: here.row, col: here.sub },
    );
  }

  /**
   * Large enough to be seen, all in one scale; what does not fit is on the next window.
   * @param {Scene} scene
   * @param {import('../tokens.js').Label[]} labels
   * @param {string[]} names
   * @param {Move[][]} moves
   * @param {{row: number, sub: number}} here
   * @param {{width: number, height: number}} size
   */
  drawArrows(scene, labels, names, moves, here, size) {
    const [low, wide, left] = scene.look.projector ? [40, 150, 212] : [24, 88, 152];
    const rows = windowOf(labels.length, (size.height - 40) / low, here.row);
    const cols = windowOf(names.length, (size.width - left) / wide, here.sub);
    this.rows.draw(scene, rows, 'step.rows');
    this.cols.draw(scene, cols, 'encoder.window.sublayers');
    this.first = { row: rows.first, col: cols.first };
    set(this.arrows.node, { 'aria-label': scene.say('encoder.measure.arrows_long') });
    const seen = {
      rows: labels.slice(rows.first, rows.last),
      cols: names.slice(cols.first, cols.last),
      moves: moves.slice(rows.first, rows.last).map((line) => line.slice(cols.first, cols.last)),
      here: { row: here.row - rows.first, col: here.sub - cols.first },
    };
    this.arrows.draw(scene, seen, size);
  }

  /**
   * One word: what every sublayer does to it.
   * @param {Scene} scene
   * @param {Sublayer[]} subs
   * @param {string} name
   * @param {Move[]} moves
   * @param {number} at
   */
  drawOne(scene, subs, name, moves, at) {
    const { say, sayWith, look, model } = scene;
    this.title.replaceChildren(...sayWith('encoder.stream.one', { word: el('span', { class: 'word' }, name), sublayer: sublayerName(scene, subs[at]) }));
    this.picture.draw(scene, moves[at], look.projector ? { width: look.width, height: Math.max(180, look.height - 420) } : { width: sideWidth(scene) - EDGE, height: PICTURE });
    const [sums, norms] = [model.residual !== false, normsAfter(model)];
    const ends = [...(sums ? [say('encoder.stream.length')] : []), ...(norms ? [say('encoder.stream.after')] : [])];
    join(
      this.head,
      ['', 'x', say('encoder.stream.adds'), 'cos', ...ends],
      () => el('th', { scope: 'col' }),
      (node, text) => write(node, text),
    );
    join(
      this.body,
      subs,
      () => el('tr', { tabindex: 0 }),
      (tr, sub, i) => {
        const { x, added, cosine, sum, out } = moves[i];
        set(tr, { 'data-sub': i, class: i === at ? 'here' : null });
        join(
          tr,
          [sublayerName(scene, sub), num(x), num(added), num(cosine), ...(sums ? [num(sum)] : []), ...(norms ? [num(out)] : [])],
          (_, n) => el(n ? 'td' : 'th', { class: n ? 'num' : null }),
          (node, text) => write(node, text),
        );
      },
    );
  }

  /**
   * The ways of all words on one plane: two features, or the plane in which this sentence's stream differs most.
   * @param {Scene} scene
   * @param {import('../tokens.js').Label[]} labels
   * @param {number} row
   */
  drawPlane(scene, labels, row) {
    const { pass, say, look, model } = scene;
    const stations = stationsOf(pass, this.side);
    const states = labels.map((_, i) => stations.map((name) => rowOf(pass, name, i)));
    const pair = /^(\d{1,5}),(\d{1,5})$/.exec(this.desk.option('plane', 'principal'))?.slice(1).map(Number);
    const picked = pair && pair.every((feature) => feature < model.d_model) ? pair : null;
    this.plane.draw(
      ['principal', 'features'].map((value) => ({ value: value === 'features' ? `${picked?.[0] ?? 0},${picked?.[1] ?? 1}` : value, text: say('encoder.plane.' + value), title: say(`encoder.plane.${value}_long`) })),
      picked ? picked.join(',') : 'principal',
      say('encoder.plane.label'),
    );
    this.features.forEach((input, i) => {
      input.hidden = !picked;
      set(input, { max: model.d_model - 1, 'aria-label': say('encoder.plane.feature', { axis: i + 1 }) });
      input.value = String(picked?.[i] ?? i);
    });
    const found = picked ? null : this.planeOf(pass, states.flat());
    const axes = picked
      ? picked.map((feature) => say('encoder.plane.axis_feature', { feature }))
      : (found?.share ?? []).map((share, i) => say('encoder.plane.axis', { n: i + 1, share: Math.round(share * 100) }));
    /** @type {[number, number][][]} */
    const points = states.map((line) => line.map((x) => (picked ? [x[picked[0]], x[picked[1]]] : found ? projected(found, x) : [0, 0])));
    const size = look.projector ? { width: look.width, height: look.height - 2 * BAR - 20 } : { width: sideWidth(scene) - EDGE, height: look.height - BAR - 36 - PICTURE - 30 - tableHeight(this.count ?? 0) - 8 };
    set(this.paths.svg, { 'aria-label': say('encoder.plane.about', { n: stations.length }) });
    this.paths.draw(scene, { points, names: labels.map((label) => label.text), here: row, axes: [axes[0], axes[1]] }, { ...size, height: Math.max(150, size.height) });
  }

  /**
   * @param {unknown} pass
   * @param {Float32Array[]} rows
   */
  planeOf(pass, rows) {
    if (this.kept.pass !== pass || !this.kept.plane) this.kept = { pass, plane: principalPlane(rows) };
    return this.kept.plane;
  }

  /** @param {Scene} scene */
  table(scene) {
    const { pass, say } = scene;
    const subs = sublayersOf(pass, this.side);
    const rows = rowLabels(scene, this.side).map((label, row) => ({
      name: label.full,
      cells: subs.map((sub) => {
        const move = moveOf(pass, sub, row);
        return [move.x, move.added, move.cosine].map((value) => num(value)).join(' · ');
      }),
    }));
    return { caption: say('encoder.stream.caption'), columns: subs.map((sub) => sublayerName(scene, sub)), rows };
  }
}

/**
 * @param {string} value
 * @param {string[]} known
 */
function chosen(value, known) {
  return known.includes(value) ? value : known[0];
}

/** @param {number} rows */
function tableHeight(rows) {
  return Math.min(7, rows + 1) * 24;
}

/**
 * Two keys step through what an option counts.
 * @param {Desk} desk
 * @param {string} name
 * @param {() => number | undefined} count
 * @returns {import('../keys.js').Binding}
 */
function stepOption(desk, name, count) {
  return {
    keys: ['ArrowLeft', 'ArrowRight'],
    shown: '← →',
    help: 'encoder.keys.sublayer',
    run: (key) => {
      const now = Math.round(Number(desk.option(name, '0'))) || 0;
      desk.set(name, String(Math.max(0, Math.min((count() ?? 1) - 1, now + (key === 'ArrowLeft' ? -1 : 1)))));
    },
  };
}
