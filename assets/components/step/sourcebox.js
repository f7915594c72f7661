/** The lines of our own source that made a tensor, with the line that named it under the highlighter. */

import { el, join, set, write } from '../dom.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./pass.js').Source} Source */

export class SourceBox {
  constructor() {
    this.title = el('h3');
    this.note = el('p', { class: 'quiet' });
    this.code = el('ol', { class: 'num code', tabindex: 0 });
    this.node = el('div', { class: 'source', 'data-part': 'source' }, this.title, this.note, this.code);
  }

  /**
   * @param {Scene} scene
   * @param {string} name the tensor
   */
  draw({ pass, say, lang }, name) {
    const source = name === 'p' ? null : pass.spec(name).source;
    write(this.title, source ? `${source.file}, ${source.function}` : say('walk.source.none'));
    write(this.note, source ? say('walk.source.note', { name, line: source.line }) : say('walk.source.softmax'));
    set(this.code, { hidden: source ? null : '', lang: lang === 'en' ? null : 'en' });
    const code = source?.code ?? [];
    const marked = source ? source.line - source.first : -1;
    join(
      this.code,
      code,
      () => el('li', {}, el('i'), el('span')),
      (node, line, i) => {
        write(node.children[0], String((source?.first ?? 1) + i));
        write(node.children[1], line || ' ');
        set(node, { class: i === marked ? 'here' : null });
      },
    );
    const here = this.code.querySelector('.here');
    if (here instanceof HTMLElement) this.code.scrollTop = Math.max(0, here.offsetTop - this.code.offsetTop - this.code.clientHeight / 2);
  }
}
