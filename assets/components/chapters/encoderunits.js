/** The hidden units of a feed-forward sublayer: which fire on which word, what excites one, and what it writes. */

import { clamp, el, join, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { widthOf } from '../tokens.js';
import { Choice, followed, Menu, num, rowLabels, showPanes, sideWidth, stepRow, sublayerName } from './encoderparts.js';
import { UnitCard } from './encoderunit.js';
import { sublayersOf } from './encodermath.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./encodermath.js').Side} Side */
/** @typedef {import('./encodermath.js').Sublayer} Sublayer */

const ORDERS = ['index', 'word', 'fires'];
const PANES = ['map', 'unit'];
const MOST = 128; // units in a window
const [DESK, WALL] = /** @type {[number, number][]} */ ([[84, 170], [90, 240]]); // px that a matrix keeps for its words
const COUNTS = 40; // px beside the map
const MOST_ROWS = 24; // in a window, so that their words stay apart
const LEGEND = 26; // px that a matrix keeps for its legend, above its column names

export class UnitsView {
  /**
   * @param {Desk} desk
   * @param {Side} side
   */
  constructor(desk, side) {
    this.desk = desk;
    this.side = side;
    this.layer = new Menu('layer', (value) => desk.set('layer', value));
    this.order = new Choice('order', (value) => desk.set('order', value));
    this.pane = new Choice('pane', (value) => desk.set('pane', value));
    this.heat = new Heat({ point: (cell) => this.point(cell), pick: (cell) => this.pick(cell.row, cell.col) });
    this.said = el('p', { class: 'said num' });
    this.about = el('p', { class: 'about' });
    this.counts = el('div', { class: 'counts num', 'data-part': 'counts' });
    this.map = el('div', { class: 'pane-map' }, this.about, el('div', { class: 'map-field' }, this.heat.node, this.counts), this.said);
    this.card = new UnitCard(desk, side);
    this.node = el('div', { class: 'layers layers-units', 'data-view': 'units' }, el('div', { class: 'line' }, this.layer.node, this.order.node, this.pane.node), el('div', { class: 'two' }, this.map, this.card.node));
    /** @type {(() => void) | null} */
    this.recount = null;
    this.heat.node.addEventListener('click', () => this.recount?.()); // its own pager shows other rows
    /** @type {number[]} which unit stands in which column */
    this.columns = [];
    this.place = '';
  }

  keys() {
    /** @type {import('../keys.js').Binding} */
    const unit = { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'encoder.keys.unit', run: (key) => this.step(key === 'ArrowLeft' ? -1 : 1) };
    return [stepRow(this.desk, this.side), unit];
  }

  /** @param {number} by */
  step(by) {
    const at = this.columns.indexOf(this.unit ?? 0) + by;
    if (at >= 0 && at < this.columns.length) this.desk.set('unit', String(this.columns[at]));
  }

  /**
   * @param {number} row
   * @param {number} col
   */
  pick(row, col) {
    this.desk.change((view) => ({ ...view, row: { ...view.row, [this.side]: row }, options: { ...view.options, unit: String(this.columns[col]) } }));
  }

  /** @param {{row: number, col: number} | null} cell */
  point(cell) {
    const { scene } = this.desk;
    if (!scene || !cell) return write(this.said, '\u00a0');
    const unit = this.columns[cell.col];
    const word = rowLabels(scene, this.side)[cell.row]?.full ?? '';
    write(this.said, scene.say('encoder.units.cell', { word, unit, value: num(scene.pass.at(`${this.place}.hidden`, cell.row, unit), 3) }));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { pass, say, look, model } = scene;
    this.node.style.setProperty('--right', `${sideWidth(scene)}px`);
    const places = sublayersOf(pass, this.side).filter(({ part }) => part === 'ffn');
    const at = places.find(({ place }) => place === this.desk.option('layer', '')) ?? places[Math.min(places.length - 1, this.side === 'tgt' ? places.length - 1 : 0)];
    if (!at) return;
    this.place = at.place;
    const labels = rowLabels(scene, this.side);
    const row = followed(scene, this.side, labels.length);
    const order = ORDERS.includes(this.desk.option('order', 'word')) ? this.desk.option('order', 'word') : 'word';
    this.columns = orderOf(pass, at.place, row, order);
    const asked = Number(this.desk.option('unit', ''));
    const unit = this.desk.option('unit', '') !== '' && Number.isInteger(asked) && asked >= 0 && asked < model.d_ff ? asked : this.columns[0];
    this.unit = unit;
    this.layer.node.hidden = places.length < 2;
    this.layer.draw(places.map((one) => ({ value: one.place, text: sublayerName(scene, one) })), at.place, say('encoder.units.layer'));
    this.order.draw(ORDERS.map((value) => ({ value, text: say('encoder.units.order_' + value) })), order, say('encoder.units.order'));
    const pane = this.desk.option('pane', 'map') === 'unit' ? 'unit' : 'map';
    this.pane.node.hidden = !look.projector;
    this.pane.draw(PANES.map((value) => ({ value, text: say('encoder.units.pane_' + value) })), pane, say('encoder.pane.label'));
    showPanes(scene, { map: this.map, unit: this.card.node }, pane);
    this.drawMap(scene, labels, row);
    this.card.draw(scene, { at, row, unit, last: at === places[places.length - 1], label: labels[row], labels });
  }

  /**
   * @param {Scene} scene
   * @param {import('../tokens.js').Label[]} labels
   * @param {number} row
   */
  drawMap(scene, labels, row) {
    const { pass, say, sayWith, look, model, palette } = scene;
    const hidden = pass.values(`${this.place}.hidden`);
    const n = model.d_ff;
    /** @param {number} i */
    const fires = (i) => countAbove(hidden, i * n, (i + 1) * n);
    const all = countAbove(hidden, 0, hidden.length);
    const word = el('span', { class: 'word' }, labels[row].full);
    const key = model.activation === 'gelu' ? 'encoder.units.about_gelu' : 'encoder.units.about_relu';
    this.about.replaceChildren(...sayWith(key, { word, fires: fires(row), n, share: Math.round((100 * all) / hidden.length) }));
    this.point(null);
    const width = look.projector ? look.width : look.width - sideWidth(scene) - 24;
    // As many units as fit beside the words, at least 4 px each; the rest is on the next window.
    const widest = labels.reduce((most, { text }) => Math.max(most, widthOf(text, `400 ${look.projector ? 21 : 15}px ${palette.fonts.word}`)), 0);
    const fits = Math.max(16, Math.min(MOST, Math.floor((width - clamp(Math.ceil(widest * 1.06) + 15, ...(look.projector ? WALL : DESK)) - COUNTS) / 4)));
    set(this.heat.node, { 'data-order': this.desk.option('order', 'word') });
    this.heat.draw(
      scene,
      {
        rows: labels,
        cols: this.columns.map((unit) => ({ text: '', full: String(unit), token: String(unit) })),
        at: (i, j) => hidden[i * n + this.columns[j]],
        hue: 'stream',
        axes: { rows: say(this.side === 'src' ? 'encoder.axis.words' : 'encoder.axis.rows'), cols: say('encoder.axis.units') },
        rowMark: 'solid',
        plain: true,
      },
      { width, height: look.height - (look.projector ? 190 : 128), most: { rows: look.projector ? 10 : MOST_ROWS, cols: fits }, largest: look.projector ? undefined : { w: 40, h: 36 } },
      { row, col: this.columns.indexOf(this.unit ?? 0) },
    );
    this.recount = () => this.drawCounts(scene, fires);
    this.recount();
  }

  /**
   * How many units each row of the map fires, beside it.
   * @param {Scene} scene
   * @param {(row: number) => number} fires
   */
  drawCounts({ say }, fires) {
    const plan = this.heat.now?.plan;
    if (!plan) return;
    const above = LEGEND + plan.top;
    join(
      this.counts,
      [-1, ...plan.rows],
      (row) => el(row < 0 ? 'b' : 'span'),
      (node, row, i) => {
        write(node, row < 0 ? `${say('encoder.units.fire')} ↓` : String(fires(row)));
        set(node, { style: `top:${row < 0 ? above - 14 : above + (i - 0.5) * plan.h}px` });
      },
    );
  }

  /** @param {Scene} scene */
  table(scene) {
    const { pass, say, model } = scene;
    const n = model.d_ff;
    const hidden = pass.values(`${this.place}.hidden`);
    const rows = rowLabels(scene, this.side).map((label, i) => {
      const own = Array.from(hidden.subarray(i * n, (i + 1) * n), (value, unit) => ({ value, unit })).sort((a, b) => b.value - a.value);
      return { name: label.full, cells: [String(countAbove(hidden, i * n, (i + 1) * n)), ...own.slice(0, 6).map(({ unit, value }) => `${unit}: ${num(value)}`)] };
    });
    return { caption: say('encoder.units.caption', { place: this.place, n }), columns: [say('encoder.units.fire'), ...Array.from({ length: Math.min(6, n) }, (_, i) => say('encoder.units.nth', { n: i + 1 }))], rows };
  }
}

/**
 * @param {Float32Array} values
 * @param {number} from
 * @param {number} to
 */
function countAbove(values, from, to) {
  let count = 0;
  for (let i = from; i < to; i++) if (values[i] > 0) count += 1;
  return count;
}

/**
 * In which order the units stand: as they come, those that the followed word excites first, or those that fire on most words.
 * @param {import('../step/pass.js').Pass} pass
 * @param {string} place
 * @param {number} row
 * @param {string} order
 * @returns {number[]}
 */
function orderOf(pass, place, row, order) {
  const [rows, n] = pass.shape(`${place}.hidden`);
  const hidden = pass.values(`${place}.hidden`);
  const units = Array.from({ length: n }, (_, unit) => unit);
  if (order === 'index') return units;
  const rank = units.map((unit) => {
    if (order === 'word') return hidden[row * n + unit];
    let [count, sum] = [0, 0];
    for (let i = 0; i < rows; i++) {
      count += hidden[i * n + unit] > 0 ? 1 : 0;
      sum += hidden[i * n + unit];
    }
    return count * 1e6 + sum;
  });
  return units.sort((a, b) => rank[b] - rank[a] || a - b);
}
