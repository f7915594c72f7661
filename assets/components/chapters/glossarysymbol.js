/** A symbol of the catalogue in the paper's letters: `QK^T / sqrt(d_k)` becomes QKᵀ / √dₖ, each quantity in its colour. */

import { el, put } from '../dom.js';

/** @typedef {{text: string, form: '' | 'letter' | 'sub' | 'sup', tone: '' | 'q' | 'k' | 'v' | 'w' | 'x'}} Piece */

/** @type {Record<string, Piece['tone']>} whose colour a letter has */
const TONES = { Q: 'q', K: 'k', V: 'v', x: 'x', E: 'x', memory: 'x', softmax: 'w' };
const GRAMMAR = /sqrt\((\w+)\)|\^(\w+)|_(\w+)|([A-Za-z]+)|([^A-Za-z_^]+)/g;
const WORDS = /^[A-Za-z]{3,}$/; // names of functions stand upright, letters lean

/**
 * Cut a symbol into pieces. What the grammar does not know is shown as it is written.
 * @param {string} symbol
 * @returns {Piece[]}
 */
export function piecesOf(symbol) {
  /** @type {Piece[]} */
  const pieces = [];
  for (const [, root, up, down, word, rest] of symbol.matchAll(GRAMMAR)) {
    if (root) pieces.push(plain('√'), ...piecesOf(root));
    else if (up || down) pieces.push({ text: up ?? down, form: up ? 'sup' : 'sub', tone: up === 'T' ? (pieces.at(-1)?.tone ?? '') : '' });
    else if (word) pieces.push(...letters(word));
    else pieces.push(plain(rest));
  }
  return pieces;
}

/** @param {string} text @returns {Piece} */
function plain(text) {
  return { text, form: '', tone: '' };
}

/**
 * QK is two letters, softmax is one word.
 * @param {string} word
 * @returns {Piece[]}
 */
function letters(word) {
  if (word === 'QK') return letters('Q').concat(letters('K'));
  return [{ text: word, form: WORDS.test(word) ? '' : 'letter', tone: TONES[word] ?? '' }];
}

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/**
 * Show a symbol in a node.
 * @param {HTMLElement} node
 * @param {string} symbol
 */
export function drawSymbol(node, symbol) {
  if (drawn.get(node) === symbol) return;
  drawn.set(node, symbol);
  put(node, piecesOf(symbol).map(({ text, form, tone }) => el(form === 'sub' || form === 'sup' ? form : 'span', { class: `${form} ${tone ? 'tone-' + tone : ''}`.trim() || null }, text)));
}
