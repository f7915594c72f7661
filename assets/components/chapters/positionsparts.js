/** What the views of the Positions page share: sliders, facts, trails, labels, and asking without losing the old picture. */

import { el, join, put, set, write } from '../dom.js';
import { rgbOf } from '../theme.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {{header: any, tensors: Map<string, import('../step/parcel.js').Tensor>}} Answer */

/**
 * Ask the server; null while the answer is on its way or when there is none, and then the note says why.
 * @param {StepScene} scene
 * @param {Record<string, string>} question
 * @param {HTMLElement} note
 * @returns {Answer | null}
 */
export function answerOf(scene, question, note) {
  const said = scene.ask(question);
  const trouble = said && 'trouble' in said ? said.trouble : undefined;
  write(note, trouble ? scene.say(trouble.key, trouble.values) : '');
  note.hidden = !trouble;
  return said && !trouble ? /** @type {Answer} */ (said) : null;
}

/**
 * Read a whole number that a view keeps in the address; anything else, or too much, gives the nearest that there is.
 * @param {Desk} desk
 * @param {string} name
 * @param {number} fallback
 * @param {number} most
 * @param {number} [least]
 */
export function whole(desk, name, fallback, most, least = 0) {
  const text = desk.option(name, '');
  const value = /^\d{1,6}$/.test(text) ? Number(text) : fallback;
  return Math.max(least, Math.min(most, value));
}

/** A slider with its name and its number. It moves in the browser alone. */
export class Slider {
  /** @param {(value: number) => void} moved */
  constructor(moved) {
    this.name = el('span', { class: 'slider-name' });
    this.input = el('input', { type: 'range', min: 0, step: 1 });
    this.value = el('b', { class: 'num' });
    this.node = el('label', { class: 'positions-slider' }, this.name, this.input, this.value);
    this.input.addEventListener('input', () => moved(Number(this.input.value)));
  }

  /**
   * @param {{name: string, value: number, min?: number, max: number, said?: string}} state
   */
  draw({ name, value, min = 0, max, said }) {
    write(this.name, name);
    set(this.input, { min, max, 'aria-label': name, disabled: max <= min || null });
    this.input.value = String(value);
    write(this.value, said ?? String(value));
  }
}

/**
 * Facts: what, how much, and where it was found.
 * @param {HTMLElement} list a dl
 * @param {{name: string, value: string, note?: string}[]} facts
 */
export function drawFacts(list, facts) {
  join(
    list,
    facts,
    () => el('div', {}, el('dt'), el('dd', { class: 'num' }), el('dd', { class: 'quiet' })),
    (node, fact) => {
      write(node.children[0], fact.name);
      write(node.children[1], fact.value);
      write(node.children[2], fact.note ?? '');
    },
  );
}

/** Where a number comes from: a title, equations line by line, the result beside the model's, and PyTorch for it. */
export class Trail {
  constructor() {
    this.title = el('b', { class: 'trail-title' });
    this.lines = el('div', { class: 'trail-lines num' });
    this.check = el('p', { class: 'trail-check' });
    this.code = el('code', { class: 'trail-code num' });
    this.copy = el('button', { type: 'button', onclick: () => void this.keep() });
    const foot = el('div', { class: 'trail-foot' }, this.code, this.copy);
    this.node = el('section', { class: 'positions-trail', 'data-part': 'trail' }, this.title, this.lines, this.check, foot);
    this.said = { copy: '', copied: '' };
  }

  /**
   * @param {StepScene} scene
   * @param {{title: string, lines: (string | (string | Node)[])[], check?: string, code: string}} trail
   */
  draw({ say }, { title, lines, check = '', code }) {
    write(this.title, title);
    join(
      this.lines,
      lines,
      () => el('div'),
      (node, line) => (typeof line === 'string' ? write(node, line) : put(node, line)),
    );
    write(this.check, check);
    if (this.code.textContent !== code) write(this.copy, say('positions.copy'));
    write(this.code, code);
    this.code.title = code;
    this.said = { copy: say('positions.copy'), copied: say('positions.copied') };
    if (!this.copy.textContent) write(this.copy, this.said.copy);
  }

  async keep() {
    try {
      await navigator.clipboard.writeText(this.code.textContent ?? '');
      write(this.copy, this.said.copied);
    } catch {
      write(this.copy, this.said.copy);
    }
  }
}

/** The result of a trail, set large. @param {string} text */
export function result(text) {
  return el('b', { class: 'trail-result' }, text);
}

/**
 * Names 0, 1, 2, ... of which only every `each`-th is written, and the one that is pointed at: cells are smaller than words.
 * @param {number} n
 * @param {number} each
 * @param {number | null} here
 * @param {number} [first]
 * @returns {Label[]}
 */
export function counted(n, each, here, first = 0) {
  return Array.from({ length: n }, (_, i) => {
    const full = String(first + i);
    const beside = here !== null && i !== here && Math.abs(i - here) < each * 0.6;
    const shown = i === here || ((first + i) % each === 0 && !beside);
    return { text: shown ? full : '', full, token: full };
  });
}

/**
 * How many numbers apart labels must stand in cells of this size.
 * @param {number} cell pixels
 * @param {boolean} projector
 */
export function every(cell, projector) {
  const least = projector ? 30 : 19;
  return [1, 2, 4, 8, 16, 32].find((each) => each * cell >= least) ?? 64;
}

/**
 * A colour on its way to another.
 * @param {string} from
 * @param {string} to
 * @param {number} t
 */
export function mixed(from, to, t) {
  const [a, b] = [rgbOf(from), rgbOf(to)];
  return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * t)).join(',')})`;
}

/**
 * Own table or the sinusoid of its size: a switch, for models whose own table is no sinusoid.
 */
export class Source {
  /** @param {Desk} desk */
  constructor(desk) {
    this.own = el('button', { type: 'button', onclick: () => desk.set('source', 'own') });
    this.sines = el('button', { type: 'button', onclick: () => desk.set('source', 'sinusoid') });
    this.switch = el('span', { class: 'switch', role: 'group' }, this.own, this.sines);
    this.words = el('span', { class: 'source-words' });
    this.node = el('div', { class: 'positions-source' }, this.switch, this.words);
    this.desk = desk;
  }

  /** Which table is asked for. @param {StepScene} scene */
  asked(scene) {
    return scene.model.position === 'learned' && this.desk.option('source', 'own') !== 'sinusoid' ? 'own' : scene.model.position === 'sinusoidal' ? 'own' : 'sinusoid';
  }

  /** @param {StepScene} scene @param {Answer | null} answer */
  draw(scene, answer) {
    const { say, model } = scene;
    const asked = this.asked(scene);
    this.switch.hidden = model.position !== 'learned';
    write(this.own, say('positions.source.own'));
    write(this.sines, say('positions.source.sinusoid'));
    set(this.own, { 'aria-pressed': String(asked === 'own') });
    set(this.sines, { 'aria-pressed': String(asked !== 'own') });
    const width = answer?.header.width ?? model.d_model;
    const odd = width !== model.d_model ? ' ' + say('positions.source.odd', { d_model: model.d_model, width }) : '';
    const key = asked === 'own' ? `positions.source.is.${model.position}` : model.position === 'learned' ? 'positions.source.is.beside' : 'positions.source.is.none';
    write(this.words, say(key, { kind: say(`positions.kind.${model.position}`) }) + odd);
  }
}
