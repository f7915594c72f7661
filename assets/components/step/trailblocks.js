/** The blocks of a trail in the room that there is: what matters most stays, and nothing is ever cut silently. */

import { el, put } from '../dom.js';
import { signedScale } from '../scales.js';
import { widthOf } from '../tokens.js';
import { aligned } from './trailnumbers.js';
import { said, sum } from './trailparts.js';
import { asTable, shorten } from './trailtable.js';
import { colourOf, equation, inkOn, nodesOf, partNodes } from './trailtext.js';

/** @typedef {import('./trailparts.js').Block} Block */
/** @typedef {import('./trailparts.js').Operands} Operands */
/** @typedef {import('./trailparts.js').Table} Table */
/** @typedef {import('./trailparts.js').Words} Words */
/** @typedef {import('./trailtext.js').TrailScene} TrailScene */
/** @typedef {{width: number, height: number}} Size */

const LINE = 8; // numbers in a line of operands
const MOST_ON_WALL = 6; // rows of a table

// Heights in pixels, on the desk and on the wall: trail.css gives the same.
const LOOKS = {
  desk: { row: 22, line: 22, cell: 24, gap: 5, chip: 26, pad: 14, font: 14, name: 64, widest: 30 },
  wall: { row: 30, line: 28, cell: 34, gap: 6, chip: 34, pad: 18, font: 20, name: 90, widest: 56 },
};

/**
 * @param {HTMLElement} parent
 * @param {TrailScene} scene
 * @param {Block[]} blocks
 * @param {Size} size
 */
export function drawBlocks(parent, scene, blocks, size) {
  const look = LOOKS[scene.look.projector ? 'wall' : 'desk'];
  const lines = blocks.filter((block) => block.kind === 'line').length * (look.line + 2);
  const others = Math.max(1, blocks.filter((block) => block.kind !== 'line').length);
  const room = { width: size.width, height: (size.height - lines) / others };
  put(parent, blocks.map((block) => drawBlock(scene, block, room, look)));
}

/**
 * @param {TrailScene} scene
 * @param {Block} block
 * @param {Size} room
 * @param {typeof LOOKS.desk} look
 * @returns {HTMLElement}
 */
function drawBlock(scene, block, room, look) {
  if (block.kind === 'line') return el('p', { class: 'equation num' }, ...equation(scene, block.parts));
  if (block.kind === 'words') return drawWords(scene, block, room, look);
  if (block.kind === 'table') return drawTable(scene, block, room, look);
  const lines = Math.ceil(block.rows[0].values.length / LINE);
  const needed = lines * (block.rows.length * look.cell + look.gap);
  const cell = (room.width - look.name) / Math.min(LINE, block.rows[0].values.length);
  const fits = needed <= room.height && cell >= look.widest && !scene.look.projector;
  return fits ? drawOperands(scene, block, lines) : drawTable(scene, asTable(block), room, look);
}

/**
 * Two rows of numbers and their products, eight to a line, on the signed scale of each quantity.
 * @param {TrailScene} scene
 * @param {Operands} operands
 * @param {number} lines
 */
function drawOperands(scene, { rows }, lines) {
  const { palette } = scene;
  const scales = rows.map(({ values, hue }) => signedScale(palette, colourOf(scene, hue), palette.negative, largest(values)));
  const width = Math.min(LINE, rows[0].values.length);
  const groups = Array.from({ length: lines }, (_, line) => {
    const first = line * LINE;
    const drawn = rows.map(({ name, hue, values }, nth) => {
      const part = values.slice(first, first + LINE);
      const title = hue === 'q' || hue === 'k' ? `${name} ${first}–${first + part.length - 1}` : name;
      const cells = part.map((value) => {
        const ground = scales[nth](value);
        return el('span', { class: 'cell', style: `background:${ground};color:${inkOn(ground)}`, title: String(value) }, aligned(value, 2));
      });
      return el('div', { class: 'cells', role: 'row' }, el('span', { class: 'name', style: `color:${colourOf(scene, hue)}` }, title), ...cells);
    });
    return el('div', { class: 'group' }, ...drawn);
  });
  return el('div', { class: 'operands num', style: `--across:${width}` }, ...groups);
}

/** @param {number[]} values */
function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
}

/**
 * @param {TrailScene} scene
 * @param {Table} whole
 * @param {Size} size
 * @param {typeof LOOKS.desk} look
 */
function drawTable(scene, whole, { height }, look) {
  const bare = whole.corner === '' && whole.columns.every(({ name }) => name === '');
  const room = Math.max(2, Math.floor(height / look.row) - (bare ? 0 : 1));
  const { columns, rows, here, bar, corner } = shorten(whole, scene.look.projector ? Math.min(MOST_ON_WALL, room) : room);
  const heads = [corner, ...columns.map(({ name }) => name)].map((name) => el('th', { scope: 'col' }, ...partNodes(scene, name)));
  const body = rows.map(({ name, cells, shut, stays }, nth) => {
    const numbers = cells.map((value, at) => numberCell(scene, columns[at], value, at === columns.length - 1));
    const shown = bar === null ? [] : [el('td', { class: 'bar' }, barOf(scene, columns[bar].hue, shut ? null : cells[bar]))];
    const state = [nth === here ? 'here' : '', shut ? 'shut' : '', stays ? 'rest' : ''].filter(Boolean).join(' ');
    return el('tr', { class: state || null }, el('th', { scope: 'row' }, ...partNodes(scene, name)), ...numbers, ...shown);
  });
  const first = bar === null ? heads : [...heads, el('th', { class: 'bar' })];
  return el('table', { class: ['numbers', bar === null ? '' : 'wide', columns.length > 3 ? 'tight' : ''].filter(Boolean).join(' ') }, bare ? null : el('thead', {}, el('tr', {}, ...first)), el('tbody', {}, ...body));
}

/**
 * @param {TrailScene} scene
 * @param {import('./trailparts.js').Column} column
 * @param {number | null} value
 * @param {boolean} last the column that the row leads to is set bold
 */
function numberCell(scene, { hue, decimals }, value, last) {
  const style = hue === 'plain' ? null : `--own:${colourOf(scene, hue)}`;
  const text = value === null ? '' : aligned(value, decimals);
  return el('td', { class: last ? 'num last' : 'num', style, title: value === null ? null : String(value) }, text);
}

/**
 * @param {TrailScene} scene
 * @param {import('./trailparts.js').Hue} hue
 * @param {number | null} share 0 to 1
 */
function barOf(scene, hue, share) {
  if (share === null) return null;
  return el('i', { style: `width:${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%;background:${colourOf(scene, hue)}` });
}

/**
 * Words that may be looked at, and those that may not. Too many for the room: those around the one that is meant.
 * @param {TrailScene} scene
 * @param {Words} words
 * @param {Size} size
 * @param {typeof LOOKS.desk} look
 */
function drawWords(scene, { labels, open, here }, size, look) {
  const { fonts } = scene.palette;
  const chips = labels.map((label, i) => {
    const state = [open[i] ? '' : 'shut', i === here ? 'here' : ''].filter(Boolean).join(' ');
    const nodes = 'key' in label ? nodesOf(scene, label) : partNodes(scene, label);
    return el('li', { class: state || null }, ...nodes);
  });
  const widths = chips.map((chip) => widthOf(chip.textContent ?? '', `600 ${look.font}px ${fonts.word}`) + look.pad + 4);
  const rows = Math.max(1, Math.floor(size.height / look.chip));
  const [first, last] = around(widths, here, rows * size.width * 0.86);
  const shown = chips.slice(first, last);
  const rest = labels.length - shown.length;
  const more = rest ? [el('li', { class: 'rest' }, ...nodesOf(scene, said('trail.others', { n: rest })))] : [];
  return el('ul', { class: 'chips' }, ...shown, ...more);
}

/**
 * As many neighbours as there is room for, on both sides alike.
 * @param {number[]} widths
 * @param {number} here
 * @param {number} room
 * @returns {[number, number]}
 */
function around(widths, here, room) {
  if (sum(widths) <= room) return [0, widths.length];
  let [first, last] = [here, here + 1];
  let used = widths[here] + 90;
  for (;;) {
    const left = first > 0 && used + widths[first - 1] <= room;
    if (left) used += widths[--first];
    const right = last < widths.length && used + widths[last] <= room;
    if (right) used += widths[last++];
    if (!left && !right) return [first, last];
  }
}
