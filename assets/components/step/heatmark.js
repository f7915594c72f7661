/** The frame of the row that is looked at, and of its cell: around them where rows are high, inside where the neighbours would be covered. */

/** @typedef {import('./heatplan.js').HeatPlan} HeatPlan */
/** @typedef {{x: number, y: number, width: number, height: number, style: string | null}} Frame */

const REACH = 6; // pixels of the neighbour rows that a frame around a row covers
const [EDGE, GLOW, PIN] = [0.5, 1.75, 1]; // pixels from the rim of a row to the middle of a line inside it
const [THIN, GLOWING, PINNED] = ['stroke-width:1', 'stroke-width:1.5', 'stroke-width:2'];

/**
 * Would a frame around a row lie on what its neighbours show: on their digits, or on half of their colour?
 * @param {HeatPlan} plan
 */
function isLow({ h, digits }) {
  return h < Math.max(digits * 0.75 + 2 * REACH, 4 * REACH);
}

/**
 * Where the lines stand: two around the row at `i`, one around its cell at `j`.
 * @param {HeatPlan} plan
 * @param {number} i
 * @param {number} j
 * @returns {{edge: Frame, glow: Frame, pin: Frame}}
 */
export function framesOf(plan, i, j) {
  const { w, h, cols } = plan;
  const [width, y] = [cols.length * w, i * h];
  if (isLow(plan)) return { edge: inside(0, y, width, h, EDGE, THIN), glow: inside(0, y, width, h, GLOW, GLOWING), pin: inside(j * w, y, w, h, PIN, PINNED) };
  const row = { x: -2, y: y - 2, width: width + 3, height: h + 3, style: null };
  return { edge: row, glow: row, pin: { x: j * w - 0.5, y: y - 0.5, width: w, height: h, style: null } };
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {number} by
 * @param {string} style
 * @returns {Frame}
 */
function inside(x, y, width, height, by, style) {
  return { x: x + by, y: y + by, width: Math.max(0, width - 2 * by), height: Math.max(0, height - 2 * by), style };
}
