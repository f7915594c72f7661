/** What the reader looks at: block, heads, row, picture. It lives in the page's address, and no server hears of it. */

import { blockOf, blocksOf, rowSide } from './blocks.js';
import { countOf } from './grid.js';

/** @typedef {import('./payload.js').Payload} Payload */
/** @typedef {import('./payload.js').Trace} Trace */
/** @typedef {'lines' | 'joined' | 'table'} Picture */

/**
 * @typedef {object} View
 * @property {string} block
 * @property {number} head the outlined head, the one in the matrix
 * @property {boolean[]} shown which heads have lines
 * @property {{src: number | null, tgt: number | null}} row the row pointed at, one for each kind of row
 * @property {number | null} col
 * @property {boolean} byKey is the column pointed at for its own sake: who reads this word?
 * @property {{row: number, col: number} | null} pin
 * @property {Picture} picture
 * @property {number} flip 0 the sentence asked for, 1 its partner
 * @property {boolean} bare special tokens hidden
 */

/** @type {Picture[]} */
export const PICTURES = ['lines', 'joined', 'table'];
const MANY_TOKENS = 24;
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const NAMES = ['b', 'f', 'h', 'q', 'view', 'x', 'sp'];

/**
 * The view in which a sentence opens: the block and head that measuring found, the row worth a first look pointed at.
 * @param {Payload} payload
 * @returns {View}
 */
export function firstView(payload) {
  const { header } = payload;
  const blocks = blocksOf(header.model);
  const trace = payload.traces[header.show];
  const start = header.start && blocks.some((block) => block.name === header.start?.block) ? header.start : null;
  const head = Math.min(start?.head ?? 0, header.model.n_heads - 1);
  return {
    block: start?.block ?? blocks.at(-1)?.name ?? '',
    head,
    shown: defaultHeads(trace, header.model.n_heads, head),
    row: defaultRows(trace),
    col: null,
    byKey: false,
    pin: null,
    picture: 'lines',
    flip: 0,
    bare: false,
  };
}

/**
 * All heads at once, unless the sentence is so long that their lines would be a tangle.
 * @param {Trace} trace
 * @param {number} n
 * @param {number} head
 */
function defaultHeads(trace, n, head) {
  const many = Math.max(trace.src.length, trace.tgt_in.length) > MANY_TOKENS;
  return Array.from({ length: n }, (_, i) => !many || i === head);
}

/**
 * The row that is worth a first look, such as the one that writes the pronoun; in the encoder, the row that it comes from.
 * @param {Trace} trace
 */
export function defaultRows(trace) {
  const tgt = trace.watch;
  const src = tgt === null ? null : (trace.alignment?.find(([row]) => row === tgt)?.[1] ?? null);
  return { src, tgt };
}

/**
 * Read a view from an address. What it asks for in vain is named in `lost` and left at its default.
 * @param {string} search
 * @param {Payload} payload
 * @returns {{view: View, lost: string[]}}
 */
export function readView(search, payload) {
  const asked = new URLSearchParams(search);
  const view = firstView(payload);
  const { model } = payload.header;
  /** @type {string[]} */
  const lost = [];
  /** @param {string} name @param {(text: string) => boolean} take */
  const read = (name, take) => {
    const text = asked.get(name);
    if (text !== null && !take(text)) lost.push(name);
  };
  read('b', (text) => blocksOf(model).some((block) => block.name === text) && Boolean((view.block = text)));
  read('f', (text) => {
    const head = wholeNumber(text);
    if (head === null || head >= model.n_heads) return false;
    view.head = head;
    if (!asked.has('h')) view.shown[head] = true;
    return true;
  });
  read('h', (text) => readHeads(text, view));
  read('x', (text) => text === '0' || (text === '1' && payload.traces.length > 1 && Boolean((view.flip = 1))));
  const trace = traceOf(payload, view.flip);
  if (view.flip) view.row = defaultRows(trace);
  read('q', (text) => readRow(text, view, trace));
  read('view', (text) => PICTURES.includes(/** @type {Picture} */ (text)) && Boolean((view.picture = /** @type {Picture} */ (text))));
  read('sp', (text) => text === '0' || (text === '1' && (view.bare = true)));
  return { view, lost };
}

/**
 * @param {string} text
 * @param {View} view
 */
function readHeads(text, view) {
  const heads = [...text].map((digit) => DIGITS.indexOf(digit));
  if (!heads.length || heads.some((head) => head < 0 || head >= view.shown.length)) return false;
  view.shown = view.shown.map((_, head) => heads.includes(head));
  view.shown[view.head] = true;
  return true;
}

/**
 * @param {string} text
 * @param {View} view
 * @param {Trace} trace
 */
function readRow(text, view, trace) {
  const side = rowSide(blockOf(view.block).kind);
  const row = wholeNumber(text);
  if (text !== '' && (row === null || row >= countOf(trace, side))) return false;
  view.row = { ...view.row, [side]: text === '' ? null : row };
  return true;
}

/** @param {string} text */
function wholeNumber(text) {
  return /^\d{1,4}$/.test(text) ? Number(text) : null;
}

/**
 * The sentence asked for, or its partner.
 * @param {Payload} payload
 * @param {number} flip
 */
export function traceOf(payload, flip) {
  const { show } = payload.header;
  return payload.traces[flip ? payload.traces.length - 1 - show : show] ?? payload.traces[show];
}

/**
 * The row pointed at in the block that is shown.
 * @param {View} view
 */
export function rowOf(view) {
  return view.row[rowSide(blockOf(view.block).kind)];
}

/**
 * Carry a view over to another sentence: what does not exist there falls back to the default, and nothing throws.
 * Another model opens on its own block and head.
 * @param {View} view
 * @param {Payload} payload
 * @param {Payload | null} before
 * @returns {View}
 */
export function carryView(view, payload, before) {
  const first = firstView(payload);
  const { model, run } = payload.header;
  const kept = before?.header.run === run && blocksOf(model).some((block) => block.name === view.block) && view.shown.length === model.n_heads;
  if (!kept) return { ...first, picture: view.picture, bare: view.bare };
  const trace = payload.traces[payload.header.show];
  const long = Math.max(trace.src.length, trace.tgt_in.length) > MANY_TOKENS;
  const shown = long ? defaultHeads(trace, model.n_heads, view.head) : view.shown;
  return { ...view, shown, row: first.row, col: null, byKey: false, pin: null, flip: 0 };
}

/**
 * Write the view into the address, beside what Streamlit keeps there. No frame travels.
 * @param {View} view
 * @param {Payload} payload
 */
export function writeView(view, payload) {
  const url = new URL(location.href);
  const row = rowOf(view);
  const n = view.shown.length;
  const usual = defaultHeads(traceOf(payload, view.flip), n, view.head);
  const heads = view.shown.map((on, head) => (on ? DIGITS[head] : '')).join('');
  /** @type {(string | null)[]} */
  const values = [
    view.block,
    String(view.head),
    String(usual) === String(view.shown) || n > DIGITS.length ? null : heads,
    row === null ? '' : String(row),
    view.picture === 'lines' ? null : view.picture,
    view.flip ? '1' : null,
    view.bare ? '1' : null,
  ];
  NAMES.forEach((name, i) => {
    const value = values[i];
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  });
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}
