/** What can be done: to the head that is looked at, to its block, and to the whole model. */

import { el, join, set, write } from '../dom.js';
import { factorText, nameOf } from './editparts.js';
import { act, longPlace, shortPlace, writeText } from '../notation.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./editstate.js').Edits} Edits */
/** @typedef {import('../notation.js').Act} Act */
/** @typedef {{name: string, act: Act}} Button */

const HEAD = ['zero', 'mean', 'uniform', 'only'];
const FROM = `from`;
const SIDES = ['src', 'tgt', 'both'];

export class EditActs {
  /** @param {Edits} edits */
  constructor(edits) {
    this.edits = edits;
    /** @type {StepScene | null} */
    this.scene = null;
    this.ofHead = el('div', { class: 'edit-buttons', 'data-part': 'acts-head' });
    this.factor = el('input', { type: 'range', min: -200, max: 300, step: 25, 'data-part': 'factor', oninput: () => this.drawFactor(), onchange: () => this.scale() });
    this.factorText = el('b', { class: 'num' });
    this.factorName = el('span');
    this.from = el('select', { 'data-part': 'borrow', onchange: () => this.borrow() });
    this.text = el('input', { type: 'text', maxlength: 200, 'data-part': 'other', oninput: () => this.drawOther() });
    this.other = el('button', { type: 'button', 'data-part': 'patch', onclick: () => this.patch() });
    this.ofBlock = el('div', { class: 'edit-buttons', 'data-part': 'acts-block' });
    this.ofModel = el('div', { class: 'edit-buttons', 'data-part': 'acts-model' });
    this.titles = [el('h3'), el('h3'), el('h3')];
    this.scaleRow = el('label', { class: 'edit-row' }, this.factorName, this.factor, this.factorText);
    this.otherRow = el('form', { class: 'edit-row' }, this.text, this.other);
    this.headPart = el('div', { class: 'edit-part' }, this.titles[0], this.ofHead, this.scaleRow, this.from, this.otherRow);
    this.otherRow.addEventListener('submit', (event) => {
      event.preventDefault();
      this.patch();
    });
    const block = el('div', { class: 'edit-part' }, this.titles[1], this.ofBlock);
    const model = el('div', { class: 'edit-part' }, this.titles[2], this.ofModel);
    this.node = el('section', { class: 'edit-acts', 'data-part': 'acts' }, this.headPart, block, model);
    this.suggested = '';
  }

  /** @param {StepScene} scene */
  draw(scene) {
    this.scene = scene;
    const { say, place, view, model } = scene;
    const short = shortPlace(place.name);
    const attention = place.kind === 'attention';
    this.headPart.hidden = !attention;
    [say('edit.acts.head', { head: view.head + 1 }), say('edit.acts.block'), say('edit.acts.model')].forEach((text, n) => write(this.titles[n], text));
    this.buttons(this.ofHead, attention ? HEAD.filter((name) => name !== 'only' || model.n_heads > 1).map((name) => ({ name, act: act(name, short, view.head) })) : []);
    const parts = model.residual === false ? ['sublayer'] : ['sublayer', 'residual'];
    this.buttons(this.ofBlock, parts.map((name) => ({ name, act: act(name, short) })));
    const positions = model.position === 'none' ? [] : SIDES;
    this.buttons(this.ofModel, positions.map((side) => ({ name: `positions.${side}`, act: act('positions', side) })));
    this.titles[2].hidden = positions.length === 0;
    if (attention) this.drawHead(scene, short);
  }

  /**
   * @param {HTMLElement} box
   * @param {Button[]} buttons
   */
  buttons(box, buttons) {
    join(
      box,
      buttons,
      () => el('button', { type: 'button', onclick: (/** @type {Event} */ event) => this.press(/** @type {HTMLElement} */ (event.currentTarget)) }),
      (node, { name, act: one }) => {
        write(node, this.scene?.say(`edit.act.${name}`) ?? '');
        set(node, { 'data-act': [one.word, ...one.fields].join('.'), 'data-name': name, title: this.scene?.say(`edit.hint.${name}`) ?? null, 'aria-pressed': String(this.edits.has(one)) });
      },
    );
  }

  /** @param {HTMLElement} button */
  press(button) {
    const [word, ...fields] = (button.dataset.act ?? '').split('.');
    this.edits.toggle({ word, fields });
  }

  /**
   * @param {StepScene} scene
   * @param {string} short
   */
  drawHead(scene, short) {
    const { say, place, places, view, model } = scene;
    const scaled = this.edits.of('scale', place.name, view.head);
    const value = scaled ? Number(scaled.fields[2].replace('m', '-')) : 100;
    const active = /** @type {ShadowRoot | Document} */ (this.node.getRootNode()).activeElement;
    if (active !== this.factor || !scaled) this.factor.value = String(value);
    write(this.factorName, say('edit.act.scale'));
    this.drawFactor();
    const [stack, , part] = place.name.split('.');
    const alike = places.filter(({ name, kind }) => kind === 'attention' && name.startsWith(stack) && name.endsWith(part));
    const heads = alike.flatMap(({ name }) => Array.from({ length: model.n_heads }, (_, head) => ({ name, head }))).filter(({ name, head }) => name !== place.name || head !== view.head);
    const chosen = this.edits.of(FROM, place.name, view.head);
    const items = [{ value: '', text: say('edit.act.pattern') }, ...heads.map(({ name, head }) => ({ value: `${shortPlace(name)}.${head}`, text: say('edit.of_head', { block: nameOf(scene, name), head: head + 1 }) }))];
    join(this.from, items, () => el('option'), (node, item) => {
      write(node, item.text);
      set(node, { value: item.value });
    });
    this.from.value = chosen ? chosen.fields.slice(2).join('.') : '';
    set(this.from, { 'aria-label': say('edit.act.pattern') });
    set(this.text, { 'aria-label': say('edit.act.other'), placeholder: say('edit.other_placeholder') });
    write(this.other, say('edit.act.other'));
    set(this.other, { title: say('edit.hint.other'), 'data-short': short });
    this.suggest(scene);
    this.drawOther();
  }

  /** Without a sentence there is no pattern to take. */
  drawOther() {
    set(this.other, { disabled: this.text.value.trim() === '' });
  }

  /**
   * The sentence beside this one, in which one word is another, is the first to borrow a pattern from.
   * @param {StepScene} scene
   */
  suggest({ sentence, header }) {
    const text = sentence.read;
    if (this.suggested === text) return;
    this.suggested = text;
    const others = /** @type {{text: string}[]} */ (header.examples ?? []).map((one) => one.text).filter((one) => one !== text);
    const words = new Set(text.split(/\s+/));
    const strange = (/** @type {string} */ one) => one.split(/\s+/).reduce((sum, word) => sum + (words.has(word) ? -1 : 1), 0);
    others.sort((one, other) => strange(one) - strange(other));
    this.text.value = others[0] ?? '';
  }

  drawFactor() {
    const value = Number(this.factor.value);
    write(this.factorText, '× ' + factorText(value < 0 ? `m${-value}` : String(value)));
  }

  scale() {
    if (!this.scene) return;
    const { place, view } = this.scene;
    const value = Number(this.factor.value);
    const old = this.edits.of('scale', place.name, view.head);
    if (value === 100) return void (old && this.edits.toggle(old));
    this.edits.add(act('scale', shortPlace(place.name), view.head, value < 0 ? `m${-value}` : value));
  }

  borrow() {
    if (!this.scene) return;
    const { place, view } = this.scene;
    const old = this.edits.of(FROM, place.name, view.head);
    const [block, head] = this.from.value.split('.');
    if (block) this.edits.add(act(FROM, shortPlace(place.name), view.head, shortPlace(longPlace(block)), head));
    else if (old) this.edits.toggle(old);
  }

  patch() {
    if (!this.scene || !this.text.value.trim()) return;
    const { place, view } = this.scene;
    this.edits.add(act('other', shortPlace(place.name), view.head, writeText(this.text.value.trim())));
  }
}
