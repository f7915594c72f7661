/** The small box that says a number exactly: which query, which key, which head, what weight. */

import { el, join, write } from './dom.js';

export class Tooltip {
  constructor() {
    this.node = el('div', { class: 'tooltip', role: 'tooltip', hidden: '' });
  }

  /**
   * Show lines of text below a box on the screen, or above it: the row that is pointed at stays free.
   * @param {string[]} lines the first is set bold
   * @param {DOMRect} box
   * @param {HTMLElement} root what the tooltip stays inside of
   */
  show(lines, box, root) {
    join(
      this.node,
      lines,
      () => el('div', {}),
      (node, line) => write(node, line),
    );
    this.node.hidden = false;
    const frame = root.getBoundingClientRect();
    const own = this.node.getBoundingClientRect();
    const right = Math.min(frame.right, innerWidth) - own.width - 4;
    const x = Math.max(frame.left, Math.min(box.left + box.width / 2 + 8, right));
    const below = box.bottom + 10;
    const y = below + own.height < innerHeight ? below : box.top - 10 - own.height;
    this.node.style.transform = `translate(${Math.round(x - frame.left)}px,${Math.round(y - frame.top)}px)`;
  }

  hide() {
    this.node.hidden = true;
  }
}
