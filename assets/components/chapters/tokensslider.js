/** How many pieces a vocabulary may have: a slider whose steps are proportions, and two buttons for one piece more or less. */

import { clamp, el, set, write } from '../dom.js';

const STEPS = 120;
const PATIENCE = 160; // milliseconds after the last move

export class SizeSlider {
  /** @param {(size: number) => void} choose */
  constructor(choose) {
    this.choose = choose;
    /** @type {number[]} */
    this.sizes = [];
    this.size = 0;
    this.waiting = 0;
    this.label = el('label', { for: 'tokens-size' });
    this.less = el('button', { type: 'button', 'data-size': 'less', onclick: () => this.move(-1) }, '−');
    this.more = el('button', { type: 'button', 'data-size': 'more', onclick: () => this.move(1) }, '+');
    this.range = el('input', { type: 'range', id: 'tokens-size', min: 0, step: 1 });
    this.value = el('output', { class: 'num', for: 'tokens-size' });
    this.node = el('div', { class: 'size-slider', 'data-part': 'size' }, this.label, this.less, this.range, this.more, this.value);
    this.range.addEventListener('input', () => this.ask(this.sizes[Number(this.range.value)], PATIENCE));
    this.range.addEventListener('change', () => this.ask(this.sizes[Number(this.range.value)], 0));
  }

  /**
   * @param {import('../strings.js').Say} say
   * @param {[number, number] | null} limits null: nothing can be learnt
   * @param {number} size
   */
  draw(say, limits, size) {
    write(this.label, say('tokens.size'));
    set(this.less, { 'aria-label': say('tokens.less'), title: say('tokens.less') });
    set(this.more, { 'aria-label': say('tokens.more'), title: say('tokens.more') });
    this.sizes = limits ? sizesBetween(...limits) : [0];
    set(this.range, { max: this.sizes.length - 1 });
    for (const part of [this.range, this.less, this.more]) part.disabled = !limits;
    if (!this.waiting) this.show(size);
    if (!limits) write(this.value, '–');
  }

  /** @param {number} size */
  show(size) {
    this.size = size;
    const after = this.sizes.findIndex((one) => one >= size);
    this.range.value = String(after < 0 ? this.sizes.length - 1 : after);
    set(this.range, { 'aria-valuetext': String(size) });
    write(this.value, String(size));
  }

  /** @param {number} step */
  move(step) {
    this.ask(clamp(this.size + step, this.sizes[0], this.sizes[this.sizes.length - 1]), PATIENCE);
  }

  /**
   * Say at once what is asked for, and ask when the hand rests.
   * @param {number} size
   * @param {number} patience
   */
  ask(size, patience) {
    if (size === this.size && !this.waiting) return;
    this.show(size);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.waiting = 0;
      this.choose(size);
    }, patience);
  }
}

/**
 * Sizes in proportion, both ends among them, none twice.
 * @param {number} smallest
 * @param {number} largest
 */
export function sizesBetween(smallest, largest) {
  const all = Array.from({ length: STEPS + 1 }, (_, i) => Math.round(smallest * (largest / smallest) ** (i / STEPS)));
  return [...new Set(all)];
}
