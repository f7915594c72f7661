/** The numbers beside an axis. */

const STEPS = [1, 2, 5, 10];

/**
 * Round numbers between two ends, about as many as there is room for.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @param {boolean} [whole] only whole numbers
 * @returns {number[]}
 */
export function niceTicks(low, high, most, whole = false) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = power * (STEPS.find((size) => size * power >= rough * 0.999) ?? 10);
  const used = whole ? Math.max(1, Math.round(step)) : step;
  const first = Math.ceil(low / used - 1e-9);
  const count = Math.floor(high / used + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * used).toPrecision(12)) + 0);
}

/**
 * A number as it is, with a true minus and no more digits than it needs.
 * @param {number} value
 */
export function plain(value) {
  const size = Math.abs(value);
  const text = Number.isInteger(value) ? String(size) : size >= 100 ? size.toFixed(0) : String(Number(size.toFixed(size >= 10 ? 1 : 3)));
  return (value < 0 && Number(text) !== 0 ? '\u2212' : '') + text;
}
