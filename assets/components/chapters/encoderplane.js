/** The plane in which many vectors differ most: their first two principal axes, by repeated multiplication. */

import { dot, length } from './encodermath.js';

/** @typedef {{middle: number[], axes: number[][], share: number[]}} Plane share: of the whole variance, per axis */

const ROUNDS = 200;
const STILL = 1e-10;

/**
 * @param {readonly ArrayLike<number>[]} rows
 * @returns {Plane}
 */
export function principalPlane(rows) {
  const width = rows[0].length;
  const middle = Array.from({ length: width }, (_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const centred = rows.map((row) => middle.map((mean, i) => row[i] - mean));
  const whole = centred.reduce((sum, row) => sum + dot(row, row), 0);
  /** @type {number[][]} */
  const axes = [];
  for (let n = 0; n < 2; n++) axes.push(strongest(centred, axes));
  return { middle, axes, share: axes.map((axis) => (whole ? centred.reduce((sum, row) => sum + dot(row, axis) ** 2, 0) / whole : 0)) };
}

/**
 * The direction in which rows spread most, at right angles to those found before. Its largest entry is positive.
 * @param {number[][]} rows
 * @param {number[][]} before
 */
function strongest(rows, before) {
  // Start at the longest row, which surely leans on the axis; a fixed start gives the same picture every time.
  const longest = rows.reduce((best, row) => (rest(row, before).size > rest(best, before).size ? row : best));
  let axis = unitOf(rest(longest, before).row);
  for (let n = 0; n < ROUNDS; n++) {
    const sum = Array(axis.length).fill(0);
    for (const row of rows) {
      const along = dot(row, axis);
      for (let i = 0; i < sum.length; i++) sum[i] += along * row[i];
    }
    const next = unitOf(rest(sum, before).row);
    const change = 1 - Math.abs(dot(next, axis));
    axis = next;
    if (change < STILL) break;
  }
  const top = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return top < 0 ? axis.map((value) => -value) : axis;
}

/**
 * @param {number[]} row
 * @param {number[][]} axes
 */
function rest(row, axes) {
  const left = axes.reduce((now, axis) => {
    const along = dot(now, axis);
    return now.map((value, i) => value - along * axis[i]);
  }, row);
  return { row: left, size: length(left) };
}

/** @param {number[]} row */
function unitOf(row) {
  const size = length(row);
  return size ? row.map((value) => value / size) : row;
}

/**
 * Where a vector lies on a plane.
 * @param {Plane} plane
 * @param {ArrayLike<number>} row
 * @returns {[number, number]}
 */
export function projected({ middle, axes }, row) {
  const centred = middle.map((mean, i) => row[i] - mean);
  return [dot(centred, axes[0]), dot(centred, axes[1])];
}
