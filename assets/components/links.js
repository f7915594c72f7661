/** Which lines a block has and how they run: pure geometry, for the page and for saved pictures. */

/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./lines.js').LinesSize} LinesSize */
/** @typedef {{head: number, row: number, col: number, weight: number}} Link */

export const LABELLED = 0.2; // from here a key says its strongest head and weight
export const THINNEST = 0.04; // a weaker link is not drawn; the matrix and the table still show it

/** @param {boolean[]} shown */
export function headsShown(shown) {
  return shown.flatMap((on, head) => (on ? [head] : []));
}

/**
 * The thickness of a line of weight 1: a single head may be bolder.
 * @param {Scene} scene
 */
export function thicknessOf(scene) {
  return headsShown(scene.view.shown).length > 1 ? 4.6 : 7;
}

/**
 * The lines of one row: every shown head, every key it reads with a weight that can be seen.
 * @param {Scene} scene
 * @param {number} row
 * @returns {Link[]}
 */
export function linksOfRow({ grid, view }, row) {
  return headsShown(view.shown).flatMap((head) =>
    grid.cols.flatMap((col) => {
      const weight = grid.masked(row, col) ? 0 : grid.at(head, row, col);
      return weight >= THINNEST ? [{ head, row, col, weight }] : [];
    }),
  );
}

/**
 * The links to show in full: those of the row pointed at, or all that read the key pointed at.
 * @param {Scene} scene
 * @param {number | null} row
 */
export function linksPointedAt(scene, row) {
  const { grid, view } = scene;
  if (view.byKey) return grid.rows.flatMap((any) => linksOfRow(scene, any)).filter((link) => link.col === view.col);
  return row === null ? [] : linksOfRow(scene, row);
}

/**
 * @param {LinesSize} size
 * @param {number} at
 */
export function queryY(size, at) {
  return size.row * (at + 0.5);
}

/**
 * Keys are centred beside the queries when there are fewer of them.
 * @param {LinesSize} size
 * @param {Grid} grid
 * @param {number} at
 */
export function keyY(size, grid, at) {
  return size.row * (at + 0.5 + Math.max(0, (grid.rows.length - grid.cols.length) / 2));
}

/**
 * Heads fan out at both ends and in the bend, so that two heads that read the same word stay two lines.
 * @param {Scene} scene
 * @param {LinesSize} size
 * @param {Link} link
 */
export function curve({ grid, view }, size, { head, row, col }) {
  const heads = headsShown(view.shown);
  const gap = Math.min(3.6, (size.row - 8) / Math.max(1, heads.length));
  const fan = heads.length > 1 ? (heads.indexOf(head) - (heads.length - 1) / 2) * gap : 0;
  const [from, to] = [queryY(size, grid.rows.indexOf(row)) + fan * 0.6, keyY(size, grid, grid.cols.indexOf(col)) + fan];
  const bend = fan * 3 * Math.sign(from - to);
  const [left, right] = [size.queries + 4, size.keys - 6];
  const reach = (right - left) * 0.55;
  return `M${left},${from}C${left + reach + bend},${from} ${right - reach + bend},${to} ${right},${to}`;
}
