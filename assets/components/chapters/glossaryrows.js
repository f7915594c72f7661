/** Every tensor of the pass as a row: what it is called, where it is made, how large it is, which numbers it holds. No DOM. */

import { placeName } from '../step/passbar.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/itinerary.js').Place} Place */
/** @typedef {{min: number, max: number, mean: number, closed: number}} Range closed: how many numbers are not finite */
/**
 * @typedef {object} TensorRow
 * @property {string} name full name in the pass
 * @property {string} symbol
 * @property {string[]} axes as the catalogue names them
 * @property {string[]} axisWords the same in words
 * @property {number[]} shape
 * @property {string} section of the paper
 * @property {import('../step/pass.js').Source | null} source
 * @property {Place | null} place null for what belongs to no single place, such as a mask
 * @property {string} group name of the place, or of the page that shows it
 * @property {string} page
 * @property {Record<string, string>} link what the address of that page shall say
 */

/** @type {WeakMap<object, Map<string, {place: Place, stage: string, nth: number}>>} */
const found = new WeakMap();

/**
 * All rows in the order of the pass. Nothing is listed by hand: a new tensor of the catalogue is here by itself.
 * @param {StepScene} scene
 * @returns {TensorRow[]}
 */
export function rowsOf(scene) {
  const { pass, places, say } = scene;
  const where = whereOf(places);
  return pass.names.map((name) => {
    const { symbol, axes, shape, section, source } = pass.spec(name);
    const at = where.get(name);
    const page = at?.place.page ?? (name.endsWith('_mask') ? 'masks' : 'output');
    const link = at ? { b: at.place.name, g: at.stage, v: 'step', ...(at.nth ? { n: String(at.nth) } : {}) } : {};
    const group = at ? placeName(at.place, say) : say('page.' + page);
    return { name, symbol, axes, axisWords: axes.map((axis) => axisWord(scene, axis)), shape, section, source, place: at?.place ?? null, group, page, link: /** @type {Record<string, string>} */ (link) };
  });
}

/**
 * In which stage of which place each tensor is made; the stream that only enters a place is made before it.
 * @param {Place[]} places
 */
function whereOf(places) {
  let where = found.get(places);
  if (where) return where;
  where = new Map();
  for (const place of places) {
    for (const { name: stage, tensors } of place.stages) {
      if (stage !== 'x') tensors.forEach((tensor, nth) => where?.has(tensor) || where?.set(tensor, { place, stage, nth }));
    }
  }
  found.set(places, where);
  return where;
}

/**
 * @param {StepScene} scene
 * @param {string} axis
 */
function axisWord({ say, has }, axis) {
  return has('glossary.axis.' + axis) ? say('glossary.axis.' + axis) : axis;
}

/** @type {WeakMap<object, Map<string, Range>>} */
const ranges = new WeakMap();

/**
 * The smallest, the largest and the mean number of a tensor, without what a mask has closed.
 * @param {import('../step/pass.js').Pass} pass
 * @param {string} name
 * @returns {Range}
 */
export function rangeOf(pass, name) {
  let all = ranges.get(pass);
  if (!all) ranges.set(pass, (all = new Map()));
  let range = all.get(name);
  if (!range) all.set(name, (range = measure(pass.values(name))));
  return range;
}

/**
 * @param {Float32Array} values
 * @returns {Range}
 */
function measure(values) {
  let [min, max, sum, closed] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) {
      closed += 1;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, max, mean: sum / (values.length - closed), closed };
}

/**
 * Leave what is searched for: every word of the search must be in the name, the symbol, the axes or the place.
 * @param {TensorRow[]} rows
 * @param {string} search
 * @param {string} group the place, empty for all
 */
export function filterRows(rows, search, group) {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = [row.name, row.symbol, row.section, ...row.axes, ...row.axisWords, row.shape.join('×'), row.group].join(' ').toLowerCase();
    return (!group || row.group === group) && wanted.every((word) => text.includes(word));
  });
}

export const ORDERS = ['pass', 'name', 'size', 'section'];

/**
 * @param {TensorRow[]} rows
 * @param {string} order one of ORDERS
 */
export function sortRows(rows, order) {
  const size = (/** @type {TensorRow} */ row) => row.shape.reduce((product, n) => product * n, 1);
  const sorted = [...rows];
  if (order === 'name') sorted.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  if (order === 'size') sorted.sort((a, b) => size(b) - size(a));
  if (order === 'section') sorted.sort((a, b) => a.section.localeCompare(b.section, 'en', { numeric: true }));
  return sorted;
}
