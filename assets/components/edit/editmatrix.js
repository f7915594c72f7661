/** One head's matrix to edit by hand: drag a cell up or down and its row renormalises live, or paint who may look at whom. */

import { clamp, el, set, write } from '../dom.js';
import { maskAct, mayClose, ownMask } from '../chapters/masksbits.js';
import { axesOf, Choice, sidesOf } from '../chapters/masksparts.js';
import { act, shortPlace } from '../notation.js';
import { paler, pictureOf, RowHeat } from './editheat.js';
import { maskOf, renormalised, whyFixed } from './editrows.js';
import { nameOf } from './editparts.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('./editstate.js').Edits} Edits */
/** @typedef {import('./editparts.js').Both} Both */
/** @typedef {ReturnType<typeof sidesOf> & {scene: StepScene, block: string, head: number, before: Float32Array, after: Float32Array, mask: Uint8Array, unread: boolean}} Now unread: does nobody read the weights of this head? */

const PIXELS = 120; // of the pointer's way from 0 to 1
const MOST = { desk: { rows: 24, cols: 24 }, wall: { rows: 12, cols: 14 } }; // in one window

export class EditMatrix {
  /**
   * @param {Desk} desk
   * @param {Edits} edits
   */
  constructor(desk, edits) {
    this.desk = desk;
    this.edits = edits;
    this.title = el('h3', { 'data-part': 'title' });
    this.show = new Choice('show', (name) => desk.set('show', name));
    this.mode = new Choice('mode', (name) => desk.set('mode', name));
    this.number = el('input', { type: 'number', min: 0, max: 1, step: 0.05, 'data-part': 'weight', onchange: () => this.type() });
    this.note = el('p', { class: 'edit-note', role: 'status', 'data-part': 'note' });
    this.heat = new RowHeat({ point: (cell) => this.point(cell) });
    set(this.heat.canvas, { 'data-part': 'matrix' });
    this.none = el('p', { class: 'edit-none' });
    const switches = el('div', { class: 'edit-bar edit-switches' }, this.show.node, this.mode.node);
    const cell = el('div', { class: 'edit-bar edit-cell' }, this.number, this.note);
    this.node = el('section', { class: 'edit-matrix' }, this.title, switches, cell, this.heat.node, this.none);
    const { canvas } = this.heat;
    canvas.addEventListener('pointerdown', (event) => this.begin(event));
    canvas.addEventListener('pointermove', (event) => this.drag(event));
    canvas.addEventListener('pointerup', () => this.end());
    canvas.addEventListener('pointercancel', () => this.end());
    /** @type {Cell} */
    this.cursor = { row: 0, col: 0 };
    /** @type {Cell | null} */
    this.hovered = null;
    /** @type {{row: number, col: number, weight: number, y: number, from: number} | null} a weight on its way */
    this.draft = null;
    /** @type {{open: number, cells: Uint8Array, first: string} | null} a stroke of the brush */
    this.stroke = null;
    this.refused = '';
    /** @type {Now | null} */
    this.now = null;
    this.at = '';
  }

  /**
   * @param {StepScene} scene
   * @param {Both | null} both
   * @param {{width: number, height: number}} size
   */
  draw(scene, both, size) {
    const { place, view, say, pass } = scene;
    const marks = this.edits.marksOf(place.name, view.head);
    const unread = ['zero', 'mean', 'only', 'sublayer'].some((word) => marks.includes(word));
    const attention = place.kind === 'attention';
    for (const part of [this.heat.node, this.mode.node, this.show.node, this.number, this.note]) part.hidden = !attention;
    this.none.hidden = attention;
    write(this.none, attention ? '' : say('edit.no_matrix'));
    write(this.title, attention ? say(unread ? 'edit.title_unread' : 'edit.title', { block: nameOf(scene, place.name), head: view.head + 1 }) : nameOf(scene, place.name));
    if (!attention) return void (this.now = null);
    const sides = sidesOf(scene, place);
    const before = both?.tensors.get(`before.${place.name}`)?.values ?? pass.values(`${place.name}.weights`);
    const after = both?.tensors.get(`after.${place.name}`)?.values ?? before;
    const offset = view.head * sides.rows.length * sides.cols.length;
    const end = offset + sides.rows.length * sides.cols.length;
    const head = { before: before.subarray(offset, end), after: after.subarray(offset, end).slice() };
    this.now = { ...sides, ...head, unread, scene, block: place.name, head: view.head, mask: new Uint8Array() };
    this.now.mask = maskOf(this.grid(), place.name, view.head, this.edits.acts);
    this.arrive(scene);
    if (this.draft) this.layDraft();
    this.drawControls(scene);
    this.paint(size);
    this.say();
  }

  /**
   * In another block or sentence, or where the address stands on another row: point at what that row reads most.
   * @param {StepScene} scene
   */
  arrive({ place, view, sentence, look }) {
    const { rows } = /** @type {Now} */ (this.now);
    const row = clamp(view.row[place.side], 0, rows.length - 1);
    const at = [place.name, look.projector, sentence.read].join(); // on the wall there are other windows
    if (this.at === at && this.cursor.row === row) return;
    this.cursor = { row, col: this.mostRead(row) };
    this.at = at;
    this.heat.followed = '';
  }

  /** @param {StepScene} scene */
  drawControls({ say }) {
    this.show.draw(say('edit.show.label'), ['after', 'before', 'difference'].map((name) => ({ name, text: say(`edit.show.${name}`) })), this.desk.option('show', 'after'));
    this.mode.draw(say('edit.mode.label'), ['weight', 'mask', 'mask_all'].map((name) => ({ name, text: say(`edit.mode.${name}`), title: say(`edit.mode.${name}_hint`) })), this.desk.option('mode', 'weight'));
    set(this.number, { 'aria-label': say('edit.type'), title: say('edit.type'), disabled: this.painting() || null });
    set(this.heat.canvas, { 'data-mode': this.painting() ? 'mask' : 'weight' });
  }

  /** @param {{width: number, height: number}} [size] */
  paint(size) {
    if (!this.now) return;
    const { scene, unread } = this.now;
    this.size = size ?? this.size;
    const data = {
      ...pictureOf(this.now, ownMask(this.grid()), this.desk.option('show', 'after')),
      ...{ axes: axesOf(this.now.scene), label: this.title.textContent ?? '' },
    };
    if (this.size) this.heat.draw(unread ? paler(scene) : scene, data, { ...this.size, most: scene.look.projector ? MOST.wall : MOST.desk }, this.shown());
  }

  /** @returns {import('../chapters/masksbits.js').Grid} */
  grid() {
    const { rows, cols, causal, behind } = /** @type {Now} */ (this.now);
    return { rows: rows.length, cols: cols.length, causal, behind };
  }

  painting() {
    return this.desk.option('mode', 'weight').startsWith('mask');
  }

  shown() {
    const { row, col } = this.hovered ?? this.cursor;
    const { rows, cols } = /** @type {Now} */ (this.now);
    return { row: clamp(row, 0, rows.length - 1), col: clamp(col, 0, cols.length - 1) };
  }

  /** The row of the decoder that is pointed at; −1 in the encoder. */
  get decoderRow() {
    return this.now && this.now.block.startsWith('decoder.') ? this.shown().row : -1;
  }

  /** @param {number} row */
  mostRead(row) {
    if (!this.now) return 0;
    const { cols, before } = this.now;
    return cols.reduce((best, _, j) => (before[row * cols.length + j] > before[row * cols.length + best] ? j : best), 0);
  }

  /** @param {Cell | null} cell */
  point(cell) {
    if (this.draft) return;
    this.hovered = cell;
    if (!this.now) return;
    this.heat.point(this.shown());
    this.say();
  }

  /** One line about the cell that is pointed at, or about why it stays as it is. */
  say() {
    if (!this.now) return;
    const { scene, rows, cols, before, after } = this.now;
    const { row, col } = this.shown();
    const at = row * cols.length + col;
    const values = { query: rows[row].full, key: cols[col].full, before: before[at].toFixed(3), after: after[at].toFixed(3) };
    write(this.note, this.refused || scene.say('edit.cell', values));
    this.note.title = this.note.textContent ?? '';
    this.note.classList.toggle('alarm', this.refused !== '');
    const active = /** @type {ShadowRoot | Document} */ (this.node.getRootNode()).activeElement;
    if (active !== this.number) this.number.value = after[at].toFixed(3);
  }

  // --- one weight ----------------------------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  begin(event) {
    const cell = this.heat.hit(event);
    if (!cell || !this.now || event.button !== 0) return;
    this.refused = '';
    this.stand(cell);
    if (this.desk.option('show', 'after') !== 'after') this.desk.set('show', 'after');
    if (this.painting()) return this.beginStroke(cell);
    if (!this.maySet(cell)) return;
    this.heat.canvas.setPointerCapture(event.pointerId);
    const from = this.now.after[cell.row * this.now.cols.length + cell.col];
    this.draft = { ...cell, weight: from, y: event.clientY, from };
    this.heat.point(cell);
    this.say();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (this.stroke) return this.brush(this.heat.hit(event), event);
    if (!this.draft || !this.now) return;
    const weight = clamp(Math.round((this.draft.from + (this.draft.y - event.clientY) / PIXELS) * 1000) / 1000, 0, 1);
    if (weight === this.draft.weight) return;
    this.draft.weight = weight;
    this.layDraft();
    this.paint();
    this.say();
  }

  end() {
    if (this.stroke) return void (this.stroke = null);
    const { draft } = this;
    this.draft = null;
    if (draft && draft.weight !== draft.from) this.set(draft, draft.weight);
  }

  /**
   * A row that has one key only, and a cell that is closed, keep what they have.
   * @param {Cell} cell
   */
  maySet({ row, col }) {
    const { scene, causal, rows, cols, mask } = /** @type {Now} */ (this.now);
    const why = whyFixed(mask.subarray(row * cols.length, (row + 1) * cols.length), col, causal && col > row);
    this.refused = why && scene.say(`edit.refused_cell.${why}`, { query: rows[row].full });
    if (why) this.say();
    return !why;
  }

  /** The row renormalises here at once; the server's answer takes its place. */
  layDraft() {
    const { draft, now } = this;
    if (!draft || !now) return;
    const m = now.cols.length;
    const [start, end] = [draft.row * m, (draft.row + 1) * m];
    now.after.set(renormalised(now.after.subarray(start, end), now.mask.subarray(start, end), draft.col, draft.weight), start);
  }

  /**
   * @param {Cell} cell
   * @param {number} weight
   */
  set({ row, col }, weight) {
    if (this.now) this.edits.add(act('weight', shortPlace(this.now.block), this.now.head, row, col, Math.round(1000 * clamp(weight, 0, 1))));
  }

  type() {
    const weight = Number(this.number.value);
    const cell = this.shown();
    if (this.number.value !== '' && Number.isFinite(weight) && this.maySet(cell)) this.set(cell, weight);
  }

  /** @param {number} step */
  nudge(step) {
    if (!this.now) return;
    const cell = this.shown();
    const at = this.now.after[cell.row * this.now.cols.length + cell.col];
    if (this.maySet(cell)) this.set(cell, Math.round((at + step) * 100) / 100);
  }

  // --- a mask --------------------------------------------------------------------------------------------------------

  /** @param {Cell} cell */
  beginStroke(cell) {
    const { mask, cols } = /** @type {Now} */ (this.now);
    const open = mask[cell.row * cols.length + cell.col] ? 0 : 1;
    this.stroke = { open, cells: mask.slice(), first: this.edits.text };
    this.brushCell(cell);
  }

  /**
   * @param {Cell | null} cell
   * @param {PointerEvent} event
   */
  brush(cell, event) {
    if (!(event.buttons & 1)) this.stroke = null;
    else if (cell) this.brushCell(cell);
  }

  /** @param {Cell} cell */
  brushCell({ row, col }) {
    const { stroke, now } = this;
    if (!stroke || !now) return;
    const { rows, cols, scene } = now;
    const at = row * cols.length + col;
    if (stroke.cells[at] === stroke.open) return;
    if (!stroke.open && !mayClose(this.grid(), stroke.cells, row, col)) {
      this.refused = scene.say('edit.refused_cell.last', { query: rows[row].full });
      return this.say();
    }
    this.refused = '';
    stroke.cells[at] = stroke.open;
    this.lay(stroke.cells, stroke.first);
  }

  /**
   * Write a mask into the list; one stroke is one step for undo.
   * @param {Uint8Array} cells
   * @param {string} first the list before the stroke
   */
  lay(cells, first) {
    const { block, head } = /** @type {Now} */ (this.now);
    const who = this.desk.option('mode', 'weight') === 'mask_all' ? 'all' : head;
    this.edits.paint(maskAct(this.grid(), block, who, cells), first);
  }

  toggle() {
    if (!this.now || !this.painting()) return;
    const cell = this.shown();
    this.refused = '';
    this.stand(cell);
    this.beginStroke(cell);
    this.stroke = null;
  }

  /**
   * @param {number} down
   * @param {number} across
   */
  move(down, across) {
    if (!this.now) return;
    const { row, col } = this.shown();
    this.refused = '';
    this.stand({ row: clamp(row + down, 0, this.now.rows.length - 1), col: clamp(col + across, 0, this.now.cols.length - 1) });
  }

  /**
   * Stay at a cell; its row is in the link.
   * @param {Cell} cell
   */
  stand(cell) {
    const { place } = /** @type {Now} */ (this.now).scene;
    this.hovered = null;
    this.cursor = cell;
    this.desk.change((view) => ({ ...view, row: { ...view.row, [place.side]: cell.row } }));
  }
}
