/** A table in less room: the rows that matter, and the others added up, so that the sum stays the sum. */

import { said } from './trailparts.js';

/** @typedef {import('./trailparts.js').Table} Table */
/** @typedef {import('./trailparts.js').Row} Row */
/** @typedef {import('./trailparts.js').Operands} Operands */

/**
 * Show at most so many rows: the largest, the cell's own and those that always stay; the rest becomes "58 others".
 * @param {Table} whole
 * @param {number} room rows that fit
 * @returns {Table}
 */
export function shorten(whole, room) {
  const { rows, here, adds, most } = whole;
  const terms = rows.filter((row) => !row.stays);
  const places = Math.max(0, Math.min(most, room - (rows.length - terms.length)));
  if (terms.length <= places) return inOrder(whole, rows);
  const kept = pick(whole, Math.max(1, Math.min(most, room - (rows.length - terms.length) - (adds === null ? 0 : 1))));
  const left = rows.filter((row) => !row.stays && !kept.has(row));
  const others = { name: said('trail.others', { n: left.length }), cells: whole.columns.map((_, column) => othersCell(whole, left, column)), stays: true };
  const shown = [...rows.filter((row) => kept.has(row)), ...(adds === null ? [] : [others]), ...rows.filter((row) => row.stays)];
  return inOrder({ ...whole, here: here === null ? null : shown.indexOf(rows[here]) }, shown);
}

/**
 * @param {Table} whole
 * @param {Row[]} left
 * @param {number} column
 */
function othersCell({ adds }, left, column) {
  return column === adds ? left.reduce((total, row) => total + (row.cells[column] ?? 0), 0) : null;
}

/**
 * The rows that are kept: the cell's own, and the largest of what is added up; its neighbours, where nothing is.
 * @param {Table} whole
 * @param {number} count
 * @returns {Set<Row>}
 */
function pick({ rows, here, adds }, count) {
  if (adds === null) return windowOf(rows, here ?? 0, count);
  const terms = rows.filter((row) => !row.stays);
  /** @param {Row} row */
  const size = (row) => (row.shut ? -1 : Math.abs(row.cells[adds] ?? 0));
  const own = here === null ? [] : [rows[here]];
  const largest = [...terms].sort((a, b) => size(b) - size(a)).filter((row) => !own.includes(row));
  return new Set([...own, ...largest].slice(0, count));
}

/**
 * Neighbours, where nothing is added up.
 * @param {Row[]} rows
 * @param {number} here
 * @param {number} count
 */
function windowOf(rows, here, count) {
  const first = Math.max(0, Math.min(here - Math.floor(count / 2), rows.length - count));
  return new Set(rows.slice(first, first + count));
}

/**
 * @param {Table} whole
 * @param {Row[]} rows
 * @returns {Table}
 */
function inOrder(whole, rows) {
  const { adds, bySize, here } = whole;
  if (!bySize || adds === null) return { ...whole, rows };
  const own = here === null ? null : rows[here];
  const terms = rows.filter((row) => !row.stays).sort((a, b) => Math.abs(b.cells[adds] ?? 0) - Math.abs(a.cells[adds] ?? 0));
  const sorted = [...terms, ...rows.filter((row) => row.stays)];
  return { ...whole, rows: sorted, here: own === null ? null : sorted.indexOf(own) };
}

/**
 * Rows of operands as a table of terms, where there is no room for all of them side by side.
 * @param {Operands} operands
 * @returns {Table}
 */
export function asTable({ rows, times, adds, total }) {
  return {
    kind: 'table',
    corner: said('trail.feature'),
    columns: rows.map(({ name, hue }) => ({ name, hue, decimals: 2 })),
    rows: rows[0].values.map((_, i) => ({ name: String(i), cells: rows.map(({ values }) => values[i]) })),
    here: null,
    bar: null,
    times,
    adds,
    total,
    most: 6,
    bySize: true,
  };
}
