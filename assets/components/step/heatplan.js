/** Where everything of a matrix stands: how large its cells and words are, and what waits in the next window. */

import { clamp } from '../dom.js';
import { standUpright, widthOf } from '../tokens.js';

/** @typedef {import('./desk.js').StepScene} StepScene */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('./heat.js').HeatData} HeatData */
/** @typedef {import('./heat.js').HeatSize} HeatSize */
/**
 * @typedef {object} HeatPlan where everything stands
 * @property {number} left
 * @property {number} top
 * @property {number} w
 * @property {number} h
 * @property {number[]} rows shown
 * @property {number[]} cols shown
 * @property {boolean} upright
 * @property {number} word size of words
 * @property {number} digits size of numbers in cells, 0 for none
 */

export const EDGE = 4;
export const TAIL = 34; // the last slanted word leans out to the right
const LEGEND = 26;
export const MOST = 64;
const WALL_LINE = 22; // the least height of a row of words on the wall

/**
 * Where cells are smaller than words, only each n-th word is written, and the one that is pointed at.
 * @param {Label[]} labels
 * @param {number} cell pixels
 * @param {number} least pixels that a word needs
 */
export function thinned(labels, cell, least) {
  const written = labels.filter(({ text }) => text !== '').length;
  return written * 2 < labels.length ? 1 : Math.ceil(least / cell);
}

/** @param {HeatSize} size */
export function legendOf(size) {
  return size.legend === false ? 0 : LEGEND;
}

/** How large things may be: on the desk, and on the wall of a classroom. */
const DESK = { word: 15, left: [84, 170], w: 40, h: 29, top: 96, upright: 46, digits: 13, numberW: 25, numberH: 15 };
const WALL = { word: 21, left: [90, 240], w: 56, h: 40, top: 130, upright: 58, digits: 20, numberW: 42, numberH: 20 };

/**
 * On the wall the words of rows never run into each other: rows without room wait in the next window.
 * @param {StepScene} scene
 * @param {HeatData} data
 * @param {HeatSize} size
 * @returns {HeatSize}
 */
export function roomy(scene, data, size) {
  const written = data.rows.filter(({ text }) => text !== '').length;
  if (!scene.look.projector || written * 2 < data.rows.length) return size;
  const plan = planOf(scene, data, size, { rows: 0, cols: 0 });
  if (plan.h >= WALL_LINE) return size;
  const windowed = plan.rows.length < data.rows.length || plan.cols.length < data.cols.length;
  const rows = Math.max(2, Math.floor((plan.h * plan.rows.length - (windowed ? 0 : 28)) / WALL_LINE));
  return { ...size, cell: size.cell && { ...size.cell, h: WALL_LINE }, most: { rows, cols: size.most?.cols ?? MOST } };
}

/**
 * Give every part its place. Cells grow and shrink with what is to be shown; words keep their size.
 * @param {StepScene} scene
 * @param {HeatData} data
 * @param {HeatSize} size
 * @param {{rows: number, cols: number}} from
 * @returns {HeatPlan}
 */
export function planOf({ palette, look }, data, size, from) {
  const room = look.projector ? WALL : DESK;
  const cap = size.largest ?? room;
  const most = size.most ?? { rows: MOST, cols: MOST };
  const rows = span(from.rows, most.rows, data.rows.length);
  const cols = span(from.cols, most.cols, data.cols.length);
  const font = `400 ${room.word}px ${palette.fonts.word}`;
  const named = Math.ceil(widthOf(`${data.axes.rows} ↓`, `700 ${room.digits}px ${palette.fonts.ui}`)) + 8; // an axis never runs into the columns
  const left = clamp(Math.max(named, Math.ceil(widest(data.rows, rows, font) * 1.06) + 14), room.left[0], room.left[1]);
  const w = clamp(size.cell?.w ?? Math.floor((size.width - left - TAIL) / cols.length), 4, cap.w);
  const heavy = `700 ${room.word}px ${data.plain ? palette.fonts.num : palette.fonts.word}`;
  const upright = standUpright(cols.map((col) => data.cols[col]), w, heavy);
  const top = upright ? room.upright : clamp(Math.ceil(widest(data.cols, cols, font) * 0.75) + 26, 52, room.top);
  const windowed = rows.length < data.rows.length || cols.length < data.cols.length;
  const down = size.height - legendOf(size) - top - EDGE - (windowed ? 34 : 6);
  const h = clamp(size.cell?.h ?? Math.floor(down / rows.length), 4, cap.h);
  const digits = digitsIn(data, room, w, h);
  return { left, top, w, h, rows, cols, upright, word: room.word, digits };
}

/**
 * The size of the numbers in cells; 0 where there is no room. Weights take three characters at most, signed ones four.
 * @param {HeatData} data
 * @param {{digits: number, numberW: number, numberH: number}} room
 * @param {number} w
 * @param {number} h
 */
function digitsIn({ hue, print }, room, w, h) {
  const spared = hue === 'weights' || print ? 4 : 0;
  return w >= room.numberW - spared && h >= room.numberH ? room.digits : 0;
}

/**
 * @param {Label[]} all
 * @param {number[]} shown
 * @param {string} font
 */
function widest(all, shown, font) {
  return shown.reduce((most, i) => Math.max(most, widthOf(all[i].text, font)), 0);
}

/**
 * @param {number} from
 * @param {number} most
 * @param {number} all
 */
function span(from, most, all) {
  return Array.from({ length: Math.min(most, all - from) }, (_, i) => from + i);
}
