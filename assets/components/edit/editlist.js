/** The active edits, each with a way to take it back; undo and redo; and why one of them does nothing here. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { headColour } from '../theme.js';
import { describe } from './editparts.js';
import { longPlace, readText, textOf } from '../notation.js';
import { firstOf } from '../tokens.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./editstate.js').Edits} Edits */
/** @typedef {import('./editparts.js').Asleep} Asleep */
/** @typedef {import('../notation.js').Act} Act */
/** @typedef {Record<string, string[]>} Unseen of another sentence the words that the model has never seen */
/** @typedef {{first: number, acts: Act[]}} Entry acts that stand together in the list, the first of them the n-th */

const TOGETHER = 3; // heads taken away, one after another in the list, are told in one entry

export class EditList {
  /** @param {Edits} edits */
  constructor(edits) {
    this.edits = edits;
    this.title = el('h3');
    this.undo = el('button', { type: 'button', 'data-part': 'undo', onclick: () => edits.undo() });
    this.redo = el('button', { type: 'button', 'data-part': 'redo', onclick: () => edits.redo() });
    this.clear = el('button', { type: 'button', 'data-part': 'clear', onclick: () => edits.put('') });
    this.list = el('ol', { class: 'edit-list', 'data-part': 'edits', tabindex: 0 });
    this.none = el('p', { class: 'quiet' });
    this.node = el('section', { class: 'edit-edits' }, el('div', { class: 'edit-bar' }, this.title, this.undo, this.redo, this.clear), this.list, this.none);
    listen(this.list, 'click', '[data-remove]', (part) => edits.remove(numberOf(part, 'remove'), Number(part.dataset.count ?? 1)));
  }

  /**
   * @param {StepScene} scene
   * @param {Asleep[]} asleep
   * @param {Unseen} unseen
   */
  draw(scene, asleep, unseen) {
    const { say } = scene;
    const { acts, canUndo, future } = this.edits;
    write(this.title, say('edit.edits', { n: acts.length }));
    write(this.none, acts.length ? '' : say('edit.none'));
    this.none.hidden = acts.length > 0;
    this.list.hidden = acts.length === 0;
    write(this.undo, say('edit.undo'));
    write(this.redo, say('edit.redo'));
    write(this.clear, say('edit.clear'));
    set(this.undo, { disabled: !canUndo });
    set(this.redo, { disabled: future.length === 0 });
    set(this.clear, { disabled: this.edits.text === '' });
    set(this.list, { 'aria-label': say('edit.edits', { n: acts.length }) });
    join(
      this.list,
      entriesOf(acts, asleep),
      () => el('li', {}, el('span'), el('button', { type: 'button' }, '×'), el('div', { class: 'edit-chips' })),
      (node, entry) => this.drawEntry(scene, node, entry, asleep, unseen),
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Element} node
   * @param {Entry} entry
   * @param {Asleep[]} asleep
   * @param {Unseen} unseen
   */
  drawEntry(scene, node, { first, acts }, asleep, unseen) {
    const { say, palette } = scene;
    const sleeps = asleep.find(({ n }) => n === first);
    const text = acts.length > 1 ? say('edit.list.heads', { n: acts.length }) : withUnseen(scene, acts[0], unseen);
    write(node.children[0], sleeps ? say('edit.asleep', { edit: text, why: say(sleeps.key, sleeps.values) }) : text);
    set(node, { 'data-asleep': sleeps ? 'true' : null, title: node.children[0].textContent });
    set(node.children[1], { 'data-remove': first, 'data-count': acts.length, 'aria-label': say('edit.remove', { edit: text }) });
    join(
      node.children[2],
      acts.length > 1 ? acts : [],
      () => el('button', { type: 'button' }),
      (chip, one, n) => {
        const [stack, layer, part] = longPlace(one.fields[0]).split('.');
        const head = Number(one.fields[1]);
        const remove = say('edit.remove', { edit: describe(scene, one) });
        write(chip, say(`edit.chip.${part === 'cross_attn' ? 'cross' : stack}`, { layer: Number(layer) + 1, head: head + 1 }));
        set(chip, { 'data-remove': first + n, title: remove, 'aria-label': remove, style: `border-bottom-color:${headColour(palette, head)}` });
      },
    );
  }
}

/**
 * An edit in words, with those words of another sentence that the model does not know.
 * @param {StepScene} scene
 * @param {Act} act
 * @param {Unseen} unseen
 */
function withUnseen(scene, act, unseen) {
  const edit = describe(scene, act);
  const words = act.word === 'other' ? (unseen[readText(act.fields[2] ?? '')] ?? []) : [];
  if (!words.length) return edit;
  return scene.say('edit.unseen', { edit, words: firstOf(words, scene.lang) });
}

/** @param {Act} act */
function takesAway({ word, fields }) {
  return word === 'zero' && fields.length === 2 && /^[ed]\d+[sc]$/.test(fields[0]);
}

/**
 * Heads that are taken away one after another stand together; what sleeps, with its reason, and what is said twice stand alone.
 * @param {Act[]} acts
 * @param {Asleep[]} asleep
 * @returns {Entry[]}
 */
function entriesOf(acts, asleep) {
  /** @type {Entry[]} */
  const entries = [];
  for (let n = 0; n < acts.length; ) {
    let end = n;
    const seen = new Set();
    while (end < acts.length && takesAway(acts[end]) && !seen.has(textOf(acts[end])) && !asleep.some((one) => one.n === end)) seen.add(textOf(acts[end++]));
    if (end - n < TOGETHER) end = n + 1;
    entries.push({ first: n, acts: acts.slice(n, end) });
    n = end;
  }
  return entries;
}
