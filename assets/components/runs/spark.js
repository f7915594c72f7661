/** How a run learned, in a few pixels: the loss on unseen examples as a line, the exact match dashed. */

import { el, set, svg } from '../dom.js';

/** @typedef {[number, number, number | null]} SparkPoint step, loss, exact match */

const [WIDTH, HEIGHT, EDGE] = [128, 34, 2];

export function makeSpark() {
  return svg('svg', { class: 'spark', width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }, svg('path', { class: 'floor', d: `M0,${HEIGHT - 0.5}H${WIDTH}` }), svg('path', { class: 'loss' }), svg('path', { class: 'exact' }));
}

/**
 * The step axis is a square root, as on Train: most happens early.
 * @param {SVGElement} node
 * @param {readonly SparkPoint[]} points
 * @param {string} label
 */
export function drawSpark(node, points, label) {
  const last = Math.sqrt(Math.max(1, points[points.length - 1]?.[0] ?? 1));
  const most = Math.max(1e-9, ...points.map(([, loss]) => (Number.isFinite(loss) ? loss : 0)));
  /** @param {number} step @param {number} share */
  const place = (step, share) => `${(EDGE + (Math.sqrt(step) / last) * (WIDTH - 2 * EDGE)).toFixed(1)},${(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE)).toFixed(1)}`;
  const [, loss, exact] = node.children;
  set(node, { 'aria-label': label });
  set(loss, { d: path(points.filter((point) => Number.isFinite(point[1])).map(([step, value]) => place(step, value / most))) });
  set(exact, { d: path(points.flatMap(([step, , share]) => (share === null ? [] : [place(step, share)]))) });
}

/** @param {string[]} places */
function path(places) {
  return places.length ? 'M' + places.join('L') : null;
}

/** What the two strokes are, as a column's heading. */
export function sparkKey() {
  const stroke = (/** @type {string} */ kind) => svg('svg', { class: 'spark', width: 18, height: 10, 'aria-hidden': 'true' }, svg('path', { class: kind, d: 'M1,5H17' }));
  return el('span', { class: 'spark-key' }, stroke('loss'), el('span'), stroke('exact'), el('span'));
}
