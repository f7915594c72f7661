/** A mask painted by hand on one attention block: its weights before, after and the difference, and what the model then writes. */

import { clamp, el, set, write } from '../dom.js';
import { writeActs } from '../notation.js';
import { placeName } from '../step/passbar.js';
import { maskAct, mayClose, ownMask, presetMask, PRESETS, readMask, writeMask } from './masksbits.js';
import { blockNow, Choice, OutputStrip, outputTwin, saidOf, sidesOf, standThere } from './masksparts.js';
import { Triptych } from './maskstriptych.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('./masksbits.js').Grid} Grid */
/** @typedef {import('./masksbits.js').Mask} Mask */
/** @typedef {{header: {rows: import('./masksparts.js').RowSaid[], written: import('./masksparts.js').Written[]}, tensors: Map<string, import('../step/parcel.js').Tensor>}} Painted */
/** @typedef {{scene: StepScene, grid: Grid, rows: import('../tokens.js').Label[], cols: import('../tokens.js').Label[], mask: Mask, block: string}} Now */

const NARROW = 1000; // pixels: below, and on the wall, heads are named by their number only
const ASK_AFTER = 150; // milliseconds of peace before the server is asked

export class PaintView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.block = el('select', { 'data-part': 'block', onchange: () => this.choose({ at: this.block.value }) });
    this.head = new Choice('head', (name) => this.choose({ head: Number(name) }));
    this.scope = new Choice('scope', (name) => desk.set('scope', name));
    this.presets = new Choice('presets', (name) => this.preset(name), 'masks-chips');
    this.undoButton = el('button', { type: 'button', 'data-part': 'undo', onclick: () => this.undo() });
    this.resetButton = el('button', { type: 'button', 'data-part': 'reset', onclick: () => this.put(null) });
    this.keepButton = el('button', { type: 'button', 'data-part': 'keep', onclick: () => this.keep() });
    const first = el('div', { class: 'masks-bar' }, this.block, this.head.node, this.scope.node, this.undoButton, this.resetButton, this.keepButton);
    this.presetsName = el('span', { class: 'quiet' });
    this.note = el('span', { class: 'masks-note', role: 'status', 'data-part': 'note' });
    const second = el('div', { class: 'masks-bar' }, this.presetsName, this.presets.node, this.note);
    this.figures = new Triptych((cell) => this.point(cell));
    this.watch(this.figures.painted);
    this.output = new OutputStrip();
    this.node = el('div', { class: 'masks masks-paint' }, first, second, this.figures.node, this.output.node);
    /** @type {string[]} */
    this.past = [];
    /** @type {{key: string, answer: Painted} | null} */
    this.last = null;
    this.settled = '';
    this.timer = 0;
    /** @type {Cell} */
    this.cursor = { row: 1, col: 0 };
    /** @type {Cell | null} */
    this.hovered = null;
    /** @type {number | null} what a stroke paints: 1 opens, 0 closes */
    this.stroke = null;
    /** @type {Now | null} */
    this.now = null;
    this.refused = '';
  }

  /**
   * Strokes of the pointer paint.
   * @param {import('../step/heat.js').Heat} heat
   */
  watch(heat) {
    heat.canvas.addEventListener('pointerdown', (event) => this.begin(heat.hit(event), event));
    heat.canvas.addEventListener('pointermove', (event) => this.drag(heat.hit(event), event));
    heat.canvas.addEventListener('pointerup', () => (this.stroke = null));
  }

  /** @param {StepScene} scene */
  spot(scene) {
    return { block: blockNow(scene).name, head: scene.view.head };
  }

  /** @param {StepScene} scene */
  draw(scene) {
    standThere(this.desk, scene);
    const now = this.look(scene);
    this.drawControls(now);
    const answer = this.ask(now);
    this.figures.draw(now, answer?.tensors.get('after')?.values ?? null, this.shown());
    if (answer) this.output.draw(scene, answer.header, [scene.say('masks.output.as_is'), scene.say('masks.output.changed')]);
    this.say();
  }

  /**
   * @param {StepScene} scene
   * @returns {Now}
   */
  look(scene) {
    const place = blockNow(scene);
    const { rows, cols, causal, behind } = sidesOf(scene, place);
    const grid = { rows: rows.length, cols: cols.length, causal, behind };
    return (this.now = { scene, grid, rows, cols, block: place.name, mask: readMask(grid, this.desk.option('paint', '')) });
  }

  /**
   * The answer to what is painted now, else the last one of the same block: the old picture stays until the new one lands.
   * @param {Now} now
   * @returns {Painted | null}
   */
  ask({ scene, grid, mask, block }) {
    const head = this.desk.option('scope', 'all') === 'all' ? 'all' : String(scene.view.head);
    const question = { ask: 'paint', block, head, mask: writeMask(grid, mask), ...saidOf(scene) };
    const wanted = JSON.stringify([scene.header.run, scene.sentence.read, question]);
    if (wanted !== this.settled && this.last) this.settle(wanted);
    else this.settled = wanted;
    const answer = wanted === this.settled ? scene.ask(question) : null;
    const key = JSON.stringify([scene.header.run, scene.sentence.read, block, grid]);
    if (answer?.trouble) this.refused = scene.say(answer.trouble.key, answer.trouble.values);
    else if (answer) this.last = { key, answer: /** @type {Painted} */ (answer) };
    return this.last?.key === key ? this.last.answer : null;
  }

  /** @param {string} wanted */
  settle(wanted) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.settled = wanted;
      this.desk.drawSoon();
    }, ASK_AFTER);
  }

  /** @param {Now} now */
  drawControls({ scene, grid, mask, block, cols }) {
    const { say, view, places, model, look } = scene;
    const blocks = places.filter((place) => place.kind === 'attention');
    if (this.block.childElementCount !== blocks.length || this.block.lang !== scene.lang) {
      this.block.replaceChildren(...blocks.map((place) => el('option', { value: place.name }, placeName(place, say))));
      this.block.lang = scene.lang;
    }
    this.block.value = block;
    set(this.block, { 'aria-label': say('masks.paint.block') });
    const heads = Array.from({ length: model.n_heads }, (_, i) => ({ name: String(i), text: look.projector || look.width < NARROW ? String(i + 1) : say('masks.paint.head', { head: i + 1 }) }));
    this.head.draw(say('masks.paint.heads'), heads, String(view.head));
    const scopes = ['all', 'one'].map((name) => ({ name, text: say(`masks.paint.scope.${name}`) }));
    this.scope.draw(say('masks.paint.scope.label'), scopes, this.desk.option('scope', 'all'));
    const word = cols[clamp(this.cursor.col, 0, cols.length - 1)].text;
    write(this.presetsName, say('masks.paint.presets'));
    this.presets.draw(say('masks.paint.presets'), PRESETS.map((name) => ({ name, text: say(`masks.preset.${name}`, { word }) })), null);
    write(this.undoButton, say('masks.paint.undo'));
    write(this.resetButton, say('masks.paint.reset'));
    set(this.undoButton, { disabled: this.past.length === 0 });
    const plain = String(mask) === String(ownMask(grid));
    set(this.resetButton, { disabled: plain });
    write(this.keepButton, say('masks.paint.keep'));
    set(this.keepButton, { disabled: plain, title: say('masks.paint.keep_title') });
  }

  shown() {
    const { grid } = /** @type {Now} */ (this.now);
    const { row, col } = this.hovered ?? this.cursor;
    return { row: clamp(row, 0, grid.rows - 1), col: clamp(col, 0, grid.cols - 1) };
  }

  /** @param {Cell | null} cell */
  point(cell) {
    this.hovered = cell;
    this.figures.point(this.shown());
    this.say();
  }

  /** One line about the cell pointed at, or about why it cannot be closed. */
  say() {
    if (!this.now) return;
    const { scene, grid, mask, rows, cols } = this.now;
    const { row, col } = this.shown();
    const at = row * grid.cols + col;
    const [before, after] = this.figures.weights(row, col);
    const values = { query: rows[row].full, key: cols[col].full, before: before.toFixed(3), after: after.toFixed(3) };
    const own = ownMask(grid)[at];
    const state = mask[at] ? (own ? 'open' : 'opened') : own ? 'closed' : 'later';
    write(this.note, this.refused || scene.say(`masks.paint.cell.${state}`, values));
    this.note.title = this.note.textContent ?? '';
    this.note.classList.toggle('alarm', this.refused !== '');
  }

  /** @param {Cell | null} cell @param {PointerEvent} event */
  begin(cell, event) {
    if (!cell || !this.now || event.button !== 0) return;
    const open = this.now.mask[cell.row * this.now.grid.cols + cell.col];
    this.stroke = open ? 0 : 1;
    this.cursor = cell;
    this.remember();
    this.paint(cell, this.stroke);
  }

  /** @param {Cell | null} cell @param {PointerEvent} event */
  drag(cell, event) {
    if (!(event.buttons & 1)) this.stroke = null;
    if (cell && this.stroke !== null) this.paint(cell, this.stroke);
  }

  /**
   * Open or close one cell. The last open cell of a row stays open, and the page says why.
   * @param {Cell} cell
   * @param {number} open
   */
  paint({ row, col }, open) {
    if (!this.now) return;
    const { grid, mask, scene, rows } = this.now;
    const at = row * grid.cols + col;
    if (mask[at] === open) return;
    if (!open && !mayClose(grid, mask, row, col)) {
      this.refused = scene.say(grid.behind ? 'masks.paint.last.decoder' : 'masks.paint.last.any', { query: rows[row].full });
      return this.say();
    }
    this.refused = '';
    mask[at] = open;
    this.desk.set('paint', writeMask(grid, mask));
  }

  remember() {
    const text = this.desk.option('paint', '');
    if (this.past[this.past.length - 1] !== text) this.past.push(text);
  }

  undo() {
    const before = this.past.pop();
    if (before === undefined) return;
    this.refused = '';
    this.desk.set('paint', before);
  }

  /** Lay a whole mask, or the model's own. @param {Mask | null} mask */
  put(mask) {
    if (!this.now) return;
    this.remember();
    this.refused = '';
    this.desk.set('paint', mask ? writeMask(this.now.grid, mask) : '');
  }

  /** What is painted here becomes an intervention on the page Edit. */
  keep() {
    if (!this.now) return;
    const { scene, grid, mask, block } = this.now;
    const { head } = scene.view;
    const who = this.desk.option('scope', 'all') === 'all' ? 'all' : head;
    this.desk.go('edit', { b: block, f: String(head), o_e: writeActs([maskAct(grid, block, who, mask)]), ...(scene.view.options.t ? { o_t: scene.view.options.t } : {}) });
  }

  /** @param {string} name */
  preset(name) {
    if (this.now) this.put(presetMask(this.now.grid, name, clamp(this.cursor.col, 0, this.now.grid.cols - 1)));
  }

  /** Another block or head. A mask belongs to its block. @param {{at?: string, head?: number}} change */
  choose(change) {
    this.refused = '';
    if (change.at !== undefined) this.past = [];
    this.desk.change((view) => ({ ...view, ...change, options: change.at === undefined ? view.options : { ...view.options, paint: '' } }));
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const move = (/** @type {number} */ down, /** @type {number} */ across) => () => {
      if (!this.now) return;
      const { row, col } = this.shown();
      const { grid } = this.now;
      this.hovered = null;
      this.refused = '';
      this.cursor = { row: clamp(row + down, 0, grid.rows - 1), col: clamp(col + across, 0, grid.cols - 1) };
      this.desk.drawSoon();
    };
    return [
      { keys: ['ArrowUp'], shown: '↑ ↓ ← →', help: 'masks.keys.move', run: move(-1, 0) },
      { keys: ['ArrowDown'], shown: '↓', help: 'masks.keys.move', run: move(1, 0) },
      { keys: ['ArrowLeft'], shown: '←', help: 'masks.keys.move', run: move(0, -1) },
      { keys: ['ArrowRight'], shown: '→', help: 'masks.keys.move', run: move(0, 1) },
      { keys: ['Enter', ' '], shown: 'Enter', help: 'masks.keys.toggle', run: () => this.toggle() },
      { keys: ['u'], shown: 'u', help: 'masks.keys.undo', run: () => this.undo() },
      { keys: ['k'], shown: 'k', help: 'masks.keys.keep', run: () => this.keepButton.click() },
      { keys: ['1', '2', '3', '4', '5', '6', '7', '8'], shown: '1–8', help: 'masks.keys.head', run: (key) => this.toHead(Number(key) - 1) },
    ];
  }

  /** @param {number} head */
  toHead(head) {
    if (head < (this.now?.scene.model.n_heads ?? 0)) this.choose({ head });
  }

  toggle() {
    if (!this.now) return;
    const cell = this.shown();
    this.cursor = cell;
    this.hovered = null;
    this.remember();
    this.paint(cell, this.now.mask[cell.row * this.now.grid.cols + cell.col] ? 0 : 1);
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const answer = this.ask(this.look(scene));
    const caption = scene.say('masks.paint.caption');
    return { caption, ...(answer ? outputTwin(scene, answer.header.rows) : { columns: [], rows: [] }) };
  }
}
