/** The paper's sinusoid once more, in float64: what the sliders of the Positions page need, and every digit of its trails. */

const BASE = 10000;

/**
 * How far the clock hand of a pair of features turns per position.
 * @param {number} pair 0, 1, 2, ...
 * @param {number} width features in all
 */
export function frequency(pair, width) {
  return 1 / BASE ** ((2 * pair) / width);
}

/**
 * PE(pos, 2i) = sin(pos omega_i), PE(pos, 2i+1) = cos(pos omega_i).
 * @param {number} position
 * @param {number} feature
 * @param {number} width
 */
export function sinusoid(position, feature, width) {
  const angle = position * frequency(Math.floor(feature / 2), width);
  return feature % 2 ? Math.cos(angle) : Math.sin(angle);
}

/**
 * One entry of the matrix that moves every position by k: a turn in each pair, zeros elsewhere.
 * @param {number} row
 * @param {number} col
 * @param {number} k
 * @param {number} width
 */
export function shiftEntry(row, col, k, width) {
  if (Math.floor(row / 2) !== Math.floor(col / 2)) return 0;
  const angle = k * frequency(Math.floor(row / 2), width);
  if (row === col) return Math.cos(angle);
  return row % 2 ? -Math.sin(angle) : Math.sin(angle);
}

/**
 * A number with so many digits that count, and a true minus.
 * @param {number} value
 * @param {number} [digits]
 */
export function digits(value, digits = 4) {
  const size = Math.abs(value);
  if (size < 1e-9) return '0';
  if (size < 1e-3 || size >= 1e9) return power(value);
  const whole = Math.max(1, Math.floor(Math.log10(size)) + 1);
  const text = size < 1 ? size.toFixed(digits) : size.toFixed(Math.max(0, digits - whole));
  return (value < 0 ? '−' : '') + text;
}

/**
 * A wavelength or another large number: 6.28, 19.9, 628, 47,117.
 * @param {number} value
 */
export function length(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A very small number as people write it: 3.6×10⁻¹⁴.
 * @param {number} value
 */
export function power(value) {
  if (value === 0) return '0';
  const [factor, exponent] = Math.abs(value).toExponential(1).split('e');
  const raised = [...String(Math.abs(Number(exponent)))].map((digit) => RAISED[Number(digit)]).join('');
  return `${value < 0 ? '−' : ''}${factor}×10${Number(exponent) < 0 ? '⁻' : ''}${raised}`;
}

/**
 * A number with so many digits after the point, and a true minus.
 * @param {number} value
 * @param {number} decimals
 */
export function exactly(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 && Number(text) !== 0 ? '−' : '') + text;
}

/**
 * A factor in a product: a negative one in brackets. Two digits more than the product, which then can be checked by hand.
 * @param {number} value
 */
export function factor(value) {
  return value < 0 ? `(${exactly(value, 6)})` : exactly(value, 6);
}
