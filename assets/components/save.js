/** Keep what is seen: as a picture (PNG, SVG), as numbers (CSV, JSON), as a link. All of it is made in the browser. */

import { el } from './dom.js';
import { headsShown } from './links.js';
import { paint, toSvg } from './marks.js';
import { pictureOf } from './picture.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./joined.js').Joined} Joined */

const SHARP = 2;

/**
 * Save the stage in one of the formats png, svg, csv, json.
 * @param {string} format
 * @param {Scene} scene
 * @param {Joined} joined
 */
export async function save(format, scene, joined) {
  const name = `${scene.header.run}-${scene.view.block}-head${scene.view.head + 1}.${format}`.replace(/[^\w.-]/g, '_');
  if (format === 'csv') return download(new Blob([toCsv(scene)], { type: 'text/csv' }), name);
  if (format === 'json') return download(new Blob([toJson(scene)], { type: 'application/json' }), name);
  const picture = pictureOf(scene, joined);
  if (format === 'svg') return download(new Blob([toSvg(picture, scene.palette)], { type: 'image/svg+xml' }), name);
  const canvas = el('canvas', { width: picture.width * SHARP, height: picture.height * SHARP });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.scale(SHARP, SHARP);
  paint(pen, picture, scene.palette);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob) download(blob, name);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const href = URL.createObjectURL(blob);
  el('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/**
 * One line per head, row and column that is seen. Masked cells have no weight, so theirs is left empty.
 * @param {Scene} scene
 */
export function toCsv({ grid, view }) {
  const lines = [['block', 'head', 'query', 'reads', 'writes', 'key', 'key_token', 'weight', 'masked', 'renormalised']];
  for (const head of headsShown(view.shown)) {
    for (const row of grid.rows) {
      for (const col of grid.cols) {
        const masked = grid.masked(row, col);
        const where = [view.block, String(head), String(row), grid.reads[row].token, grid.writes[row].token, String(col), grid.keys[col].token];
        lines.push([...where, masked ? '' : String(grid.at(head, row, col)), String(masked), String(grid.bare)]);
      }
    }
  }
  return '\ufeff' + lines.map((line) => line.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

/**
 * Quote a cell. A text that a spreadsheet would take for a formula gets an apostrophe in front.
 * @param {string} text
 */
function csvCell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text)) ? "'" + text : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Scene} scene */
export function toJson({ grid, view, header, trace }) {
  const heads = headsShown(view.shown);
  const seen = {
    run: header.run,
    sentence: trace.read,
    output: trace.output,
    tensor: view.block + '.weights',
    axes: ['head', 'query', 'key'],
    heads,
    queries: grid.rows.map((row) => ({ position: row, reads: grid.reads[row].token, writes: grid.writes[row].token })),
    keys: grid.cols.map((col) => ({ position: col, token: grid.keys[col].token })),
    renormalised_without_special_tokens: grid.bare,
    weights: heads.map((head) => grid.rows.map((row) => grid.cols.map((col) => (grid.masked(row, col) ? null : grid.at(head, row, col))))),
  };
  return JSON.stringify(seen, null, 1);
}

/**
 * Put the address of this view on the clipboard.
 * @returns {Promise<boolean>}
 */
export async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    return true;
  } catch {
    return false;
  }
}
