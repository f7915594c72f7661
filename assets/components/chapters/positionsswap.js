/** Two words change places: what the encoder makes of it with positions, and what without. */

import { drawTokens } from '../tokens.js';
import { el, join, listen, numberOf, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { digits, exactly, power } from './positionsmath.js';
import { answerOf } from './positionsparts.js';

/** @typedef {import('./positionsparts.js').StepScene} StepScene */
/** @typedef {import('./positionsparts.js').Answer} Answer */
/** @typedef {{answer: Answer, i: number, j: number}} Now */

const ROADS = /** @type {const} */ (['with', 'without']);

export class Swapped {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {number | null} the first word of a new pair */
    this.held = null;
    this.ask = el('span', { class: 'swap-ask' });
    this.tokens = el('div', { class: 'tokens', 'data-part': 'swap-words' });
    this.buttons = ROADS.map((name) => el('button', { type: 'button', onclick: () => desk.set('road', name) }));
    this.switch = el('span', { class: 'switch', role: 'group' }, ...this.buttons);
    this.note = el('p', { class: 'positions-note', hidden: '' });
    this.roads = ROADS.map((name) => new Road(name));
    this.bars = new Bars();
    this.claim = el('p', { class: 'swap-claim' });
    const side = el('div', { class: 'swap-side' }, this.bars.node, this.claim);
    const columns = el('div', { class: 'positions-columns' }, el('div', { class: 'swap-roads' }, ...this.roads.map(({ node }) => node)), side);
    this.node = el('div', { class: 'positions swapped', 'data-part': 'swap' }, el('div', { class: 'swap-head' }, this.ask, this.tokens), this.switch, this.note, columns);
    listen(this.tokens, 'click', '[data-token]', (part) => this.choose(numberOf(part, 'token')));
    listen(this.tokens, 'keydown', '[data-token]', (part, event) => {
      const { key } = /** @type {KeyboardEvent} */ (event);
      if (key !== 'Enter' && key !== ' ') return;
      event.preventDefault();
      this.choose(numberOf(part, 'token'));
    });
  }

  /** The first click holds a word, the second one swaps. @param {number} place */
  choose(place) {
    const { held } = this;
    if (held === null || held === place) {
      this.held = held === place ? null : place;
      if (this.desk.scene) this.draw(this.desk.scene);
      return;
    }
    this.held = null;
    const [i, j] = [Math.min(held, place), Math.max(held, place)];
    this.desk.change((view) => ({ ...view, options: { ...view.options, i: String(i), j: String(j) } }));
  }

  /**
   * @param {StepScene} scene
   * @returns {Now | null}
   */
  read(scene) {
    const n = scene.words.src.length;
    const [i, j] = ['i', 'j'].map((name) => this.desk.option(name, ''));
    const good = [i, j].every((text) => /^\d{1,4}$/.test(text) && Number(text) < n);
    const answer = answerOf(scene, good ? { view: 'swap', i, j } : { view: 'swap' }, this.note);
    return answer && { answer, i: answer.header.i, j: answer.header.j };
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const now = this.read(scene);
    const { say, words, look } = scene;
    if (this.held !== null && this.held >= words.src.length) this.held = null;
    const chosen = this.held === null ? (now ? [now.i, now.j] : []) : [this.held];
    write(this.ask, this.held === null ? say('positions.swap.ask') : say('positions.swap.second', { word: words.src[this.held].text }));
    drawTokens(this.tokens, words.src.map((label, row) => ({ label, row, title: label.full, unknown: scene.sentence.unknown[row] })));
    for (const node of this.tokens.children) node.classList.toggle('here', chosen.includes(numberOf(node, 'token')));
    if (!now) return;
    const height = look.height - (look.projector ? 124 : 62);
    this.drawSwitch(scene);
    const side = Math.round(look.width * (look.projector ? 0.4 : 0.33));
    this.roads.forEach((road, nth) => {
      road.node.hidden = look.projector && nth !== (this.desk.option('road', 'with') === 'without' ? 1 : 0);
      road.draw(scene, now, { width: look.width - side - 28, height: look.projector ? height : Math.floor(height / 2) - 4 });
    });
    this.bars.draw(scene, now, { width: side, height: height - (look.projector ? 10 : look.width < 1000 ? 158 : 130) });
    write(this.claim, this.claimOf(scene, now));
    this.claim.hidden = look.projector;
  }

  /** On the wall there is room for one road at a time. @param {StepScene} scene */
  drawSwitch({ say, look }) {
    this.switch.hidden = !look.projector;
    this.buttons.forEach((button, nth) => {
      write(button, say(`positions.swap.road.${ROADS[nth]}`));
      set(button, { 'aria-pressed': String(ROADS[nth] === this.desk.option('road', 'with')) });
    });
  }

  /**
   * What was measured, in one or two sentences.
   * @param {StepScene} scene
   * @param {Now} now
   */
  claimOf({ say, words, model }, { answer, i, j }) {
    const { header } = answer;
    if (words.src.length < 2) return say('positions.swap.one');
    if (header.equal) return say('positions.swap.equal', { one: words.src[i].text, other: words.src[j].text });
    const without = say('positions.swap.without', { largest: power(header.without.largest) });
    if (model.position === 'none') return `${without} ${say('positions.swap.none')}`;
    return `${without} ${say('positions.swap.with', { largest: digits(header.with.largest, 3) })} ${say('positions.swap.caution')}`;
  }

  /** @param {StepScene} scene */
  table(scene) {
    const now = this.read(scene);
    const { say, words } = scene;
    const caption = say('positions.swap.change');
    if (!now) return { caption, columns: [], rows: [] };
    const changes = ROADS.map((name) => changeOf(now, name));
    const rows = words.src.map(({ text }, row) => ({ name: text, cells: changes.map((change) => shareOf(change[row])) }));
    return { caption, columns: ROADS.map((name) => say(`positions.swap.road.${name}`)), rows };
  }
}

/** The encoder's output before and after the swap, one road: with positions, or without. */
class Road {
  /** @param {'with' | 'without'} name */
  constructor(name) {
    this.name = name;
    this.title = el('b');
    this.about = el('span', { class: 'quiet' });
    this.before = new Heat();
    this.after = new Heat();
    this.said = [el('p', { class: 'swap-said word' }), el('p', { class: 'swap-said word' })];
    const left = el('div', {}, this.said[0], this.before.node);
    const right = el('div', {}, this.said[1], this.after.node);
    this.node = el('section', { class: 'swap-road', 'data-road': name }, el('h3', {}, this.title, this.about), el('div', { class: 'swap-pair' }, left, right));
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  draw(scene, now, size) {
    const { say, words, look } = scene;
    const { answer, i, j } = now;
    const { features } = answer.header;
    write(this.title, say(`positions.swap.road.${this.name}`));
    const tensors = ['before', 'after'].map((when) => /** @type {import('../step/parcel.js').Tensor} */ (answer.tensors.get(`${this.name}.${when}`)));
    const max = Math.max(...tensors.map(({ values }) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
    const order = words.src.map((_, row) => (row === i ? j : row === j ? i : row));
    const box = { width: Math.floor((size.width - 16) / 2), height: size.height - (look.projector ? 100 : 66) };
    set(this.node, { style: `width:${size.width}px` });
    for (const said of this.said) set(said, { style: `width:${box.width}px` });
    const room = Math.max(8, Math.floor((box.width - (look.projector ? 210 : 160)) / 4));
    const cols = Math.min(features, room, tensors[0].shape[1]);
    const w = Math.max(4, Math.floor((box.width - (look.projector ? 210 : 160)) / cols));
    const last = { shown: cols - 1, width: answer.header.width, max: exactly(max, 2) };
    write(this.about, say('positions.swap.memory', last));
    [this.before, this.after].forEach((heat, nth) => {
      const { values, shape } = tensors[nth];
      const said = answer.header[this.name][nth ? 'after' : 'before'];
      write(this.said[nth], `→ ${said.text}${said.finished ? '' : ' …'}`);
      set(this.said[nth], { title: said.text, 'data-said': nth ? 'after' : 'before' });
      const data = {
        rows: (nth ? order : words.src.map((_, row) => row)).map((row) => marked(words.src[row], row === i || row === j)),
        cols: Array.from({ length: cols }, (_, col) => ({ text: '', full: String(col), token: String(col) })),
        at: (/** @type {number} */ row, /** @type {number} */ col) => values[row * shape[1] + col],
        hue: /** @type {const} */ ('stream'),
        max,
        axes: { rows: say(nth ? 'positions.swap.after' : 'positions.swap.before'), cols: say('positions.axis.features') },
        plain: true,
      };
      const most = look.projector ? 10 : 12;
      const rows = Math.min(most, shape[0]);
      const h = Math.floor((box.height - (look.projector ? 84 : 58) - (rows < shape[0] ? 34 : 0)) / rows);
      heat.draw(scene, data, { ...box, cell: { w, h }, most: { rows: most, cols: 64 }, legend: false }, null);
    });
  }
}

/** How far each word's row moved, as a share of its length: two bars per word, with positions and without. */
class Bars {
  constructor() {
    this.title = el('h3');
    this.legend = el('p', { class: 'quiet' });
    this.list = el('ol', { class: 'swap-bars' });
    this.node = el('section', { class: 'swap-change', 'data-part': 'bars' }, this.title, this.legend, this.list);
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  draw({ say, words }, now, size) {
    write(this.title, say('positions.swap.change'));
    write(this.legend, say('positions.swap.legend'));
    const changes = ROADS.map((name) => changeOf(now, name));
    const most = Math.max(...changes.flatMap((change) => Array.from(change)), 1e-9);
    set(this.node, { style: `width:${size.width}px;height:${size.height}px` });
    join(
      this.list,
      words.src,
      () => el('li', {}, el('span', { class: 'word' }), ...ROADS.map((name) => el('i', { class: `bar ${name}` }, el('i'))), ...ROADS.map((name) => el('span', { class: `num ${name}` }))),
      (node, label, row) => {
        write(node.children[0], label.text);
        set(node, { 'data-swapped': row === now.i || row === now.j ? 'true' : null });
        changes.forEach((change, nth) => {
          set(node.children[1 + nth].children[0], { style: `width:${((100 * change[row]) / most).toFixed(2)}%` });
          write(node.children[3 + nth], shareOf(change[row]));
        });
      },
    );
  }
}

/**
 * @param {Now} now
 * @param {'with' | 'without'} name
 */
function changeOf({ answer }, name) {
  return /** @type {import('../step/parcel.js').Tensor} */ (answer.tensors.get(`${name}.change`)).values;
}

/**
 * A word of the pair that changes places carries a sign: two rows of a picture must be found again.
 * @param {import('../tokens.js').Label} label
 * @param {boolean} moves
 */
function marked(label, moves) {
  return moves ? { ...label, text: `⇄ ${label.text}` } : label;
}

/** @param {number} change */
function shareOf(change) {
  return change < 1e-4 ? power(change) : digits(change, 3);
}
