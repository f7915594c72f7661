/** The walker's head row: which place, which head, all rows or one, and the keys that lead on. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { placeName } from './passbar.js';
import { NARROW } from './walkerlook.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {{go: (at: string) => void, head: (head: number) => void, rows: (rows: string) => void, on: () => void}} HeadActions */

const FEW_HEADS = 4; // more are named by their number only

export class WalkerHead {
  /** @param {HeadActions} act */
  constructor(act) {
    this.place = el('select', { class: 'place', 'data-part': 'place' });
    this.title = el('h2', { class: 'place-title' });
    this.heads = el('div', { class: 'switch heads-switch', role: 'group', 'data-part': 'heads' });
    this.rows = el('div', { class: 'switch', role: 'group', 'data-part': 'rows' });
    this.hints = el('p', { class: 'hints', 'aria-hidden': 'true' });
    this.on = el('button', { type: 'button', class: 'on', onclick: () => act.on() });
    this.node = el('header', { class: 'walker-head' }, this.title, this.place, this.heads, this.rows, this.hints, this.on);
    this.place.addEventListener('change', () => {
      act.go(this.place.value);
      // The arrow keys walk on from here; a list that keeps the focus would keep the keys.
      /** @type {HTMLElement | null} */ (this.node.closest('.lab'))?.focus({ preventScroll: true });
    });
    listen(this.heads, 'click', '[data-head]', (part) => act.head(numberOf(part, 'head')));
    listen(this.rows, 'click', '[data-rows]', (part) => act.rows(part.dataset.rows ?? ''));
  }

  /**
   * @param {Scene} scene
   * @param {string} rows
   */
  draw(scene, rows) {
    const { say, places, place, view, model, look } = scene;
    join(
      this.place,
      places,
      () => el('option'),
      (node, one) => {
        write(node, placeName(one, say));
        set(node, { value: one.name });
      },
    );
    this.place.value = place.name;
    set(this.place, { 'aria-label': say('walk.place') });
    write(this.title, placeName(place, say) + (place.kind === 'attention' ? say('walk.of_head', { head: view.head + 1 }) : ''));
    const many = model.n_heads > FEW_HEADS || look.width < NARROW;
    set(this.heads, { 'aria-label': say('walk.heads'), 'data-off': place.kind === 'attention' ? null : 'true' });
    join(
      this.heads,
      Array.from({ length: model.n_heads }, (_, head) => head),
      () => el('button', { type: 'button' }),
      (node, head) => {
        write(node, many ? String(head + 1) : say('walk.head', { head: head + 1 }));
        set(node, { 'data-head': head, 'aria-pressed': String(head === view.head), 'aria-label': say('walk.head', { head: head + 1 }) });
      },
    );
    drawSwitch(this.rows, 'rows', [['all', say('walk.rows.all')], ['one', say('walk.rows.one')]], rows);
    this.drawHints(scene);
    write(this.on, `${say('walk.on')}  →`);
    set(this.on, { hidden: look.projector ? null : '' });
  }

  /** @param {Scene} scene */
  drawHints({ say, place, model }) {
    const hints = [
      { keys: ['←', '→'], text: say('walk.hint.stage') },
      { keys: ['↑', '↓'], text: say('walk.hint.row') },
      { keys: [',', '.'], text: say('walk.hint.column') },
      ...(place.kind === 'attention' && model.n_heads > 1 ? [{ keys: ['1', String(Math.min(8, model.n_heads))], text: say('walk.hint.head') }] : []),
    ];
    join(
      this.hints,
      hints,
      () => el('span', {}, el('kbd'), el('kbd'), el('span')),
      (node, { keys, text }) => [...keys, text].forEach((piece, i) => write(node.children[i], piece)),
    );
  }
}

/**
 * A switch of a few words, one of them chosen.
 * @param {HTMLElement} node
 * @param {string} name
 * @param {string[][]} choices value and word
 * @param {string} now
 */
export function drawSwitch(node, name, choices, now) {
  join(
    node,
    choices,
    () => el('button', { type: 'button' }),
    (button, [value, text]) => {
      write(button, text);
      set(button, { [`data-${name}`]: value, 'aria-pressed': String(value === now) });
    },
  );
}
