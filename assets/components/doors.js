/** The ways on from one head: take it away, read its passport, see it in both texts. The same words and keys on every page. */

import { el, join, listen, numberOf, set, write } from './dom.js';
import { act, shortPlace, writeActs } from './notation.js';

/** @typedef {{block: string, head: number, row?: number | null}} Spot a head, and the row that is looked at */
/** @typedef {'edit' | 'heads' | 'compare'} Way the page where it leads */
/** @typedef {{page: Way, view: Record<string, string>}} Door `view`: what the address says there beside run, sentence and language */
/** @typedef {(page: string, view: Record<string, string>) => void} Go */

const OWN = 'own'; // the task of a person's own pairs
/** @type {Record<Way, string>} */
const KEYS = { edit: 'e', heads: 'h', compare: 'c' };

/**
 * Where a head leads. Passports are measured on the texts of a task: without one there is none.
 * @param {Spot} spot
 * @param {{task?: string | null, partner?: string, said?: string, run?: string}} [about] `partner`: the other text of a pair; `said`: what
 *   the decoder is made to read; `run`: the model, where it may be another than that of the page
 * @returns {Door[]}
 */
export function doorsOf({ block, head, row = null }, { task, partner = '', said = '', run = '' } = {}) {
  const here = { ...(run ? { run } : {}), b: block, f: String(head), ...(row === null ? {} : { q: String(row) }), ...(said ? { o_t: said } : {}) };
  /** @type {Door[]} */
  const doors = [{ page: 'edit', view: { ...here, o_e: writeActs([act('zero', shortPlace(block), head)]) } }];
  if (task && task !== OWN) doors.push({ page: 'heads', view: { ...here, v: 'passport' } });
  if (partner) doors.push({ page: 'compare', view: { ...here, o_other: partner } });
  return doors;
}

/** A few buttons in a row, after the name of the head. */
export class Doors {
  /** @param {Go} go */
  constructor(go) {
    this.name = el('b');
    this.ways = el('span');
    this.node = el('div', { class: 'doors', role: 'group', 'data-part': 'doors', hidden: '' }, this.name, this.ways);
    /** @type {Door[]} */
    this.doors = [];
    listen(this.node, 'click', '[data-nth]', (part) => {
      const { page, view } = this.doors[numberOf(part, 'nth')];
      go(page, view);
    });
  }

  /**
   * @param {import('./strings.js').Say} say
   * @param {Door[]} doors
   */
  draw(say, doors) {
    this.doors = doors;
    const name = doors.length ? say('explore.head', { head: Number(doors[0].view.f) + 1 }) : '';
    write(this.name, name);
    set(this.node, { 'aria-label': say('lab.door.label', { head: name }), hidden: doors.length ? null : '' });
    join(
      this.ways,
      doors,
      () => el('button', { type: 'button' }),
      (node, { page }, nth) => {
        write(node, say(`lab.door.${page}`));
        set(node, { 'data-nth': nth, 'data-to': page, title: say(`lab.door.about_${page}`) });
      },
    );
  }
}

/**
 * The same ways by the keyboard; on the wall, where the buttons are not shown, the only ones.
 * @param {Door[]} doors
 * @param {Go} go
 * @returns {import('./keys.js').Binding[]}
 */
export function doorKeys(doors, go) {
  return doors.map(({ page, view }) => ({ keys: [KEYS[page]], shown: KEYS[page], help: `lab.keys.to_${page}`, run: () => go(page, view) }));
}
