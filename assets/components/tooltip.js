/** The small box that says a number exactly: which query, which key, which head, what weight. */

import { el, join, write } from './dom.js';

export class Tooltip {
  constructor() {
    this.node = el('div', { class: 'tooltip', role: 'tooltip', hidden: '' });
  }

  /**
   * Show lines of text beside a box on the screen.
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
    const right = box.right + 10 + own.width < Math.min(frame.right, innerWidth);
    const x = right ? box.right + 10 : Math.max(frame.left, box.left - 10 - own.width);
    const y = Math.min(Math.max(frame.top, box.top + box.height / 2 - own.height / 2), innerHeight - own.height - 4);
    this.node.style.transform = `translate(${Math.round(x - frame.left)}px,${Math.round(y - frame.top)}px)`;
  }

  hide() {
    this.node.hidden = true;
  }
}
