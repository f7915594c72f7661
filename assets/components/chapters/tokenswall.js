/**
 * One text above several cuts of it, like courses of bricks: every piece lies under the characters that it covers.
 * Pure: from spans and sizes to places.
 */

import { cut as shorten, literal } from '../tokens.js';

/**
 * @typedef {object} Cut as ui/chapters/tokens.py tells it
 * @property {string} kind
 * @property {boolean} there
 * @property {boolean} own is it what the model reads?
 * @property {number | null} size
 * @property {number | null} seconds
 * @property {number} n
 * @property {number} n_unknown
 * @property {number[]} ids
 * @property {string[]} tokens
 * @property {number[]} spans start and end of every piece, in characters of the text
 * @property {{n_sentences: number, n_tokens: number, n_unknown: number} | null} held_out
 */
/** @typedef {{x: number, width: number, at: number, mark: string, blank: boolean}} Column one character of the text */
/** @typedef {{x: number, width: number, n: number, text: string, id: number, unknown: boolean, start: number, end: number}} Brick */
/** @typedef {{columns: Column[], courses: Brick[][], width: number, from: number, to: number, all: number}} Wall */
/** @typedef {{word: (text: string) => number, number: (text: string) => number, blank: number, least: number}} Ruler */
/** @typedef {{start: number, end: number, members: number[]}} Group */

export const WORD_START = '▁';
export const WINDOW = 160; // characters that are drawn at once
const PADDING = 3;
const LONGEST = 40; // characters of a piece that are written out
const WIDEST = 2.4; // how much a short text may be stretched

/**
 * Lay the wall.
 * @param {string} text
 * @param {Cut[]} cuts
 * @param {number} unknown the id of what a vocabulary does not know
 * @param {Ruler} ruler
 * @param {number} room to be filled, if the text is short
 * @param {number} from the first character of the window
 * @returns {Wall}
 */
export function wallOf(text, cuts, unknown, ruler, room, from) {
  const marks = [...text];
  const to = Math.min(marks.length, from + WINDOW);
  const shown = marks.slice(from, to).map((mark) => ({ mark: literal(mark), blank: isBlank(mark) }));
  const widths = shown.map(({ mark, blank }) => (blank ? ruler.blank : Math.max(ruler.least, ruler.word(mark) + 2)));
  const laid = cuts.map((cut) => laidOf(cut, marks, from, to));
  const needs = cuts.map((cut) => cut.tokens.map((_, n) => Math.max(ruler.word(labelOf(cut, n, unknown)), ruler.number(String(cut.ids[n]))) + PADDING));
  const all = laid.flatMap((groups, c) => groups.map((group) => ({ ...group, need: group.members.reduce((sum, n) => sum + needs[c][n], 0) })));
  for (const group of all.sort((a, b) => a.end - a.start - (b.end - b.start))) widen(widths, group.start - from, group.end - from, group.need);
  const stretch = Math.min(WIDEST, Math.max(1, room / widths.reduce((a, b) => a + b, 0)));
  const edges = widths.reduce((sums, width) => [...sums, sums[sums.length - 1] + width * stretch], [0]);
  const columns = shown.map((one, i) => ({ ...one, at: from + i, x: edges[i], width: edges[i + 1] - edges[i] }));
  const courses = laid.map((groups, c) => groups.flatMap((group) => bricksOf(group, cuts[c], needs[c], edges, from, unknown)));
  return { columns, courses, width: edges[edges.length - 1], from, to, all: marks.length };
}

/**
 * The pieces of a cut that begin within the window, in groups that share the same characters: the two words of a
 * contraction do, and a bare word start shares the blank before its word, or the first letter where there is none.
 * @param {Cut} cut
 * @param {string[]} marks
 * @param {number} from
 * @param {number} to
 * @returns {Group[]}
 */
function laidOf(cut, marks, from, to) {
  /** @type {Group[]} */
  const groups = [];
  cut.tokens.forEach((_, n) => {
    let [start, end] = [cut.spans[2 * n], cut.spans[2 * n + 1]];
    const last = groups[groups.length - 1];
    const free = last ? last.end : 0;
    if (start === end && start > free && isBlank(marks[start - 1] ?? '')) [start, end] = [start - 1, start];
    else if (start === end) end = Math.min(marks.length, start + 1);
    if (last && start < last.end) {
      last.end = Math.max(last.end, end);
      last.members.push(n);
    } else groups.push({ start, end, members: [n] });
  });
  return groups.filter(({ start, end }) => start < to && end > from).map((group) => ({ ...group, start: Math.max(from, group.start), end: Math.min(to, group.end) }));
}

/**
 * Make columns wide enough together.
 * @param {number[]} widths
 * @param {number} first
 * @param {number} end
 * @param {number} need
 */
function widen(widths, first, end, need) {
  const lack = need - widths.slice(first, end).reduce((a, b) => a + b, 0);
  if (lack > 0) for (let i = first; i < end; i++) widths[i] += lack / (end - first);
}

/**
 * @param {Group} group
 * @param {Cut} cut
 * @param {number[]} needs
 * @param {number[]} edges
 * @param {number} from
 * @param {number} unknown
 * @returns {Brick[]}
 */
function bricksOf(group, cut, needs, edges, from, unknown) {
  const [left, right] = [edges[group.start - from], edges[group.end - from]];
  const whole = group.members.reduce((sum, n) => sum + needs[n], 0);
  let x = left;
  return group.members.map((n) => {
    const width = ((right - left) * needs[n]) / whole;
    const brick = { x, width, n, text: labelOf(cut, n, unknown), id: cut.ids[n], unknown: cut.ids[n] === unknown, start: cut.spans[2 * n], end: cut.spans[2 * n + 1] };
    x += width;
    return brick;
  });
}

/**
 * A piece as it is written in a brick: where it stands says already whether it begins a word.
 * @param {Cut} cut
 * @param {number} n
 * @param {number} unknown
 */
export function labelOf(cut, n, unknown) {
  const token = cut.tokens[n];
  const marked = token.startsWith(WORD_START) && token.length > 1 && cut.ids[n] !== unknown;
  return shorten(literal(marked ? token.slice(1) : token), LONGEST);
}

/**
 * Which window a character lies in.
 * @param {number} at
 */
export function windowOf(at) {
  return Math.floor(Math.max(0, at) / WINDOW) * WINDOW;
}

/** @param {string} mark */
function isBlank(mark) {
  return mark.trim() === '';
}

/**
 * Do a piece and a range of characters have any in common? A bare word start belongs to the character after it.
 * @param {{start: number, end: number}} one
 * @param {{start: number, end: number}} other
 */
export function touches(one, other) {
  return one.start < Math.max(other.end, other.start + 1) && other.start < Math.max(one.end, one.start + 1);
}
