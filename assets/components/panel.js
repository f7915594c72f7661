/** A panel that lies over the page, in a fixed box: it opens, it closes, it moves nothing. */

import { el, set, write } from './dom.js';

export class Panel {
  /**
   * @param {string} name
   * @param {HTMLElement} content
   */
  constructor(name, content) {
    this.title = el('h3');
    this.close = el('button', { type: 'button', class: 'close', onclick: () => this.toggle(false) });
    this.content = content;
    const attributes = { class: `panel ${name}`, role: 'dialog', hidden: '', tabindex: -1, 'data-part': name };
    this.node = el('div', attributes, this.title, this.close, content);
    /** @type {HTMLElement | null} */
    this.from = null;
  }

  /**
   * @param {string} title
   * @param {string} close
   */
  name(title, close) {
    write(this.title, title);
    write(this.close, close);
    set(this.node, { 'aria-label': title });
  }

  get open() {
    return !this.node.hidden;
  }

  /**
   * Open or close; the focus comes back to where it was.
   * @param {boolean} [open]
   */
  toggle(open = !this.open) {
    if (open === this.open) return;
    const root = /** @type {Document | ShadowRoot} */ (this.node.getRootNode());
    if (open) this.from = /** @type {HTMLElement | null} */ (root.activeElement);
    this.node.hidden = !open;
    if (open) this.node.focus();
    else this.from?.focus();
  }
}
