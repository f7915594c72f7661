/** How large the maps of a comparison are, which of them are seen, and how much of a long sentence at once. */

import { clamp } from '../dom.js';
import { EDGE, planOf, TAIL } from '../step/heatplan.js';
import { widthOf } from '../tokens.js';
import { NAMES } from './common.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').HeatData} HeatData */
/** @typedef {import('../step/heat.js').HeatSize} HeatSize */
/** @typedef {import('./common.js').Name} Name */
/** @typedef {{width: number, height: number, narrow: boolean}} Room */
/** @typedef {{left: number, cells: number, lean: number, tucked: number, crowded: boolean, size: HeatSize}} TrioPlan `crowded`: do slanted names need more room between them? `left` what the names of the rows take, `cells` what each map has, `lean` of the last slanted word, `tucked` how far all moves up */

export const GAP = 16; // pixels between two maps
const LEAST = { desk: { w: 17, h: 17 }, wall: { w: 27, h: 22 } }; // a smaller cell waits in the next window
const CROWDED = { desk: 20, wall: 27 }; // the least width where names with a sign below the line stand side by side
const LARGEST = { desk: { w: 52, h: 48 }, wall: { w: 56, h: 56 } };
const LEGEND = { desk: 112, wall: 124 }; // above the names of the rows
const SLANT = 0.67; // cos 48°
const TUCKED = 12; // pixels: on the wall the slanted words reach up to the line above
const BESIDE = 8; // pixels below the last row

/**
 * Plan maps beside each other that share the names of their rows.
 * @param {StepScene} scene
 * @param {HeatData} data with the longest name that each row and column has in any of the maps
 * @param {{width: number, height: number}} room
 * @param {number} n how many maps
 * @returns {TrioPlan}
 */
export function trioPlan(scene, data, room, n) {
  const kind = scene.look.projector ? 'wall' : 'desk';
  const crowded = isCrowded(data.cols);
  const [least, largest] = [crowded ? { ...LEAST[kind], w: CROWDED[kind] } : LEAST[kind], LARGEST[kind]];
  const free = { width: room.width, height: room.height, legend: false };
  const rough = planOf(scene, data, { ...free, most: { rows: data.rows.length, cols: data.cols.length } }, { rows: 0, cols: 0 });
  const left = Math.max(rough.left, LEGEND[kind]);
  const last = data.cols[data.cols.length - 1]?.text ?? '';
  const lean = Math.max(8, Math.ceil(SLANT * widthOf(last, `400 ${rough.word}px ${scene.palette.fonts.word}`)) - 4);
  const cells = Math.floor((room.width - left - lean - (n - 1) * GAP) / n);
  const cols = clamp(Math.floor(cells / least.w), 1, data.cols.length);
  const w = clamp(Math.floor(cells / cols), 4, largest.w);
  const seen = planOf(scene, data, { ...free, cell: { w, h: 20 }, largest, most: { rows: data.rows.length, cols: data.cols.length } }, { rows: 0, cols: 0 });
  const tucked = kind === 'wall' && !seen.upright ? TUCKED : 0;
  const down = room.height - seen.top - EDGE + (kind === 'wall' ? tucked : -BESIDE);
  const rows = clamp(Math.floor(down / least.h), 1, data.rows.length);
  const h = clamp(Math.floor(down / rows), 4, Math.min(largest.h, Math.max(29, Math.floor(1.6 * w))));
  return { left, cells, lean, tucked, crowded, size: { ...free, width: left + cells + TAIL, cell: { w, h }, largest, most: { rows, cols } } };
}

/**
 * A small number or a bracket at the end of a name reaches below the line, into the slanted name that follows.
 * @param {readonly import('../tokens.js').Label[]} names
 */
function isCrowded(names) {
  const low = names.map(({ text }) => /[₀-₉)]$/.test(text));
  return low.some((one, i) => one && low[i + 1]);
}

/**
 * Which maps are seen: all three; where there is little room the difference beside one of the two; on the wall as many
 * as there is room for, or a single one that is larger.
 * @param {string} asked
 * @param {boolean} wall
 * @param {boolean} narrow
 * @param {(n: number) => boolean} fits are n maps beside each other wide enough for every word?
 * @returns {{choices: readonly string[], chosen: string, shown: readonly Name[]}}
 */
export function shownOf(asked, wall, narrow, fits) {
  if (wall) {
    const chosen = ['all', ...NAMES].includes(asked) ? asked : 'all';
    const together = fits(3) ? NAMES : fits(2) ? /** @type {const} */ (['a', 'b']) : /** @type {const} */ (['d']);
    return { choices: ['all', ...NAMES], chosen, shown: chosen === 'all' ? together : [/** @type {Name} */ (chosen)] };
  }
  if (!narrow) return { choices: [], chosen: '', shown: NAMES };
  const chosen = asked === 'b' ? 'b' : 'a';
  return { choices: ['a', 'b'], chosen, shown: [chosen, 'd'] };
}
