/** Windows over what is too much for the box: "rows 1-8 of 19", with a way back and a way on. */

import { el, set, write } from '../dom.js';

export class Pager {
  /** @param {(step: number) => void} turn */
  constructor(turn) {
    this.count = 1;
    this.back = el('button', { type: 'button', onclick: () => turn(-1) }, '‹');
    this.text = el('span');
    this.next = el('button', { type: 'button', onclick: () => turn(1) }, '›');
    this.node = el('span', { class: 'output-pager' }, this.back, this.text, this.next);
  }

  /**
   * @param {import('../strings.js').Say} say
   * @param {string} key such as step.rows
   * @param {number[]} shown
   * @param {number} all
   */
  draw(say, key, shown, all) {
    this.count = shown.length;
    const [first, last] = [shown[0] + 1, shown[shown.length - 1] + 1];
    this.node.hidden = shown.length === all;
    write(this.text, say(key, { first, last, all }));
    set(this.back, { disabled: first === 1, 'aria-label': say('step.before') });
    set(this.next, { disabled: last === all, 'aria-label': say('step.after') });
  }
}

/**
 * The window that begins at, or as near as it can to, a place: always full, as long as there is enough.
 * @param {number} first
 * @param {number} most
 * @param {number} all
 */
export function windowOf(first, most, all) {
  const from = Math.max(0, Math.min(first, all - most));
  return Array.from({ length: Math.min(most, all) }, (_, i) => from + i);
}
