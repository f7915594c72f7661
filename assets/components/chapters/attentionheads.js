/** What each head adds to the output: its context times its slice of W_O. With the bias the shares add up to the whole. */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { three } from '../format.js';
import { Heat } from '../step/heat.js';
import { placeName } from '../step/passbar.js';
import { pictureOf } from '../step/stagepicture.js';
import { paintStripe } from '../step/stripe.js';
import { headColour } from '../theme.js';
import { lengthOf, sharesOf } from './attentionmath.js';
import { attentionKeys, attentionOf, attentionSpot } from './attentionplace.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./attentionmath.js').Shares} Shares */
/** @typedef {import('../step/stripe.js').Stripe} Stripe */

const [HEAT, GAP, NAME, NOTE] = [410, 36, 92, 100];

export class HeadShares {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Map<string, Shares | null>} */
    this.kept = new Map();
    /** @type {import('../step/pass.js').Pass | null} */
    this.of = null;
    this.title = el('h2');
    this.lead = el('p', { class: 'lead' });
    this.heat = new Heat({ pick: ({ row, col }) => this.pick(row, col) });
    this.rowTitle = el('h3');
    this.stripes = el('div', { class: 'stripes', 'data-part': 'shares' });
    this.sum = el('p', { class: 'num sum', 'data-part': 'sum' });
    this.check = el('p', { class: 'check', role: 'status', 'data-part': 'check' });
    this.node = el(
      'div',
      { class: 'attention-heads' },
      el('header', {}, this.title, this.lead),
      el('div', { class: 'halves' }, this.heat.node, el('div', { class: 'one' }, this.rowTitle, this.stripes, this.sum, this.check)),
    );
    listen(this.stripes, 'click', '[data-nth]', (part) => desk.change((view) => ({ ...view, head: numberOf(part, 'nth') })));
    listen(this.stripes, 'pointermove', 'canvas', (part, event) => this.over(part, /** @type {PointerEvent} */ (event)));
  }

  /** @param {Scene} scene */
  spot(scene) {
    return attentionSpot(scene);
  }

  keys() {
    return attentionKeys(this.desk, () => this.scene);
  }

  /**
   * Made once for each pass and place, when the parameters are there.
   * @param {Scene} scene
   * @param {string} place
   */
  sharesOf({ pass, parameters }, place) {
    if (this.of !== pass) this.kept.clear();
    this.of = pass;
    const found = this.kept.get(place);
    if (found) return found;
    const there = parameters(place);
    const made = there && sharesOf(pass, there, place);
    if (made) this.kept.set(place, made);
    return made;
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const { say } = scene;
    const place = attentionOf(scene);
    const shares = this.sharesOf(scene, place.name);
    write(this.title, say('attention.heads.title', { place: placeName(place, say) }));
    write(this.lead, say(shares ? 'attention.heads.lead' : 'attention.heads.waits'));
    set(this.node, { 'data-waits': shares ? null : 'true' });
    if (!shares) return;
    const row = this.rowOf(scene);
    this.drawHeat(scene, shares, row);
    this.drawStripes(scene, shares, row);
    this.drawSum();
  }

  /** @param {Scene} scene */
  rowOf(scene) {
    const place = attentionOf(scene);
    const picture = pictureOf(scene.pass, place, `${place.name}.output`, scene.view.head);
    return clamp(scene.view.row[place.side], 0, picture.rows.length - 1);
  }

  /**
   * @param {Scene} scene
   * @param {Shares} shares
   * @param {number} row
   */
  drawHeat(scene, shares, row) {
    const { pass, say, view, look } = scene;
    const place = attentionOf(scene);
    const { rows } = pictureOf(pass, place, `${place.name}.output`, view.head);
    const data = {
      rows,
      cols: this.names(scene).map((text) => ({ text, full: text, token: text })),
      at: (/** @type {number} */ i, /** @type {number} */ j) => shares.along[i][j],
      hue: /** @type {const} */ ('stream'),
      axes: { rows: say('walk.axis.queries_down'), cols: say('attention.heads.axis') },
      rowMark: /** @type {const} */ ('solid'),
      print: hundredths,
      label: say('attention.heads.lead'),
    };
    const width = look.projector ? Math.floor(look.width * 0.5) : HEAT;
    this.heat.draw(scene, data, { width, height: look.height - 80, most: { rows: 64, cols: 12 } }, { row, col: view.head });
  }

  /** @param {Scene} scene */
  names({ model, say }) {
    return [...Array.from({ length: model.n_heads }, (_, head) => say('walk.head', { head: head + 1 })), say('attention.heads.bias')];
  }

  /**
   * The vectors of one row below each other, on one scale: what each head adds, the bias, their sum.
   * @param {Scene} scene
   * @param {Shares} shares
   * @param {number} row
   */
  drawStripes(scene, shares, row) {
    const { pass, palette, look, say, view, model } = scene;
    const place = attentionOf(scene);
    const { rows } = pictureOf(pass, place, `${place.name}.output`, view.head);
    const vectors = [...shares.parts[row], shares.sums[row]];
    const max = vectors.reduce((most, vector) => vector.reduce((high, value) => Math.max(high, Math.abs(value)), most), 0) || 1;
    const names = [...this.names(scene), say('attention.heads.sum')];
    const most = look.width - (look.projector ? Math.floor(look.width * 0.5) + 60 : HEAT) - GAP - NAME - NOTE - 20;
    const height = clamp(Math.floor((look.height - 220) / vectors.length) - 8, 14, 56);
    write(this.rowTitle, say('attention.heads.row', { row: rows[row].full }));
    join(
      this.stripes,
      vectors,
      () => el('div', { class: 'share' }, el('b', {}, el('i', { class: 'square' }), el('span')), el('canvas', { 'aria-hidden': 'true' }), el('span', { class: 'num' })),
      (node, values, nth) => {
        const [square, text] = node.children[0].children;
        const head = nth < model.n_heads;
        set(node, { class: `share${nth === vectors.length - 1 ? ' total' : ''}${nth === view.head ? ' at' : ''}`, 'data-nth': head ? nth : null });
        set(square, { style: head ? `background:${headColour(palette, nth)}` : null, hidden: head ? null : '' });
        write(text, names[nth]);
        write(node.children[2], `${say('attention.heads.length')} ${lengthOf(values).toFixed(2)}`);
        paintStripe(/** @type {HTMLCanvasElement} */ (node.children[1]), palette, { values, max, hue: 'stream' }, Math.floor(Math.min(9, most / values.length) * values.length), height);
      },
    );
    const exact = shares.difference <= 1e-5 * (1 + max);
    write(this.check, say(exact ? 'attention.heads.exact' : 'attention.heads.inexact', { difference: power(shares.difference) }));
    set(this.check, { 'data-difference': shares.difference });
  }

  /** One feature as a sum: a number of each head, the bias, what the model has. */
  drawSum() {
    const { scene } = this;
    const place = scene && attentionOf(scene);
    const shares = place && this.kept.get(place.name);
    if (!scene || !shares) return;
    const row = this.rowOf(scene);
    const n = clamp(Number(this.desk.option('feature', '0')) || 0, 0, shares.sums[row].length - 1);
    const terms = shares.parts[row].map((part, i) => (i ? (part[n] < 0 ? ' − ' : ' + ') + Math.abs(part[n]).toFixed(3) : three(part[n])));
    const model = scene.pass.at(`${place.name}.output`, row, n);
    write(this.sum, scene.say('attention.heads.feature', { feature: n, terms: terms.join(''), sum: signed(shares.sums[row][n]), model: signed(model) }));
  }

  /**
   * @param {HTMLElement} canvas
   * @param {PointerEvent} event
   */
  over(canvas, event) {
    const box = canvas.getBoundingClientRect();
    const { model } = /** @type {Scene} */ (this.scene);
    const feature = clamp(Math.floor(((event.clientX - box.left) / box.width) * model.d_model), 0, model.d_model - 1);
    if (String(feature) === this.desk.option('feature', '0') || !this.desk.view) return;
    this.desk.view = { ...this.desk.view, options: { ...this.desk.view.options, feature: String(feature) } };
    this.desk.link.soon();
    this.drawSum();
  }

  /**
   * @param {number} row
   * @param {number} col
   */
  pick(row, col) {
    const { scene } = this;
    if (!scene) return;
    const { side } = attentionOf(scene);
    this.desk.change((view) => ({ ...view, row: { ...view.row, [side]: row }, head: Math.min(col, scene.model.n_heads - 1) }));
  }

  /**
   * The shares of every row as text.
   * @param {Scene} scene
   */
  table(scene) {
    const place = attentionOf(scene);
    const shares = this.sharesOf(scene, place.name);
    const { rows } = pictureOf(scene.pass, place, `${place.name}.output`, scene.view.head);
    const cells = (/** @type {number} */ i) => (shares ? [...shares.along[i].map(three), three(shares.along[i].reduce((a, b) => a + b, 0))] : []);
    return {
      caption: scene.say('attention.heads.title', { place: placeName(place, scene.say) }),
      columns: [...this.names(scene), scene.say('attention.heads.sum')],
      rows: rows.map(({ full }, i) => ({ name: full, cells: cells(i) })),
    };
  }
}

/** @param {number} value */
function hundredths(value) {
  const size = Math.round(Math.abs(value) * 100);
  if (size === 0) return '.00';
  return (value < 0 ? '−' : '') + (size < 100 ? '.' + String(size).padStart(2, '0') : (size / 100).toFixed(2));
}

/** @param {number} value */
function signed(value) {
  return (value < 0 ? '−' : '') + Math.abs(value).toFixed(4);
}

/**
 * A small number in words of a textbook: 2×10⁻⁷.
 * @param {number} value
 */
function power(value) {
  if (!value) return '0';
  const [digits, exponent] = value.toExponential(0).split('e');
  return `${digits}×10${[...exponent.replace('+', '')].map((sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)])).join('')}`;
}
