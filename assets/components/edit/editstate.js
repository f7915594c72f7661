/** The list of active edits: it lives in the link; what was undone lives here, as long as the page is open. */

import { LONGEST, MOST_EDITS } from './editplan.js';
import { readActs, rivals, shortPlace, textOf, writeActs } from '../notation.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../notation.js').Act} Act */

const OPTION = 'e';

export class Edits {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    this.full = false; // the last edit had no room in the link
    this.refused = false; // the link holds a list that nobody understands: nothing of it acts
  }

  get text() {
    return this.desk.option(OPTION, '');
  }

  get acts() {
    return this.refused ? [] : readActs(this.text);
  }

  /** @param {string} text the whole list as a link holds it */
  put(text) {
    if (text === this.text || !this.mayHold(text)) return;
    this.past.push(this.text);
    this.future = [];
    this.desk.set(OPTION, text);
  }

  /**
   * Does a link hold this list? If not, the list stays as it is, and the page says so.
   * @param {string} text
   */
  mayHold(text) {
    this.full = text.length > LONGEST || readActs(text).length > MOST_EDITS;
    if (this.full) this.desk.draw();
    return !this.full;
  }

  /**
   * Add an act in the place of the one that it replaces.
   * @param {Act} one
   */
  add(one) {
    const kept = this.acts.filter((other) => !rivals(one, other));
    this.put(writeActs([...kept, one]));
  }

  /**
   * Lay a painted mask in the place of the last one; a whole stroke is one step for undo.
   * @param {Act} one a mask without a painted cell is none
   * @param {string} first the list before the stroke
   */
  paint(one, first) {
    const kept = this.acts.filter((other) => !rivals(one, other));
    const text = writeActs(one.fields[4] ? [...kept, one] : kept);
    if (text === this.text || !this.mayHold(text)) return;
    if (this.past[this.past.length - 1] !== first) this.past.push(first);
    this.future = [];
    this.desk.set(OPTION, text);
  }

  /**
   * Add an act, or take it back if it is there.
   * @param {Act} one
   */
  toggle(one) {
    if (this.has(one)) this.remove(this.acts.findIndex((other) => textOf(other) === textOf(one)), 1);
    else this.add(one);
  }

  /** @param {Act} one */
  has(one) {
    return this.acts.some((other) => textOf(other) === textOf(one));
  }

  /**
   * @param {number} n the first one
   * @param {number} count how many
   */
  remove(n, count) {
    this.put(writeActs(this.acts.filter((_, i) => i < n || i >= n + count)));
  }

  get canUndo() {
    return this.past.length > 0 || this.acts.length > 0;
  }

  /** Go one step back; of a list that came with the link, whose steps nobody knows, the last edit is taken back. */
  undo() {
    if (!this.canUndo) return;
    this.full = false;
    const before = this.past.pop() ?? writeActs(this.acts.slice(0, -1));
    this.future.push(this.text);
    this.desk.set(OPTION, before);
  }

  redo() {
    const next = this.future.pop();
    if (next === undefined) return;
    this.full = false;
    this.past.push(this.text);
    this.desk.set(OPTION, next);
  }

  /**
   * The act of one kind on a head, if there is one.
   * @param {string} word
   * @param {string} block
   * @param {number} head
   */
  of(word, block, head) {
    const wanted = [shortPlace(block), String(head)].join('.');
    return this.acts.find((one) => one.word === word && one.fields.slice(0, 2).join('.') === wanted) ?? null;
  }

  /**
   * Which kinds of edits a head has.
   * @param {string} block
   * @param {number} head
   */
  marksOf(block, head) {
    const place = shortPlace(block);
    return this.acts.filter(({ word, fields }) => fields[0] === place && (word === 'sublayer' || (word === 'only' ? fields[1] !== String(head) : [String(head), 'all'].includes(fields[1])))).map(({ word }) => word);
  }
}
