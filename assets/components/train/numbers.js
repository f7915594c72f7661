/** Numbers of settings as people type them: no exponent where a decimal point does. */

/** @param {number} value */
export function spellNumber(value) {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text;
}

/**
 * How many, as people read it: 12,300.
 * @param {number} n
 * @param {string} lang
 */
export function countText(n, lang) {
  return n.toLocaleString('en').replaceAll(',', lang === 'zh' ? '\u202f' : ',');
}
