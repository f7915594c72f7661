/** The settings of a training: the few that matter at first sight, the others folded. Only what can work is offered. */

import { el, join, listen, set, write } from '../dom.js';
import { MAIN, MORE } from './draft.js';
import { spellNumber } from './numbers.js';
import { valueText } from './wording.js';

/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {import('./draft.js').Field} Field */
/** @typedef {import('../strings.js').Words} Words */

const LONGEST_PROBE = 200; // characters

export class Settings {
  /**
   * @param {(name: string, value: any) => void} change
   * @param {(field: Field) => void} refuse
   */
  constructor(change, refuse) {
    this.title = el('h2');
    this.rows = el('div', { class: 'settings' });
    this.probeName = el('label', { for: 'train-probe' });
    this.probe = el('input', { id: 'train-probe', type: 'text', class: 'word', maxlength: LONGEST_PROBE, 'data-field': 'probe', autocomplete: 'off', spellcheck: 'false' });
    this.summary = el('summary', {});
    this.more = el('div', { class: 'settings' });
    this.fold = el('details', { 'data-part': 'more' }, this.summary, this.more);
    this.node = el('section', { 'data-part': 'settings' }, this.title, this.rows, el('div', { class: 'probe-row' }, this.probeName, this.probe), this.fold);
    /** @type {Draft | null} */
    this.draft = null;
    listen(this.node, 'change', '[data-field]', (part) => this.read(part, change, refuse));
  }

  /**
   * @param {HTMLElement} part
   * @param {(name: string, value: any) => void} change
   * @param {(field: Field) => void} refuse
   */
  read(part, change, refuse) {
    const name = part.dataset.field ?? '';
    const { value } = /** @type {HTMLInputElement | HTMLSelectElement} */ (part);
    const field = [...MAIN, ...MORE].find((one) => one.name === name);
    if (!this.draft) return;
    if (name === 'probe') return change(name, value.trim());
    if (!field || field.kind === 'choice') return change(name, this.draft.options(name).find((one) => String(one) === value));
    const number = this.draft.read(field, value);
    if (number === null) refuse(field);
    else change(name, number);
    this.draw(this.draft, this.words);
  }

  /**
   * @param {Draft} draft
   * @param {Words | null | undefined} words
   */
  draw(draft, words) {
    if (!words) return;
    const { say } = words;
    this.draft = draft;
    this.words = words;
    write(this.title, say('train.settings'));
    join(
      this.rows,
      [{ name: 'layers', kind: 'choice' }, ...MAIN],
      () => el('div', { class: 'setting' }),
      (node, field) => (field.name === 'layers' ? this.drawLayers(node, draft, words) : drawField(node, /** @type {Field} */ (field), draft, words)),
    );
    write(this.probeName, say('train.field.probe'));
    set(this.probe, { placeholder: say('train.field.probe_hint'), title: say('train.field.probe_long') });
    if (this.probe.value !== draft.recipe.probe && !isFocused(this.probe)) this.probe.value = draft.recipe.probe ?? '';
    const changed = MORE.filter(({ name }) => draft.recipe[name] !== draft.usual(name));
    write(this.summary, changed.length ? say('train.more_changed', { n: changed.length }) : say('train.more'));
    join(this.more, MORE, () => el('div', { class: 'setting' }), (node, field) => drawField(node, field, draft, words));
  }

  /**
   * @param {HTMLElement} node
   * @param {Draft} draft
   * @param {Words} words
   */
  drawLayers(node, draft, { say }) {
    if (!node.firstChild) node.append(el('label', { for: 'train-encoder_layers' }), el('span', { class: 'pair' }, select('encoder_layers'), el('span', {}, '+'), select('decoder_layers')));
    write(node.children[0], say('train.field.layers'));
    const [encoder, , decoder] = node.children[1].children;
    fillSelect(/** @type {HTMLSelectElement} */ (encoder), draft.options('encoder_layers').map((n) => [n, String(n)]), draft.recipe.encoder_layers);
    fillSelect(/** @type {HTMLSelectElement} */ (decoder), draft.options('decoder_layers').map((n) => [n, String(n)]), draft.recipe.decoder_layers);
    set(encoder, { 'aria-label': say('train.field.encoder_layers') });
    set(decoder, { 'aria-label': say('train.field.decoder_layers') });
  }
}

/** @param {string} name */
function select(name) {
  return el('select', { id: `train-${name}`, 'data-field': name });
}

/**
 * @param {HTMLElement} node
 * @param {Field} field
 * @param {Draft} draft
 * @param {Words} words
 */
function drawField(node, { name, kind }, draft, words) {
  const { say } = words;
  if (!node.firstChild) node.append(el('label', { for: `train-${name}` }), kind === 'choice' ? select(name) : el('input', { id: `train-${name}`, type: 'text', inputmode: 'decimal', autocomplete: 'off', 'data-field': name }));
  const [label, control] = node.children;
  write(label, say(`train.field.${name}`));
  const value = draft.recipe[name];
  if (kind === 'choice') {
    fillSelect(/** @type {HTMLSelectElement} */ (control), draft.options(name).map((one) => [one, valueText(name, one, words)]), value);
  } else {
    const input = /** @type {HTMLInputElement} */ (control);
    const shown = spellNumber(value);
    if (input.value !== shown && !isFocused(input)) input.value = shown;
    const [low, high] = draft.menu.limits[name] ?? [];
    set(input, { title: low === undefined ? null : say('train.field.range', { low, high }) });
  }
  set(node, { 'data-changed': value !== draft.usual(name) ? '' : null });
}

/**
 * @param {HTMLSelectElement} node
 * @param {[any, string][]} options
 * @param {any} value
 */
function fillSelect(node, options, value) {
  join(
    node,
    options,
    () => el('option'),
    (option, [one, text]) => {
      write(option, text);
      set(option, { value: String(one) });
    },
  );
  node.value = String(value);
}

/** @param {HTMLElement} node */
function isFocused(node) {
  return /** @type {Document | ShadowRoot} */ (node.getRootNode()).activeElement === node;
}
