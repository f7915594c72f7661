/** Where everything of the beam tree stands: columns are words, lanes are ranks, the dropped ones lie below the line. No DOM. */

import { clamp } from '../dom.js';

/** @typedef {import('./roads.js').TreeNode} TreeNode */
/** @typedef {{node: TreeNode, x: number, y: number, width: number, digits: number, chosen: boolean}} Box `digits`: width of the number in it, 0 if that stands below */
/** @typedef {{node: TreeNode, from: {x: number, y: number}, to: {x: number, y: number}, chosen: boolean}} Edge */
/**
 * @typedef {object} TreePlan
 * @property {{step: number, x: number, here: boolean}[]} columns
 * @property {Box[]} boxes
 * @property {Edge[]} edges
 * @property {number} column width of a column
 * @property {number} box height of a node's box
 * @property {number} line y of the line between kept and dropped
 */
/** @typedef {{width: number, height: number, wall: boolean}} TreeSize */

// Pixels. `number`: below a word, with the air that it needs; `digits`: beside a word, in its box.
const DESK = { head: 18, gap: 18, box: 21, number: 19, digits: 41, lost: 21, column: 118, highest: 60 };
const WALL = { head: 30, gap: 28, box: 30, number: 28, digits: 66, lost: 36, column: 178, highest: 72 };
const AFTER = { kept: 18, lost: 8 }; // free behind a word, for the edges that go on from it
const [MOST_COLUMNS, LEAST_COLUMNS, FEW] = [8, 2, 3]; // the numbers go into the boxes before there are fewer dropped words than FEW

/**
 * Kept words stand in boxes with their numbers below them, if there is room; dropped ones are a line each. Columns are as
 * wide as the longest word of the whole tree needs at its smallest: no word is cut, and a step changes no width.
 * @param {TreeNode[]} nodes
 * @param {Set<number>} chosen
 * @param {number} row that is looked at
 * @param {{kept: number, dropped: number}} lanes how many there are to be; of the dropped ones as many as there is room for
 * @param {TreeSize} size
 * @param {(node: TreeNode, most: number, least?: boolean) => number} widthOf a node's word as it stands there, or as small as it may be, and bold as if it were chosen
 * @returns {TreePlan}
 */
export function planTree(nodes, chosen, row, lanes, { width, height, wall }, widthOf) {
  const look = wall ? WALL : DESK;
  const steps = nodes.reduce((most, node) => Math.max(most, node.step), 1);
  const room = height - look.head - look.gap;
  const below = Math.floor((room - lanes.kept * (look.box + look.number)) / look.lost);
  const dropped = Math.min(lanes.dropped, below >= FEW ? below : Math.floor((room - lanes.kept * (look.box + 4)) / look.lost));
  const lane = Math.min(look.highest, (room - dropped * look.lost) / lanes.kept);
  const inside = lane < look.box + look.number;
  const levels = Array.from({ length: steps + 1 }, (_, step) => levelOf(nodes, step, dropped, chosen));
  const around = { kept: AFTER.kept + (inside ? look.digits : 0), lost: AFTER.lost + look.digits };
  const longest = levels.slice(1).flatMap(({ kept, lost }) => [...kept.map((node) => widthOf(node, width, true) + around.kept), ...lost.map((node) => widthOf(node, width, true) + around.lost)]);
  const fit = clamp(Math.floor(width / Math.max(look.column, ...longest)), LEAST_COLUMNS, MOST_COLUMNS);
  const shown = Math.min(fit, steps);
  const first = clamp(row + 1 - Math.floor(fit / 2), 1, steps - shown + 1);
  const column = width / fit;
  const line = look.head + lanes.kept * lane + look.gap / 2;
  /** @type {Map<number, Box>} */
  const boxes = new Map();
  for (let step = Math.max(0, first - 1); step < first + shown; step++) {
    const x = (step - first) * column + 4;
    const place = (/** @type {TreeNode} */ node, /** @type {number} */ y, /** @type {number} */ beside) => {
      const digits = inside || node.state === 'dropped' ? look.digits : 0;
      boxes.set(node.id, { node, x, y, digits, width: step < first ? column - 24 : widthOf(node, column - beside) + digits, chosen: chosen.has(node.id) });
    };
    const { kept, lost } = levels[step];
    kept.forEach((node, nth) => place(node, look.head + nth * lane + 1, around.kept));
    lost.forEach((node, nth) => place(node, line + look.gap / 2 + nth * look.lost, around.lost));
  }
  const shownBoxes = [...boxes.values()].filter(({ node }) => node.step >= first);
  return {
    columns: Array.from({ length: shown }, (_, i) => ({ step: first + i, x: i * column, here: first + i === row + 1 })),
    boxes: shownBoxes,
    edges: shownBoxes.flatMap((box) => edgeTo(box, boxes, look.box)),
    ...{ column, box: look.box, line },
  };
}

/**
 * The words of one column that are drawn: all that were kept, and the best of the dropped ones.
 * @param {TreeNode[]} nodes
 * @param {number} step
 * @param {number} dropped how many
 * @param {Set<number>} chosen
 */
function levelOf(nodes, step, dropped, chosen) {
  const level = nodes.filter((node) => node.step === step).sort((a, b) => a.rank - b.rank);
  const lost = level.filter(({ state }) => state === 'dropped');
  return { kept: level.filter(({ state }) => state !== 'dropped'), lost: bestOf(lost, dropped, chosen) };
}

/**
 * The first of them, and the chosen one always.
 * @param {TreeNode[]} lost
 * @param {number} most
 * @param {Set<number>} chosen
 */
function bestOf(lost, most, chosen) {
  const best = lost.slice(0, most);
  const here = lost.slice(most).find(({ id }) => chosen.has(id));
  return here ? [...best.slice(0, -1), here] : best;
}

/**
 * @param {Box} box
 * @param {Map<number, Box>} boxes
 * @param {number} high
 * @returns {Edge[]}
 */
function edgeTo(box, boxes, high) {
  const parent = box.node.parent === null || box.node.step === 1 ? undefined : boxes.get(box.node.parent);
  if (!parent) return [];
  const from = { x: Math.max(0, parent.x + parent.width), y: parent.y + high / 2 };
  return [{ node: box.node, from, to: { x: box.x, y: box.y + high / 2 }, chosen: box.chosen }];
}
