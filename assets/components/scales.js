/** From a number to a colour. Weights run from 0 to 1, linear, the same for every head; signed values diverge around 0. */

import { contrast, rgbOf } from './theme.js';

/** @typedef {import('./theme.js').Palette} Palette */

// On the violet in the middle of the ramp neither ink nor paper has contrast enough.
const [BLACK, WHITE] = ['#000000', '#ffffff'];

/**
 * @param {readonly number[]} from
 * @param {readonly number[]} to
 * @param {number} t
 */
function mix(from, to, t) {
  return from.map((value, i) => Math.round(value + (to[i] - value) * t));
}

/** @param {readonly number[]} rgb */
function css(rgb) {
  return `rgb(${rgb.join(',')})`;
}

/**
 * @typedef {object} WeightScale
 * @property {(weight: number) => number[]} rgb
 * @property {(weight: number) => string} fill
 * @property {(weight: number) => string} text black or white, whichever reads better on that fill
 */

/**
 * The violet ramp of attention weights.
 * @param {Palette} palette
 * @returns {WeightScale}
 */
export function weightScale(palette) {
  const stops = palette.ramp.map(rgbOf);
  /** @param {number} weight */
  const rgb = (weight) => {
    const x = Math.min(1, Math.max(0, weight)) * (stops.length - 1);
    const step = Math.min(stops.length - 2, Math.floor(x));
    return mix(stops[step], stops[step + 1], x - step);
  };
  return {
    rgb,
    fill: (weight) => css(rgb(weight)),
    text: (weight) => (contrast(rgb(weight), rgbOf(BLACK)) >= contrast(rgb(weight), rgbOf(WHITE)) ? BLACK : WHITE),
  };
}

/**
 * A signed scale: slate below 0, paper at 0, the hue of the quantity above. One `max` per matrix, printed in its legend.
 * @param {Palette} palette
 * @param {string} hue
 * @param {string} negative
 * @param {number} max
 * @returns {(value: number) => string}
 */
export function signedScale(palette, hue, negative, max) {
  const [zero, plus, minus] = [rgbOf(palette.paper), rgbOf(hue), rgbOf(negative)];
  return (value) => css(mix(zero, value < 0 ? minus : plus, Math.min(1, Math.abs(value) / max) ** 0.8));
}
