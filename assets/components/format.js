/** How numbers are written: a true minus, a decimal point, no rounded 100 %. */

/**
 * A weight beside a word or in a cell: `.96`, `1.0`.
 * @param {number} value
 */
export function short(value) {
  return value >= 0.995 ? '1.0' : '.' + String(Math.round(value * 100)).padStart(2, '0');
}

/**
 * A token with its number beside it. Where the token ends in a digit itself, the gap is wider: 3 with .76 is not 3.76.
 * @param {string} token
 * @param {string} number
 */
export function beside(token, number) {
  return token + (/\d[₀-₉]*$/.test(token) ? '\u2003' : ' ') + number;
}

/**
 * A weight in a table or a tooltip, with three decimals.
 * @param {number} value
 */
export function three(value) {
  return (value < 0 ? '\u2212' : '') + Math.abs(value).toFixed(3);
}

/**
 * A probability. What would be rounded up to certainty says `> 99.99 %` instead.
 * @param {number} p
 */
export function percent(p) {
  if (p > 0.9999) return '>\u202f99.99\u202f%';
  if (p > 0 && p < 0.0001) return '<\u202f0.01\u202f%';
  return (p * 100).toFixed(2) + '\u202f%';
}

/**
 * A share of counted cases. It says 100 % only when it was all of them.
 * @param {number} share
 */
export function share(share) {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return '>\u202f99\u202f%';
  return rounded + '\u202f%';
}
