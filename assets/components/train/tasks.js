/** What a model can be trained to do, each with an example; the last row is for people's own pairs. */

import { el, join, listen, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { OWN } from './draft.js';

/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {import('../strings.js').Words} Words */

export class Tasks {
  /** @param {(task: string) => void} choose */
  constructor(choose) {
    this.title = el('h2');
    this.list = el('div', { class: 'tasks', role: 'group', 'data-part': 'tasks' });
    this.node = el('section', {}, this.title, this.list);
    listen(this.list, 'click', '[data-task]', (part) => choose(part.dataset.task ?? ''));
  }

  /**
   * @param {Draft} draft
   * @param {boolean} open is the workbench for own pairs open?
   * @param {Words} words
   */
  draw(draft, open, { say, has }) {
    write(this.title, say('train.task'));
    const { text } = draft;
    const own = text ? { name: OWN, title: text.name, example: text.example } : { name: OWN, title: '', example: null };
    const rows = [...draft.menu.tasks.map(({ name, example }) => ({ name, title: '', example })), own];
    join(
      this.list,
      rows,
      () => el('button', { type: 'button', class: 'task' }, el('b'), el('span', { class: 'word' })),
      (node, { name, title, example }) => {
        const key = name === OWN ? 'train.own.title' : `run.${name}`;
        write(node.children[0], title || (has(key) ? say(key) : name));
        const shown = example ? `${literal(example.src)} → ${literal(example.tgt)}` : say('train.own.invite');
        write(node.children[1], shown);
        const here = open ? name === OWN : name === draft.task;
        set(node, { 'data-task': name, 'aria-pressed': String(here), title: shown });
      },
    );
  }
}
