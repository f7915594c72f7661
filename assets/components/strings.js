/** The words of the page, in the reader's language. They live in assets/strings and arrive as one flat table. */

import { ask, Offline, receive } from './net.js';

/** @typedef {Record<string, string | number>} Values */
/** @typedef {(key: string, values?: Values) => string} Say */
/** @typedef {(key: string, parts: Record<string, Node | string | number>) => (Node | string)[]} SayWith */
/** @typedef {{lang: string, has: (key: string) => boolean, say: Say, sayWith: SayWith}} Words */

/** @type {Map<string, Promise<Words>>} */
const tables = new Map();

/**
 * Fetch the strings of a language once. A failed fetch is forgotten, so that the next try asks again.
 * @param {string} lang
 * @param {string} [version] of the page, so that the browser may keep them
 * @returns {Promise<Words>}
 */
export function readStrings(lang, version = '') {
  let words = tables.get(lang);
  if (!words) {
    words = fetchTable(lang, version).then((table) => wordsOf(lang, table));
    words.catch(() => tables.delete(lang));
    tables.set(lang, words);
  }
  return words;
}

/**
 * @param {string} lang
 * @param {string} version
 * @returns {Promise<Record<string, string>>}
 */
async function fetchTable(lang, version) {
  const response = await ask('/lab/strings', { lang, v: version });
  if (!response.ok) throw new Offline(`strings: HTTP ${response.status}`);
  return receive(() => response.json());
}

/**
 * @param {string} lang
 * @param {Record<string, string>} table
 * @returns {Words}
 */
export function wordsOf(lang, table) {
  /** @type {Say} */
  const say = (key, values = {}) =>
    pieces(table[key] ?? key)
      .map((piece) => (piece.slot ? String(values[piece.slot] ?? '') : piece.text))
      .join('');
  /** @type {SayWith} */
  const sayWith = (key, parts) =>
    pieces(table[key] ?? key).map((piece) => {
      const part = piece.slot ? (parts[piece.slot] ?? '') : piece.text;
      return part instanceof Node ? part : String(part);
    });
  return { lang, has: (key) => key in table, say, sayWith };
}

/**
 * Cut a sentence at its {placeholders}. What fills a placeholder is never searched for placeholders again.
 * @param {string} sentence
 * @returns {{text: string, slot: string}[]}
 */
function pieces(sentence) {
  return sentence.split(/(\{\w+\})/).map((text) => ({ text, slot: /^\{\w+\}$/.test(text) ? text.slice(1, -1) : '' }));
}
