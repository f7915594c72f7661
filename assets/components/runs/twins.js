/** The table twins of a comparison: the same numbers as text, the largest differences first. */

import { differenceOf, mapOf, masks } from './couple.js';
import { pointsOf } from './curvesbox.js';
import { count, shortBlock } from './naming.js';
import { axesOf, difference as written } from './pairview.js';

/** @typedef {import('./compare.js').CompareScene} CompareScene */
/** @typedef {import('../step/twin.js').TableTwin} TableTwin */

/**
 * @param {CompareScene} scene
 * @returns {TableTwin}
 */
export function weightsTwin(scene) {
  const { say, a, b, pair } = scene;
  const difference = differenceOf(a, b, pair);
  const map = mapOf(a, pair.a);
  const other = mapOf(b, pair.b);
  const { rows, cols } = axesOf(scene, a.block, pair.one);
  const shut = [masks(a, a.block), masks(b, b.block)];
  const cells = rows.flatMap((query, row) => cols.map((key, col) => ({ query, key, row, col }))).filter(({ row, col }) => !shut.every((masked) => masked(row, col)));
  if (difference) cells.sort((x, y) => Math.abs(difference.at(y.row, y.col)) - Math.abs(difference.at(x.row, x.col)));
  return {
    caption: say(difference ? 'runs.table.caption' : 'runs.table.caption_apart', { block: shortBlock(a.block, say), head: a.head + 1, other: shortBlock(b.block, say), other_head: b.head + 1 }),
    columns: [say('runs.axis.keys'), 'A', 'B', ...(difference ? ['B\u2212A'] : [])],
    rows: cells.map(({ query, key, row, col }) => ({
      name: query.full,
      cells: [key.full, map ? map.at(a.head, row, col).toFixed(2) : '–', difference && other ? other.at(b.head, row, col).toFixed(2) : '–', ...(difference ? [written(difference.at(row, col))] : [])],
    })),
  };
}

/**
 * @param {CompareScene} scene
 * @returns {TableTwin}
 */
export function curvesTwin({ say, view, a, b }) {
  const sides = a.story === b.story ? [a] : [a, b];
  const all = sides.map((told) => new Map(pointsOf(told, view.measure).map(([x, y]) => [Math.round(x * x), y])));
  const steps = [...new Set(all.flatMap((points) => [...points.keys()]))].sort((x, y) => x - y);
  return {
    caption: say(`runs.measure.${view.measure}`),
    columns: sides.length > 1 ? ['A', 'B'] : [a.title],
    rows: steps.map((step) => ({ name: say('runs.table.step', { step: count(step) }), cells: all.map((points) => points.get(step)?.toFixed(3) ?? '–') })),
  };
}
