/** One of several: as buttons where they fit, as a menu where there are too many for the line. */

import { Choice } from '../chapters/masksparts.js';
import { el, join, set, write } from '../dom.js';

/** @typedef {{name: string, text: string}} Item */

export class Pick {
  /**
   * @param {string} part
   * @param {(name: string) => void} pick
   */
  constructor(part, pick) {
    this.choice = new Choice(part, pick);
    this.menu = el('select', { 'data-part': `${part}-menu`, onchange: () => pick(this.menu.value) });
    this.nodes = [this.choice.node, this.menu];
  }

  /**
   * @param {string} label
   * @param {Item[]} items
   * @param {string} chosen
   * @param {number} most buttons that fit
   */
  draw(label, items, chosen, most) {
    const many = items.length > most;
    this.choice.node.hidden = many;
    this.menu.hidden = !many;
    if (many) this.drawMenu(label, items, chosen);
    else this.choice.draw(label, items, chosen);
  }

  /**
   * @param {string} label
   * @param {Item[]} items
   * @param {string} chosen
   */
  drawMenu(label, items, chosen) {
    set(this.menu, { 'aria-label': label });
    join(
      this.menu,
      items,
      () => el('option'),
      (node, { name, text }) => {
        write(node, text);
        set(node, { value: name });
      },
    );
    this.menu.value = chosen;
  }
}
