/** Tokens as text: shown literally, told apart by position, cut when long, never interpreted. */

import { el, join, set, write } from './dom.js';

/**
 * @typedef {object} Label
 * @property {string} text what is shown: cut at 14 characters, with a subscript when the word comes more than once
 * @property {string} full the same uncut, for the tooltip
 * @property {string} token the token alone, for files
 */

const LONGEST = 14;
const NAMED = 3; // words of a long list that are named one by one
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';
// Control characters, zero-width and bidi signs: they have no shape of their own, or change the shape of others.
// Only the joiner inside an emoji has a work to do.
const INVISIBLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Noncharacter_Code_Point}]|\u200d(?!\p{Extended_Pictographic})/gu;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter() : null;

/**
 * Name every token of a sentence: `the₁ the₂`.
 * @param {readonly string[]} tokens
 * @param {readonly boolean[]} [unknown] which of them the model does not know
 * @returns {Label[]}
 */
export function nameTokens(tokens, unknown = []) {
  // A vocabulary of pieces marks where a word starts; then what has no mark continues a word. A typed ▁ is no such mark.
  const pieces = tokens.some((token, i) => token.length > 1 && token.startsWith('▁') && !unknown[i]);
  /** @type {Map<string, number>} */
  const count = new Map();
  for (const token of tokens) count.set(token, (count.get(token) ?? 0) + 1);
  /** @type {Map<string, number>} */
  const seen = new Map();
  return tokens.map((token, i) => {
    const nth = (seen.get(token) ?? 0) + 1;
    seen.set(token, nth);
    const whole = literal(pieces && !unknown[i] ? unmark(token) : token);
    const which = (count.get(token) ?? 0) > 1 ? subscript(nth) : '';
    return { token: whole, full: whole + which, text: cut(whole) + which };
  });
}

/** @param {string} piece */
function unmark(piece) {
  if (piece.startsWith('▁')) return piece.slice(1) || '▁';
  return /^<.*>$/.test(piece) ? piece : '·' + piece;
}

/** @param {number} n */
export function subscript(n) {
  return [...String(n)].map((digit) => SUBSCRIPTS[Number(digit)]).join('');
}

/**
 * Make every character of a token visible. Right-to-left text keeps its direction to itself.
 * @param {string} token
 */
export function literal(token) {
  const text = token.replace(INVISIBLE, (sign) => 'U+' + (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0'));
  if (text.trim() === '') return '␣'.repeat(Math.max(1, text.length));
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

/**
 * Name the first words of a list that may be long, such as those that a model has never seen.
 * @param {string[]} words
 * @param {string} lang
 */
export function firstOf(words, lang) {
  return words.slice(0, NAMED).map(literal).join(lang === 'zh' ? '、' : ', ') + (words.length > NAMED ? ' …' : '');
}

/**
 * Cut between characters as people count them, so that an emoji or an accent is never halved.
 * @param {string} text
 * @param {number} [longest]
 */
export function cut(text, longest = LONGEST) {
  const characters = segmenter ? [...segmenter.segment(text)].map((part) => part.segment) : [...text];
  return characters.length <= longest ? text : characters.slice(0, longest - 1).join('') + '…';
}

const ruler = document.createElement('canvas').getContext('2d');

/**
 * How wide a text is.
 * @param {string} text
 * @param {string} font such as `400 17px serif`
 */
export function widthOf(text, font) {
  if (!ruler) return text.length * 9;
  ruler.font = font;
  return ruler.measureText(text).width;
}

/**
 * Make a text fit into a width: first smaller, down to `smallest`, then shorter.
 * @param {string} text
 * @param {number} width
 * @param {{size: number, smallest: number, family: string, weight?: number}} type
 * @returns {{text: string, size: number}}
 */
export function fit(text, width, type) {
  /** @param {string} shown @param {number} size */
  const fits = (shown, size) => widthOf(shown, `${type.weight ?? 700} ${size}px ${type.family}`) <= width;
  for (let size = type.size; size >= type.smallest; size--) if (fits(text, size)) return { text, size };
  let length = [...text].length - 1;
  while (length > 1 && !fits(cut(text, length), type.smallest)) length--;
  return { text: cut(text, length), size: type.smallest };
}

/**
 * Are all these labels short enough to stand upright over their columns? Letters and signs are: a + that leans is a ×.
 * @param {readonly Label[]} labels
 * @param {number} width of a column
 * @param {string} font
 */
export function standUpright(labels, width, font) {
  return labels.every((label) => widthOf(label.text, font) <= width - 2);
}

/**
 * @typedef {object} TokenState
 * @property {Label} label
 * @property {string} title
 * @property {number} row
 * @property {boolean} [unknown]
 * @property {boolean} [special]
 * @property {number} [p] probability, drawn as a bar below the word
 */

/**
 * Show a sentence as tokens that can be pointed at, by mouse, finger or keyboard.
 * @param {HTMLElement} parent
 * @param {TokenState[]} states
 */
export function drawTokens(parent, states) {
  join(
    parent,
    states,
    () => el('span', { role: 'button', tabindex: 0 }, el('span', { class: 'text', dir: 'auto' }), el('i', { class: 'bar' }, el('i'))),
    (node, state) => {
      const [text, bar] = node.children;
      write(text, state.label.text);
      set(node, {
        class: 'token' + (state.unknown ? ' unknown' : '') + (state.special ? ' special' : ''),
        title: state.title,
        'data-token': state.row,
        'aria-label': state.title,
      });
      set(bar, { hidden: state.p === undefined ? '' : null });
      set(bar.children[0], { style: `width:${((state.p ?? 0) * 100).toFixed(2)}%` });
    },
  );
}

/**
 * Mark the token pointed at, and underline those that it reads.
 * @param {HTMLElement} parent
 * @param {number | null} here
 * @param {(row: number) => boolean} isRead
 */
export function pointTokens(parent, here, isRead) {
  for (const node of parent.children) {
    const row = node.hasAttribute('data-token') ? Number(node.getAttribute('data-token')) : -1;
    node.classList.toggle('here', row === here);
    node.classList.toggle('read', isRead(row));
    set(node, { 'aria-pressed': String(row === here) });
  }
}
