/** Which side of the model a view shows: what it reads, or what it writes. All views of the page share the choice. */

import { el, join, listen, set, write } from '../dom.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */
/** @typedef {'src' | 'tgt'} Side */

// What a view keeps of one side and has no meaning on the other.
const OF_ONE_SIDE = ['size', 'piece', 'window', 'word', 'row'];
/** @type {Side[]} */
const SIDES = ['src', 'tgt'];

/**
 * @param {import('../step/desk.js').Desk} desk
 * @returns {Side}
 */
export function sideOf(desk) {
  return desk.option('side', 'src') === 'tgt' ? 'tgt' : 'src';
}

/**
 * @param {Scene} scene
 * @param {Side} side
 */
function sideName({ header, say, has }, side) {
  const key = header.languages?.[side === 'src' ? 0 : 1];
  return say(key && has(key) ? key : `tokens.side.${side}`);
}

/**
 * The tokens of a side as the embedding reads them, with their ids. The decoder reads `<s>` first.
 * @param {Scene} scene
 * @param {Side} side
 */
export function tokensOf({ pass, words }, side) {
  return side === 'src' ? { labels: words.src, ids: pass.ids.src } : { labels: words.tgtIn, ids: pass.ids.tgt_in };
}

export class SideSwitch {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.node = el('div', { class: 'switch', role: 'group', 'data-part': 'sides' });
    listen(this.node, 'click', '[data-side]', (part) => {
      const side = part.dataset.side ?? 'src';
      desk.change((view) => {
        const kept = Object.entries(view.options).filter(([name]) => !OF_ONE_SIDE.includes(name));
        return { ...view, options: { ...Object.fromEntries(kept), side } };
      });
    });
  }

  /**
   * @param {Scene} scene
   * @param {Side} side
   */
  draw(scene, side) {
    join(
      this.node,
      SIDES,
      () => el('button', { type: 'button' }),
      (node, one) => {
        write(node, sideName(scene, one));
        set(node, { 'data-side': one, 'aria-pressed': String(one === side) });
      },
    );
  }
}
