/** Digits that are true: how far float32 can be trusted, how many digits that leaves, and how they are written. */

const HALF_ULP = 2 ** -24; // how far rounding to float32 moves a number of size 1
const USUAL = 4; // digits after the point, where there is nothing against it
const SIGNIFICANT = 3; // digits that a small number keeps at least
const [TINY, HUGE] = [1e-3, 1e6]; // outside of these a power of ten is easier to read

/**
 * How far off a float32 sum may be. Processors add up in several lanes at once, so it is far less than the worst case.
 * @param {number} terms how many are added
 * @param {number} size the sum of them, signs apart
 */
export function sumError(terms, size) {
  return (terms / 8 + 4) * HALF_ULP * size;
}

/**
 * How far off a number may be after a few float32 operations on numbers of this size.
 * @param {number} size
 * @param {number} [operations]
 */
export function roundingError(size, operations = 2) {
  return operations * HALF_ULP * Math.abs(size);
}

/**
 * How many digits after the point may be shown, so that half a unit of the last one covers the error. Then whoever
 * computes the number again in float32 comes to within one unit of it. Negative: the unit is 10, 100, ...
 * @param {number} value
 * @param {number} error
 */
export function decimalsFor(value, error) {
  if (!Number.isFinite(value)) return 0;
  const wanted = value === 0 ? USUAL : Math.max(USUAL, SIGNIFICANT - 1 - exponentOf(value));
  const least = Math.max(error, roundingError(value, 1));
  return least > 0 ? Math.min(wanted, Math.floor(-Math.log10(2 * least))) : wanted;
}

/**
 * The same, and one or two digits less where two numbers that are almost equal would be rounded apart.
 * @param {number} value
 * @param {number | null} model
 * @param {number} error
 */
export function commonDecimals(value, model, error) {
  const most = decimalsFor(value, error);
  if (model === null) return most;
  const found = [most, most - 1, most - 2].find((decimals) => spell(value, decimals) === spell(model, decimals));
  return found ?? most;
}

/** @param {number} value */
function exponentOf(value) {
  return Math.floor(Math.log10(Math.abs(value)));
}

/**
 * A number as Python writes it, rounded: `-0.9592`, `2.13e-5`, `-inf`.
 * @param {number} value
 * @param {number} decimals
 */
export function spell(value, decimals) {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  const exponent = size ? exponentOf(value) : 0;
  const power = size >= HUGE || decimals < 0 || (size < TINY && size > 0 && exponent + decimals >= 0);
  const text = power ? value.toExponential(Math.max(0, exponent + decimals)).replace('e+', 'e') : value === 0 ? '0' : value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/**
 * A number as people read it, with a true minus and ∞.
 * @param {number} value
 * @param {number} decimals
 */
export function written(value, decimals) {
  return spell(value, decimals).replace('nan', 'NaN').replace('inf', '∞').replaceAll('-', '−');
}

/**
 * A number in a column, where all have the same digits after the point.
 * @param {number} value
 * @param {number} decimals
 */
export function aligned(value, decimals) {
  if (!Number.isFinite(value) || Math.abs(value) >= HUGE) return written(value, decimals);
  const text = value.toFixed(Math.max(0, decimals));
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

/**
 * A difference: one digit says enough.
 * @param {number} difference
 */
export function roughly(difference) {
  if (difference === 0 || !Number.isFinite(difference)) return written(difference, 0);
  return difference.toExponential(0).replace('e+0', '').replace('e+', 'e').replaceAll('-', '−');
}

/**
 * The error function, to the last digits of float64: GELU is x times the share of a bell curve that lies below x.
 * @param {number} x
 */
export function erf(x) {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  const value = size < 2.5 ? erfSeries(size) : 1 - erfcFraction(size);
  return x < 0 ? -value : value;
}

/** @param {number} x from 0 to 2.5 */
function erfSeries(x) {
  let [term, total] = [x, x];
  for (let n = 1; term > total * 1e-18; n++) total += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** @param {number} x from 2.5 on */
function erfcFraction(x) {
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (fraction * Math.sqrt(Math.PI));
}
