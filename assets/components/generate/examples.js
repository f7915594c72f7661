/** Sentences of this run that are worth a look, as chips: some say what is to be seen, some are found by the server. */

import { el, join, listen, set, write } from '../dom.js';
import { settle } from './session.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{key: string, text: string}} Example */
/** @typedef {{found: {text: string, step: number}[], held_out: number, crossed: number}} Search */

export class Examples {
  /** @param {Desk} desk */
  constructor(desk) {
    this.node = el('div', { class: 'generate-examples', 'data-part': 'examples' });
    listen(this.node, 'click', '[data-example]', (part) => desk.server.sentence(part.title));
  }

  /**
   * @param {import('../strings.js').Say} say
   * @param {Example[]} examples
   */
  draw(say, examples) {
    join(
      this.node,
      examples,
      () => el('button', { type: 'button', class: 'chip' }),
      (chip, { key, text }) => {
        write(chip, say(key));
        set(chip, { title: text, 'data-example': key });
      },
    );
  }
}

/** Where the model errs: sentences that the server looked for, once for each model. Meanwhile the picture stays as it is. */
export class Errors {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.title = el('b');
    this.chips = el('span', { class: 'errors-chips' });
    this.about = el('span', { class: 'quiet', role: 'status', 'data-part': 'errors-about' });
    this.node = el('div', { class: 'generate-errors', 'data-part': 'errors' }, this.title, this.about, this.chips);
    listen(this.chips, 'click', '[data-found]', (part) => {
      settle(desk, { t: null, r: null }); // what was told of the last sentence is not about this one
      desk.server.sentence(part.title);
    });
  }

  /** @param {import('../strings.js').Say} say */
  draw(say) {
    const { desk } = this;
    const answer = desk.answers.ask('/lab/chapter', { page: desk.chapter.page, ...desk.asking, ask: 'errs' });
    /** @type {Search | null} */
    const search = answer && !answer.trouble ? answer.header : null;
    const found = search?.found ?? [];
    write(this.title, say('generate.errors.title'));
    join(
      this.chips,
      found,
      () => el('button', { type: 'button', class: 'chip' }, el('span', { class: 'word', dir: 'auto' })),
      (chip, { text, step }) => {
        write(chip.children[0], text);
        set(chip, { title: text, 'data-found': step, 'aria-pressed': String(text === desk.asking.s) });
      },
    );
    write(this.about, search ? sayOf(say, search) : say('generate.errors.looking'));
    this.about.title = this.about.textContent ?? '';
  }
}

/**
 * @param {import('../strings.js').Say} say
 * @param {Search} search
 */
function sayOf(say, { found, held_out, crossed }) {
  if (!held_out) return say('generate.errors.no_task');
  const key = found.length ? (crossed ? 'crossed' : 'held_out') : crossed ? 'none' : 'none_held_out';
  return say(`generate.errors.${key}`, { held: held_out.toLocaleString('en'), made: crossed.toLocaleString('en') });
}
