/** Memory as a soft dictionary: each source word is a card with a key and a value, and every card answers in part. */

import { el, join, set, write } from '../dom.js';
import { three } from '../format.js';
import { softmax } from '../step/pass.js';
import { drawHeads, headKeys } from './decodersources.js';
import { Choice, drawStrip, followed, largest, Menu, num, Pager, rowLabels, stepRow, tiny, windowOf } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{place: string, head: number, row: number, keys: number, d_k: number, scores: number[], weights: number[]}} Lookup */

const ORDERS = ['sentence', 'weight'];

export class DictionaryView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.layer = new Menu('layer', (value) => desk.set('clayer', value));
    this.head = new Choice('head', (value) => desk.change((view) => ({ ...view, head: Number(value) })));
    this.row = new Menu('row', (value) => this.pick(Number(value)));
    this.order = new Choice('order', (value) => desk.set('cards', value));
    this.pager = new Pager('cards', (at) => this.turn(at));
    this.about = el('p', { class: 'about' });
    this.asked = el('span', { class: 'asked' });
    this.query = el('canvas', { role: 'img', 'data-tensor': 'q' });
    this.names = Array.from({ length: 5 }, () => el('span', { class: 'name' }));
    this.cards = el('div', { class: 'cards', role: 'list' });
    this.sum = el('span', { class: 'num' });
    this.got = el('span', { class: 'asked' });
    this.context = el('canvas', { role: 'img', 'data-tensor': 'context' });
    this.check = el('p', { class: 'quiet' });
    const ask = el('div', { class: 'card ask' }, this.asked, this.query);
    const heads = el('div', { class: 'card names' }, ...this.names);
    const answer = el('div', { class: 'card answer' }, this.got, el('span', { class: 'weight' }, this.sum), this.context);
    this.node = el('div', { class: 'layers layers-dictionary', 'data-view': 'dictionary' }, el('div', { class: 'line' }, this.layer.node, this.head.node, this.row.node, this.order.node, this.pager.node), this.about, ask, heads, this.cards, answer, this.check);
    this.from = 0;
  }

  keys() {
    return [stepRow(this.desk, 'tgt'), ...headKeys(this.desk)];
  }

  /** @param {Scene} scene */
  spot(scene) {
    const { place, head, row } = this.lookUp(scene);
    return { block: place, head, row };
  }

  /** @param {number} row */
  pick(row) {
    this.desk.change((view) => ({ ...view, row: { ...view.row, tgt: row } }));
  }

  /** @param {number} at */
  turn(at) {
    this.from = at;
    if (this.desk.scene) this.draw(this.desk.scene);
  }

  /**
   * One query against all keys, from the tensors of the pass; the weights are recomputed and must be the model's.
   * @param {Scene} scene
   * @returns {Lookup}
   */
  lookUp(scene) {
    const { pass, view, words, model } = scene;
    const layers = model.n_decoder_layers;
    const asked = Number(this.desk.option('clayer', String(startLayer(scene))));
    const layer = Number.isInteger(asked) && asked >= 0 && asked < layers ? asked : layers - 1;
    const place = `decoder.${layer}.cross_attn`;
    const row = followed(scene, 'tgt', words.tgtIn.length);
    const [, queries, keys] = pass.shape(`${place}.weights`);
    const start = (view.head * queries + row) * keys;
    const scores = Array.from(pass.values(`${place}.scores.masked`).subarray(start, start + keys));
    return { place, head: view.head, row, keys, d_k: model.d_k, scores, weights: softmax(scores) };
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { say, sayWith, words, model, palette, pass } = scene;
    const now = this.lookUp(scene);
    const layers = Array.from({ length: model.n_decoder_layers }, (_, n) => ({ value: String(n), text: say('decoder.layer', { layer: n + 1 }) }));
    this.layer.node.hidden = layers.length < 2;
    this.layer.draw(layers, now.place.split('.')[1], say('decoder.which_layer'));
    drawHeads(this.head, scene);
    const labels = rowLabels(scene, 'tgt');
    this.row.draw(labels.map((label, i) => ({ value: String(i), text: label.text })), String(now.row), say('decoder.dictionary.row'));
    const order = this.desk.option('cards', 'sentence') === 'weight' ? 'weight' : 'sentence';
    this.order.draw(ORDERS.map((value) => ({ value, text: say('decoder.dictionary.order_' + value) })), order, say('decoder.dictionary.order'));
    const best = now.weights.indexOf(Math.max(...now.weights));
    const word = (/** @type {string} */ text) => el('span', { class: 'word' }, text);
    this.about.replaceChildren(...sayWith('decoder.dictionary.about', { row: word(labels[now.row].full), key: word(words.src[best].full), weight: three(now.weights[best]) }));
    const strip = this.sizes(scene, now.keys);
    this.node.style.setProperty('--strip', `${strip.width}px`);
    this.node.style.setProperty('--card', `${strip.card}px`);
    const query = sliceOf(pass, `${now.place}.q`, now.head, now.row);
    this.asked.replaceChildren(...sayWith('decoder.dictionary.query', { row: word(labels[now.row].text) }));
    drawStrip(this.query, query, { ...strip, hue: palette.q, max: largest(query) }, palette);
    set(this.query, { 'aria-label': `${now.place}.q` });
    ['word', 'key', 'score', 'weight', 'value'].forEach((name, i) => write(this.names[i], say('decoder.dictionary.' + name, { d: now.d_k })));
    const sorted = Array.from({ length: now.keys }, (_, key) => key);
    if (order === 'weight') sorted.sort((a, b) => now.weights[b] - now.weights[a]);
    const seen = windowOf(now.keys, strip.cards, Math.min(this.from, now.keys - 1));
    this.pager.draw(scene, seen, 'decoder.window.cards');
    this.drawCards(scene, now, sorted.slice(seen.first, seen.last), strip, best);
    this.drawAnswer(scene, now, strip);
  }

  /**
   * @param {Scene} scene
   * @param {number} keys
   */
  sizes({ look }, keys) {
    const wall = look.projector;
    const [columns, above, low, high] = wall ? [464, 330, 38, 48] : [398, 200, 25, 36];
    const room = look.height - above;
    const card = Math.max(low, Math.min(high, Math.floor(room / keys)));
    return { width: Math.floor((look.width - columns) / 2), height: card - 8, card, cards: Math.floor(room / card) };
  }

  /**
   * @param {Scene} scene
   * @param {Lookup} now
   * @param {number[]} shown
   * @param {{width: number, height: number}} strip
   * @param {number} best
   */
  drawCards({ pass, palette, words }, now, shown, { width, height }, best) {
    const all = Array.from({ length: now.keys }, (_, key) => key);
    /** @param {string} name */
    const most = (name) => Math.max(...all.map((key) => largest(sliceOf(pass, `${now.place}.${name}`, now.head, key))));
    const [mostKey, mostValue] = [most('k'), most('v')];
    join(
      this.cards,
      shown,
      () => el('div', { class: 'card', role: 'listitem' }, el('span', { class: 'word' }), el('canvas', { class: 'key' }), el('span', { class: 'num score' }), el('span', { class: 'weight' }, el('i', { class: 'track' }, el('i')), el('b', { class: 'num' })), el('canvas', { class: 'value' })),
      (card, key) => {
        const [name, k, score, weight, v] = card.children;
        const closed = now.scores[key] === -Infinity;
        write(name, words.src[key].text);
        set(card, { 'data-key': key, class: key === best ? 'card best' : 'card', title: words.src[key].full });
        drawStrip(/** @type {HTMLCanvasElement} */ (k), sliceOf(pass, `${now.place}.k`, now.head, key), { width, height, hue: palette.k, max: mostKey }, palette);
        drawStrip(/** @type {HTMLCanvasElement} */ (v), sliceOf(pass, `${now.place}.v`, now.head, key), { width, height, hue: palette.v, max: mostValue }, palette);
        write(score, closed ? '−∞' : num(now.scores[key], 3));
        set(weight.children[0].children[0], { style: `width:${(100 * now.weights[key]).toFixed(2)}%` });
        write(weight.children[1], three(now.weights[key]));
      },
    );
  }

  /**
   * The weighted sum of the values, recomputed, beside the model's own context.
   * @param {Scene} scene
   * @param {Lookup} now
   * @param {{width: number, height: number}} strip
   */
  drawAnswer(scene, now, strip) {
    const { pass, palette, say } = scene;
    const context = contextOf(pass, now);
    const model = sliceOf(pass, `${now.place}.context`, now.head, now.row);
    write(this.sum, `Σ ${now.weights.reduce((sum, weight) => sum + weight, 0).toFixed(6)}`);
    write(this.got, say('decoder.dictionary.context'));
    drawStrip(this.context, context, { ...strip, hue: palette.v, max: largest(context) }, palette);
    set(this.context, { 'aria-label': `${now.place}.context` });
    const off = Math.max(...context.map((value, i) => Math.abs(value - model[i])));
    write(this.check, say('decoder.dictionary.check', { difference: tiny(off), d: now.d_k, head: now.head + 1 }));
  }

  /** @param {Scene} scene */
  table(scene) {
    const { say, words, pass } = scene;
    const now = this.lookUp(scene);
    const rows = words.src.map((label, key) => ({ name: label.full, cells: [num(now.scores[key], 4), three(pass.at(`${now.place}.weights`, now.head, now.row, key)), num(largest(sliceOf(pass, `${now.place}.v`, now.head, key)), 3)] }));
    const columns = [say('decoder.dictionary.score'), say('decoder.dictionary.weight'), say('decoder.dictionary.largest')];
    return { caption: say('decoder.dictionary.caption', { place: now.place, head: now.head + 1, row: rowLabels(scene, 'tgt')[now.row].full }), columns, rows };
  }
}

/**
 * The layer that the run names as its most telling cross-attention, else the last.
 * @param {Scene} scene
 */
function startLayer({ header, model }) {
  const named = /^decoder\.(\d+)\.cross_attn$/.exec(header.start?.block ?? '');
  return named ? Number(named[1]) : model.n_decoder_layers - 1;
}

/**
 * One row of one head: (d_k,).
 * @param {import('../step/pass.js').Pass} pass
 * @param {string} name
 * @param {number} head
 * @param {number} row
 */
function sliceOf(pass, name, head, row) {
  const [, rows, width] = pass.shape(name);
  const start = (head * rows + row) * width;
  return pass.values(name).subarray(start, start + width);
}

/**
 * @param {import('../step/pass.js').Pass} pass
 * @param {Lookup} now
 * @returns {number[]}
 */
export function contextOf(pass, { place, head, weights, d_k }) {
  const sum = Array(d_k).fill(0);
  weights.forEach((weight, key) => sliceOf(pass, `${place}.v`, head, key).forEach((value, i) => (sum[i] += weight * value)));
  return sum;
}
