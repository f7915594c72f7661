/** Interventions as the short text of a link. transformer/interventions/notation.py says what each means, and checks them. */

/** @typedef {{word: string, fields: string[]}} Act one intervention: its name and its fields, as they stand in the link */

const VERSION = '1';
const FIVE_BITS = 'abcdefghijklmnopqrstuvwxyz234567';
/** @type {Record<string, string>} */
const PARTS = { s: 'self_attn', c: 'cross_attn', f: 'ffn' };

/**
 * @param {string} text
 * @returns {Act[]}
 */
export function readActs(text) {
  return text
    .split('-')
    .slice(1)
    .map((one) => {
      const [word, ...fields] = one.split('.');
      return { word, fields };
    });
}

/** @param {Act[]} acts */
export function writeActs(acts) {
  return acts.length ? [VERSION, ...acts.map(textOf)].join('-') : '';
}

/** @param {Act} act */
export function textOf({ word, fields }) {
  return [word, ...fields].join('.');
}

/**
 * @param {string} word
 * @param {...(string | number)} fields
 * @returns {Act}
 */
export function act(word, ...fields) {
  return { word, fields: fields.map(String) };
}

/**
 * decoder.1.cross_attn is d1c.
 * @param {string} place
 */
export function shortPlace(place) {
  const [stack, layer, part] = place.split('.');
  return stack[0] + layer + (part === 'ffn' ? 'f' : part[0]);
}

/**
 * @param {string} short
 * @returns {string}
 */
export function longPlace(short) {
  const stack = short.startsWith('e') ? 'encoder' : 'decoder';
  return `${stack}.${short.slice(1, -1)}.${PARTS[short.slice(-1)] ?? short.slice(-1)}`;
}

/**
 * Write yes and no, five to a letter; the noes at the end are left out.
 * @param {ArrayLike<number | boolean>} flags
 */
export function writeBits(flags) {
  let text = '';
  for (let at = 0; at < flags.length; at += 5) {
    let five = 0;
    for (let i = 0; i < 5; i++) five = five * 2 + (flags[at + i] ? 1 : 0);
    text += FIVE_BITS[five];
  }
  return text.replace(/a+$/, '');
}

/**
 * @param {string} text
 * @returns {number[]}
 */
export function readBits(text) {
  return [...text].flatMap((sign) => {
    const five = FIVE_BITS.indexOf(sign);
    return [16, 8, 4, 2, 1].map((bit) => (five & bit ? 1 : 0));
  });
}

/** @param {string} said */
export function writeText(said) {
  const bytes = encodeURIComponent(said.replace(/\p{Surrogate}/gu, '\ufffd')).match(/%..|./g) ?? []; // UTF-8
  const codes = bytes.map((one) => (one.length > 1 ? parseInt(one.slice(1), 16) : one.charCodeAt(0)));
  const bits = codes.flatMap((byte) => [128, 64, 32, 16, 8, 4, 2, 1].map((bit) => (byte & bit ? 1 : 0)));
  return writeBits(bits).padEnd(Math.ceil(bits.length / 5), 'a');
}

/** @param {string} text */
export function readText(text) {
  const bits = readBits(text);
  const bytes = Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, n) => bits.slice(8 * n, 8 * n + 8).reduce((byte, bit) => 2 * byte + bit, 0));
  return new TextDecoder().decode(bytes);
}

/** Interventions of which one head can have one: the newer one takes the place of the older one. */
const RIVALS = [
  ['zero', 'mean', 'scale'],
  'uniform from other'.split(' '),
];

/**
 * Do two acts want the same thing of the same place?
 * @param {Act} one
 * @param {Act} other
 */
export function rivals(one, other) {
  const where = (/** @type {Act} */ { word, fields }) => fields.slice(0, { weight: 4, mask: 2, positions: 0, sublayer: 1, residual: 1, only: 1 }[word] ?? 2).join('.');
  const group = RIVALS.find((words) => words.includes(one.word)) ?? [one.word];
  return group.includes(other.word) && where(one) === where(other);
}
