/** Sinusoidal, learned, rotary, ALiBi, none: what each adds, where, and how near two positions are by it. */

import { el, join, put, set, write } from '../dom.js';
import { Curves } from '../step/curves.js';
import { digits } from './positionsmath.js';
import { Mini } from './positionsmini.js';
import { answerOf, mixed } from './positionsparts.js';

/** @typedef {import('./positionsparts.js').StepScene} StepScene */
/** @typedef {import('./positionsparts.js').Answer} Answer */
/** @typedef {{name: string, place: string, own: boolean, refusal: boolean, parameters: number, width: number | null, slopes: number[] | null}} Kind */

const LAST = 'none'; // the registry begins with it; the page ends with it

export class Kinds {
  constructor() {
    this.note = el('p', { class: 'positions-note', hidden: '' });
    this.cards = el('div', { class: 'kinds-cards', 'data-part': 'kinds' });
    this.foot = el('span', { class: 'quiet' });
    this.said = el('span', { class: 'kinds-said', role: 'status' });
    this.node = el('div', { class: 'positions kinds' }, this.note, this.cards, el('p', { class: 'kinds-foot' }, this.foot, this.said));
    /** @type {Card[]} */
    this.made = [];
  }

  /** @param {StepScene} scene */
  read(scene) {
    const answer = answerOf(scene, { view: 'kinds' }, this.note);
    if (!answer) return null;
    /** @type {Kind[]} */
    const all = answer.header.kinds;
    return { answer, kinds: [...all.filter(({ name }) => name !== LAST), ...all.filter(({ name }) => name === LAST)] };
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const now = this.read(scene);
    if (!now) return;
    const { look, say } = scene;
    const { n, max_len, features } = now.answer.header;
    while (this.made.length < now.kinds.length) this.made.push(new Card((said) => write(this.said, said)));
    put(this.cards, this.made.slice(0, now.kinds.length).map(({ node }) => node));
    const shown = look.projector ? now.kinds.filter(({ name, own }) => own || name !== LAST).slice(0, 4) : now.kinds;
    const width = Math.floor((look.width - 16 * (shown.length - 1)) / shown.length);
    now.kinds.forEach((kind, nth) => {
      this.made[nth].node.hidden = !shown.includes(kind);
      if (shown.includes(kind)) this.made[nth].draw(scene, now.answer, kind, { width, height: look.height - (look.projector ? 10 : 40) });
    });
    const cut = [n < max_len ? say('positions.kinds.positions', { n, all: max_len }) : '', now.kinds.some(({ width: all }) => (all ?? 0) > features) ? say('positions.kinds.features', { n: features }) : ''];
    write(this.foot, [say('positions.kinds.foot'), ...cut].filter(Boolean).join(' '));
    this.foot.hidden = look.projector;
  }

  /** @param {StepScene} scene */
  table(scene) {
    const now = this.read(scene);
    const { say } = scene;
    const caption = say('positions.kinds.label');
    if (!now) return { caption, columns: [], rows: [] };
    const { n } = now.answer.header;
    const distances = Array.from({ length: Math.min(n, 16) }, (_, i) => i);
    const rows = now.kinds.map((kind) => ({
      name: say(`positions.kind.${kind.name}`),
      cells: [
        say(`positions.kinds.where.${kind.place}`),
        kind.parameters.toLocaleString('en'),
        ...distances.map((distance) => {
          const found = now.answer.tensors.get(`${kind.name}.alike`) ?? now.answer.tensors.get(`${kind.name}.bias`);
          return found ? digits(found.values[distance]) : '–';
        }),
      ],
    }));
    const columns = [say('positions.kinds.place'), say('positions.kinds.learns'), ...distances.map((distance) => `0, ${distance}`)];
    return { caption, columns, rows };
  }
}

/** One kind: its name, where it acts, what it adds, how near positions are by it. */
class Card {
  /** @param {(said: string) => void} tell */
  constructor(tell) {
    /** @type {(key: string) => (row: number, col: number, value: string) => void} */
    const telling = (key) => (row, col, value) => tell(this.scene ? this.scene.say(key, { kind: this.title.textContent ?? '', row, col, value }) : '');
    /** @type {StepScene | null} */
    this.scene = null;
    this.title = el('h3');
    this.own = el('span', { class: 'kinds-own' });
    this.where = el('ol', { class: 'kinds-where' });
    this.words = el('p', { class: 'kinds-words' });
    this.first = el('div', { class: 'kinds-picture' });
    this.second = el('div', { class: 'kinds-picture' });
    this.caption = [el('p', { class: 'kinds-caption' }), el('p', { class: 'kinds-caption' })];
    this.vectors = new Mini(telling('positions.kinds.cell'));
    this.alike = new Mini(telling('positions.kinds.pair'));
    this.slopes = new Curves();
    this.nothing = [el('div', { class: 'kinds-nothing' }), el('div', { class: 'kinds-nothing' })];
    this.cost = el('p', { class: 'kinds-cost' });
    const head = el('div', { class: 'kinds-head' }, this.title, this.own);
    this.node = el('section', { class: 'kind' }, head, this.where, this.words, this.caption[0], this.first, this.caption[1], this.second, this.cost);
  }

  /**
   * @param {StepScene} scene
   * @param {Answer} answer
   * @param {Kind} kind
   * @param {{width: number, height: number}} size
   */
  draw(scene, answer, kind, size) {
    const { say, look } = scene;
    this.scene = scene;
    set(this.node, { style: `width:${size.width}px`, 'data-kind': kind.name, 'aria-current': kind.own ? 'true' : null });
    write(this.title, say(`positions.kind.${kind.name}`));
    write(this.own, kind.own ? say('positions.kinds.own') : '');
    this.drawWhere(scene, kind);
    write(this.words, kind.refusal ? say(`positions.kinds.refused.${kind.name}`, { d_model: scene.model.d_model, d_k: scene.model.d_k }) : say(`positions.kinds.says.${kind.name}`));
    const picture = Math.floor((size.height - (look.projector ? 150 : look.width < 1000 ? 246 : 206)) / 2);
    const tensors = { vectors: answer.tensors.get(`${kind.name}.vectors`), alike: answer.tensors.get(`${kind.name}.alike`), bias: answer.tensors.get(`${kind.name}.bias`) };
    const box = { width: size.width, height: picture };
    const role = kind.place === 'nowhere' ? 'none' : kind.place;
    write(this.caption[0], say(kind.parameters && !kind.own ? 'positions.kinds.untrained' : `positions.kinds.first.${role}`, { n_heads: scene.model.n_heads }));
    write(this.caption[1], say(`positions.kinds.second.${role}`));
    this.drawFirst(scene, kind, tensors, box, answer.header.n);
    this.drawSecond(scene, kind, tensors, box, answer.header.n);
    write(this.cost, this.costOf(scene, kind));
  }

  /**
   * The way of a word into the scores, and the step at which this kind comes in.
   * @param {StepScene} scene
   * @param {Kind} kind
   */
  drawWhere({ say }, kind) {
    join(
      this.where,
      ['embedding', 'query_key', 'scores'],
      () => el('li'),
      (node, place) => {
        write(node, say(`positions.kinds.step.${place}`));
        set(node, { 'data-here': place === kind.place ? 'true' : null });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Kind} kind
   * @param {Record<string, import('../step/parcel.js').Tensor | undefined>} tensors
   * @param {{width: number, height: number}} box
   * @param {number} n
   */
  drawFirst(scene, kind, { vectors, bias }, box, n) {
    const { say } = scene;
    if (vectors) {
      const hue = kind.place === 'query_key' ? 'q' : 'stream';
      put(this.first, [this.vectors.node]);
      const axes = { rows: say('positions.axis.position'), cols: say('positions.axis.feature') };
      return this.vectors.draw(scene, { ...vectors, hue, axes, label: this.caption[0].textContent ?? '' }, box);
    }
    if (bias && n > 1) {
      put(this.first, [this.slopes.node]);
      return this.slopes.draw(scene, biasChart(scene, bias, n), box);
    }
    put(this.first, [this.nothing[0]]);
    set(this.nothing[0], { style: `height:${box.height}px` });
    write(this.nothing[0], say('positions.kinds.nothing'));
  }

  /**
   * @param {StepScene} scene
   * @param {Kind} kind
   * @param {Record<string, import('../step/parcel.js').Tensor | undefined>} tensors
   * @param {{width: number, height: number}} box
   * @param {number} n
   */
  drawSecond(scene, kind, { alike, bias }, box, n) {
    const { say } = scene;
    const values = alike?.values ?? bias?.values.subarray(0, n * n);
    if (values) {
      put(this.second, [this.alike.node]);
      const scores = bias !== undefined || kind.place === 'query_key';
      const axes = scores ? { rows: say('positions.axis.query'), cols: say('positions.axis.key') } : { rows: 'p', cols: 'q' };
      return this.alike.draw(scene, { values, shape: [n, n], hue: scores ? 'scores' : 'stream', axes, label: this.caption[1].textContent ?? '' }, box);
    }
    put(this.second, [this.nothing[1]]);
    set(this.nothing[1], { style: `height:${box.height}px` });
    write(this.nothing[1], say('positions.kinds.same'));
  }

  /**
   * What it costs, and how far it reaches.
   * @param {StepScene} scene
   * @param {Kind} kind
   */
  costOf({ say }, kind) {
    const learns = kind.parameters ? say('positions.kinds.parameters', { n: kind.parameters.toLocaleString('en') }) : say('positions.kinds.no_parameters');
    return `${learns} ${say(`positions.kinds.reach.${kind.name}`)}`;
  }
}

/**
 * The penalty of each head over the distance: straight lines, steep for heads that look near.
 * @param {StepScene} scene
 * @param {import('../step/parcel.js').Tensor} bias
 * @param {number} n
 * @returns {import('../step/curves.js').Chart}
 */
function biasChart({ palette, say }, { values, shape }, n) {
  const lines = Array.from({ length: shape[0] }, (_, head) => ({
    name: String(head + 1),
    colour: mixed(palette.scores, palette.paper, (0.6 * head) / Math.max(1, shape[0] - 1)),
    points: Array.from({ length: n }, (_, key) => /** @type {[number, number]} */ ([key, values[head * n * n + key]])),
  }));
  return { lines, bare: true, ends: true, x: { label: say('positions.axis.distance'), min: 0, max: n - 1 }, y: { label: say('positions.axis.bias') } };
}
