/** Train with the bug: switches that take one thing away each, and the normal training beside it to compare. */

import { el, join, listen, set, write } from '../dom.js';
import { lacking } from './draft.js';
import { settingsText } from './wording.js';

/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {import('../strings.js').Words} Words */

export class Bugs {
  /**
   * @param {(name: string) => void} toggle
   * @param {(on: boolean) => void} beside
   */
  constructor(toggle, beside) {
    this.summary = el('summary');
    this.note = el('p', { class: 'quiet' });
    this.list = el('div', { class: 'bugs' });
    this.besideText = el('span');
    this.beside = el('input', { type: 'checkbox', 'data-part': 'beside' });
    this.besideRow = el('label', { class: 'bug beside' }, this.beside, this.besideText);
    this.node = el('details', { 'data-part': 'bugs' }, this.summary, this.note, this.list, this.besideRow);
    listen(this.list, 'change', '[data-bug]', (part) => toggle(part.dataset.bug ?? ''));
    this.beside.addEventListener('change', () => beside(this.beside.checked));
  }

  /**
   * @param {Draft} draft
   * @param {Words} words
   */
  draw(draft, words) {
    const { say } = words;
    const bugs = draft.menu.bugs ?? [];
    set(this.node, { hidden: bugs.length ? null : '' });
    write(this.summary, draft.bugs.size ? say('train.bugs_on', { n: draft.bugs.size }) : say('train.bugs'));
    write(this.note, say('train.bugs_note'));
    join(
      this.list,
      bugs,
      () => el('label', { class: 'bug' }, el('input', { type: 'checkbox' }), el('span', {}, el('b'), el('span', { class: 'quiet' }), el('span'))),
      (node, bug) => {
        const [box, texts] = node.children;
        const on = draft.bugs.has(bug.name);
        const possible = draft.possible(bug);
        set(box, { 'data-bug': bug.name, disabled: possible ? null : '' });
        /** @type {HTMLInputElement} */ (box).checked = on;
        write(texts.children[0], say(`bugs.${bug.name}.title`));
        write(texts.children[1], possible ? say(`bugs.${bug.name}.says`) : say('train.bugs_never'));
        write(texts.children[2], on ? this.further(draft, bug, words) : '');
        node.classList.toggle('off', !possible);
      },
    );
    write(this.besideText, say('train.bugs_beside'));
    this.beside.checked = draft.beside;
    set(this.besideRow, { hidden: draft.bugs.size ? null : '' });
  }

  /**
   * What to watch, and what both trainings are given so that there is something to take away.
   * @param {Draft} draft
   * @param {import('./draft.js').Bug} bug
   * @param {Words} words
   */
  further(draft, bug, words) {
    const needs = lacking(draft.recipe, bug);
    const watch = words.say('train.bugs_watch', { watch: words.say(`bugs.${bug.name}.watch`) });
    const fields = Object.keys(needs);
    return fields.length ? `${words.say('train.bugs_needs', { needs: settingsText(fields, needs, words) })} ${watch}` : watch;
  }
}
