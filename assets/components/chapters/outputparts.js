/** Small parts that the views of Output share: a slider with its value, and numbers in columns. */

import { el, set, write } from '../dom.js';
import { aligned } from '../step/trailnumbers.js';

/** Below this width of the page, in pixels, columns are narrower and some are left to the table twin. */
export const ROOMY = 1000;

/** A slider that says its value. It is made once: a slider that were rebuilt would slip out of the hand. */
export class Slider {
  /**
   * @param {string} part
   * @param {(value: number) => void} moved
   */
  constructor(part, moved) {
    this.label = el('span');
    this.input = el('input', { type: 'range', 'data-part': part, oninput: () => moved(Number(this.input.value)) });
    this.value = el('output', { class: 'num' });
    this.node = el('label', { class: 'output-slider' }, this.label, this.input, this.value);
  }

  /**
   * @param {string} label
   * @param {{min: number, max: number, step: number, value: number, text?: string}} range
   */
  draw(label, { min, max, step, value, text }) {
    write(this.label, label);
    set(this.input, { min, max, step, 'aria-label': label });
    if (Number(this.input.value) !== value) this.input.value = String(value);
    write(this.value, text ?? String(value));
  }
}


/**
 * A positive number that may be very small: `0.9955`, `3.1×10⁻⁷`.
 * @param {number} value
 * @param {number} [decimals]
 */
export function positive(value, decimals = 4) {
  if (value === 0 || value >= 0.5 / 10 ** decimals) return aligned(value, decimals);
  const [digits, exponent] = value.toExponential(1).split('e');
  return `${digits}×10${raised(Number(exponent))}`;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** @param {number} n */
function raised(n) {
  return (n < 0 ? '⁻' : '') + [...String(Math.abs(n))].map((digit) => RAISED[Number(digit)]).join('');
}
