/** What a person may do with a head that they see: a small box beside its number. It lies over the page and moves nothing. */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { doorsOf } from '../doors.js';
import { blockName } from './words.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */

export class Door {
  /** @param {Desk} desk */
  constructor(desk) {
    this.title = el('b');
    this.ways = el('span', { class: 'ways' });
    this.node = el('div', { class: 'generate-door', role: 'dialog', 'data-part': 'door', hidden: '' }, this.title, this.ways);
    /** @type {import('../doors.js').Door[]} */
    this.doors = [];
    listen(this.ways, 'click', '[data-nth]', (way) => {
      const { page, view } = this.doors[numberOf(way, 'nth')];
      desk.go(page, view);
    });
    this.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
    this.node.addEventListener('focusout', (event) => {
      const to = event.relatedTarget;
      if (to instanceof Node && !this.node.contains(to) && to !== this.from) this.shut();
    });
    desk.root.addEventListener('pointerdown', (event) => {
      const on = event.target instanceof Node ? event.target : null;
      if (!this.node.contains(on) && !this.from?.contains(on)) this.shut();
    });
    this.block = '';
    this.head = 0;
    /** @type {HTMLElement | null} the number that was clicked */
    this.from = null;
  }

  /**
   * A click on a head's number opens its box, another click on it closes it.
   * @param {StepScene} scene
   * @param {string} block
   * @param {number} head
   * @param {HTMLElement} from
   */
  toggle(scene, block, head, from) {
    if (!this.node.hidden && this.block === block && this.head === head) return this.close();
    this.shut();
    [this.block, this.head, this.from] = [block, head, from];
    const { say } = scene;
    write(this.title, say('generate.door.title', { block: blockName(scene, block), head: head + 1 }));
    this.doors = doorsOf({ block, head }, { task: scene.header.task });
    join(
      this.ways,
      this.doors,
      () => el('button', { type: 'button' }),
      (node, { page }, nth) => {
        write(node, say(`lab.door.${page}`));
        set(node, { 'data-nth': nth, 'data-part': `door-${page}`, title: say(`lab.door.about_${page}`) });
      },
    );
    set(this.node, { 'aria-label': this.title.textContent });
    set(from, { 'aria-expanded': 'true' });
    this.node.hidden = false;
    const frame = /** @type {HTMLElement} */ (this.node.parentElement).getBoundingClientRect();
    const box = from.getBoundingClientRect();
    const y = clamp(box.top - frame.top - 4, 0, frame.height - this.node.offsetHeight - 4);
    this.node.style.transform = `translate(${Math.round(box.right - frame.left + 8)}px,${Math.round(y)}px)`;
    this.ways.querySelector('button')?.focus({ preventScroll: true });
  }

  /** Close, and give the focus back to the number. */
  close() {
    const { from } = this;
    this.shut();
    from?.focus({ preventScroll: true });
  }

  shut() {
    this.node.hidden = true;
    if (this.from) set(this.from, { 'aria-expanded': 'false' });
    this.from = null;
  }
}
