/** What happened when, as it was measured: a head that aligns from a step on, the first time half of all examples are right. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { share } from '../format.js';
import { frameNear } from './reel.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */
/** @typedef {import('./reel.js').Event} Event */

export class Events {
  /** @param {(event: Event) => void} go */
  constructor(go) {
    this.title = el('h3');
    this.list = el('ol');
    this.none = el('p', { class: 'quiet' });
    this.node = el('div', { class: 'events', 'data-part': 'events' }, this.title, this.none, this.list);
    /** @type {Event[]} */
    this.events = [];
    listen(this.list, 'click', '[data-event]', (part) => go(this.events[numberOf(part, 'event')]));
  }

  /** @param {TrainScene} scene */
  draw(scene) {
    const { say, events, index, reel, count } = scene;
    this.events = events;
    write(this.title, say('train.events.title'));
    write(this.none, events.length ? '' : say(reel.active || !reel.frames.length ? 'train.events.soon' : 'train.events.none'));
    join(
      this.list,
      events,
      () => el('li', {}, el('button', { type: 'button' }, el('span', { class: 'num nth' }), el('span', { class: 'num when' }), el('span'))),
      (node, event, nth) => {
        const button = /** @type {Element} */ (node.firstElementChild);
        write(button.children[0], String(nth + 1));
        const text = eventText(event, scene);
        write(button.children[1], String(event.step));
        write(button.children[2], text);
        set(button, { 'data-event': nth, 'aria-current': reel.frames.length && frameNear(reel.frames, event.step) === index ? 'true' : null, title: say('train.events.at', { step: count(event.step), text }) });
      },
    );
  }
}

/**
 * What became true, short: the list says the step before it, and the tooltip says both.
 * @param {Event} event
 * @param {TrainScene} scene
 */
export function eventText({ kind, block, head, mark }, { say, blockName }) {
  if (!block) return say('train.events.exact', { share: share(mark ?? 0) });
  return say(`train.events.${kind}`, { block: blockName(block), head: (head ?? 0) + 1 });
}
