/** Which word a row is asked for: the one it wrote, the task's right one, or any word of the vocabulary. */

import { el, join, listen, set, write } from '../dom.js';
import { rowOf } from './outputrows.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{kind: 'written' | 'right' | 'other', id: number, right: Right}} Target */
/** @typedef {{id: number | null, why: 'here' | 'unknown' | 'left' | 'wait'}} Right the right word of a row, or why there is none */

const MOST_FOUND = 6;

/**
 * The word that the row is asked for. What an address asks for in vain becomes the written word.
 * @param {StepScene} scene
 * @param {string} chosen "written", "right", or the id of a word
 * @returns {Target}
 */
export function targetOf(scene, chosen) {
  const { pass } = scene;
  const right = rightOf(scene);
  const id = /^\d{1,7}$/.test(chosen) ? Number(chosen) : -1;
  if (chosen === 'right' && right.id !== null) return { kind: 'right', id: right.id, right };
  if (id >= 0 && id < pass.model.tgt_vocab_size) return { kind: 'other', id, right };
  return { kind: 'written', id: pass.ids.tgt_out[rowOf(scene)], right };
}

/**
 * A right word there is only while everything before it is right too: behind a wrong word the answer is another text.
 * @param {StepScene} scene
 * @returns {Right}
 */
function rightOf(scene) {
  const { pass, sentence } = scene;
  const row = rowOf(scene);
  if (sentence.answer === null) return { id: null, why: 'unknown' };
  const answer = scene.ask({ ids: pass.ids.tgt_out.join(',') });
  if (!answer) return { id: null, why: 'wait' };
  const ids = answer.trouble ? null : answer.header.right;
  if (!ids) return { id: null, why: 'unknown' };
  const before = pass.ids.tgt_in.slice(1, row + 1);
  if (row >= ids.length || before.some((id, i) => id !== ids[i])) return { id: null, why: 'left' };
  return { id: ids[row], why: 'here' };
}

export class TargetChoice {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.label = el('span', { class: 'quiet' });
    this.buttons = el('div', { class: 'switch', role: 'group' });
    this.input = el('input', { type: 'text', class: 'target-search', 'data-part': 'target-search', autocomplete: 'off', spellcheck: 'false', oninput: () => this.search() });
    this.found = el('span', { class: 'target-found' });
    this.node = el('div', { class: 'loss-target', 'data-part': 'target' }, this.label, this.buttons, this.input, this.found);
    listen(this.buttons, 'click', '[data-target]', (part) => this.take(part.dataset.target ?? 'written'));
    listen(this.found, 'click', '[data-id]', (part) => this.take(part.dataset.id ?? 'written'));
    this.input.addEventListener('keydown', (event) => {
      const first = this.found.firstElementChild?.getAttribute('data-id');
      if (event.key === 'Enter' && first) this.take(first);
    });
  }

  /** @param {string} target */
  take(target) {
    this.input.value = '';
    this.desk.set('target', target);
  }

  search() {
    if (this.scene) this.drawFound(this.scene);
  }

  /**
   * @param {StepScene} scene
   * @param {Target} target
   */
  draw(scene, target) {
    this.scene = scene;
    const { say, pass } = scene;
    const labels = pass.labels('logits', 1);
    const written = pass.ids.tgt_out[rowOf(scene)];
    write(this.label, say('output.target.label'));
    /** @type {{name: string, text: string, on: boolean, why: string | null}[]} */
    const choices = [
      { name: 'written', text: say('output.target.written', { word: labels[written].text }), on: target.kind === 'written', why: null },
      {
        name: 'right',
        text: target.right.id === null ? say('output.target.no_right') : say('output.target.right', { word: labels[target.right.id].text }),
        on: target.kind === 'right',
        why: target.right.id === null ? say('output.target.why.' + target.right.why) : null,
      },
    ];
    if (target.kind === 'other') choices.push({ name: String(target.id), text: labels[target.id].text, on: true, why: null });
    join(
      this.buttons,
      choices,
      () => el('button', { type: 'button' }),
      (node, { name, text, on, why }) => {
        write(node, text);
        set(node, { 'data-target': name, 'aria-pressed': String(on), disabled: why ? '' : null, title: why });
      },
    );
    set(this.input, { placeholder: say('output.target.search'), 'aria-label': say('output.target.search') });
    this.drawFound(scene);
  }

  /** The first words that begin with what is typed, then those that hold it. @param {StepScene} scene */
  drawFound({ pass, say }) {
    const labels = pass.labels('logits', 1);
    const typed = this.input.value.trim().toLowerCase();
    const match = (/** @type {(word: string) => boolean} */ test) => labels.map((_, id) => id).filter((id) => test(labels[id].full.toLowerCase()));
    const begin = typed ? match((word) => word.startsWith(typed)) : [];
    const found = typed ? [...begin, ...match((word) => !word.startsWith(typed) && word.includes(typed))].slice(0, MOST_FOUND) : [];
    join(
      this.found,
      found,
      () => el('button', { type: 'button', class: 'chip' }),
      (node, id) => {
        write(node, labels[id].text);
        set(node, { 'data-id': id });
      },
    );
    if (typed && !found.length) this.found.append(el('span', { class: 'quiet' }, say('output.target.none')));
  }
}
