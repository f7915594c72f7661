/** Where dots and their names stand in the picture of a table. Pure: from coordinates to places, no two names overlap. */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{id: number, x: number, y: number, width: number, strong: boolean}} Name a name wished for, at its dot; the important ones first */
/** @typedef {{id: number, x: number, y: number, anchor: 'start' | 'end' | 'middle'}} Placed */
/** @typedef {{left: number, top: number, width: number, height: number}} Frame */
/** @typedef {{zoom: number, x: number, y: number}} Camera x, y: what of the picture stands in the middle, 0 to 1 */

const MARGIN = 0.06;
const DOT = 3; // half of its side
const STRONG = 5; // the same, of a dot with a strong name
const GAP = 7; // from a dot to its name

/**
 * Put points into a frame: both axes by the same scale, so that distances are true.
 * @param {ArrayLike<number>} points x and y in turns
 * @param {Frame} frame
 * @param {Camera} camera
 * @returns {Point[]}
 */
export function placesOf(points, frame, camera) {
  const n = points.length / 2;
  const [xs, ys] = [0, 1].map((axis) => Array.from({ length: n }, (_, i) => points[2 * i + axis]));
  const [x0, x1] = ends(xs);
  const [y0, y1] = ends(ys);
  const scale = Math.min(frame.width / (x1 - x0), frame.height / (y1 - y0)) * (1 - 2 * MARGIN) * camera.zoom;
  const [cx, cy] = [x0 + camera.x * (x1 - x0), y0 + camera.y * (y1 - y0)];
  return xs.map((x, i) => ({ x: frame.left + frame.width / 2 + (x - cx) * scale, y: frame.top + frame.height / 2 - (ys[i] - cy) * scale }));
}

/** @param {number[]} values @returns {[number, number]} */
function ends(values) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return high > low ? [low, high] : [low - 1, low + 1];
}

/**
 * Give each name a free place beside its dot: right, left, above, below. What finds none is left out, except the first.
 * A strong name may cover dots, a weak one may not.
 * @param {Name[]} names
 * @param {number} height of a name
 * @param {Frame} frame
 * @param {Point[]} dots that no name may cover
 * @returns {Placed[]}
 */
export function placeNames(names, height, frame, dots) {
  /** @type {[number, number, number, number][]} */
  const taken = [];
  /** @type {[number, number, number, number][]} */
  const covered = dots.map(({ x, y }) => [x - DOT, y - DOT, x + DOT, y + DOT]);
  for (const { x, y } of names.filter(({ strong }) => strong)) taken.push([x - STRONG, y - STRONG, x + STRONG, y + STRONG]);
  /** @type {Placed[]} */
  const placed = [];
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  for (const [nth, { id, x, y, width, strong }] of names.entries()) {
    const inTheWay = strong ? taken : [...taken, ...covered];
    /** @type {[Placed['anchor'], number, number][]} */
    const wishes = [
      ['start', x + GAP, y],
      ['end', x - GAP, y],
      ['middle', x, y - height * 0.75],
      ['middle', x, y + height * 0.75],
      ['start', x + GAP * 0.7, y + height * 0.6],
      ['start', x + GAP * 0.7, y - height * 0.6],
      ['end', x - GAP * 0.7, y + height * 0.6],
      ['end', x - GAP * 0.7, y - height * 0.6],
    ];
    for (const [anchor, at, middle] of wishes) {
      const left = anchor === 'start' ? at : anchor === 'end' ? at - width : at - width / 2;
      /** @type {[number, number, number, number]} */
      const box = [left - 2, middle - height / 2, left + width + 2, middle + height / 2];
      const inside = box[0] >= frame.left && box[2] <= right && box[1] >= frame.top && box[3] <= bottom;
      const free = !inTheWay.some((one) => one[0] < box[2] && box[0] < one[2] && one[1] < box[3] && box[1] < one[3]);
      if (!inside || !(free || nth === 0)) continue;
      taken.push(box);
      placed.push({ id, x: at, y: middle, anchor });
      break;
    }
  }
  return placed;
}

/**
 * The dot nearest to a place, within reach.
 * @param {Point[]} places
 * @param {Point} at
 * @param {number} reach
 */
export function dotAt(places, at, reach) {
  let [best, least] = [-1, reach * reach];
  places.forEach(({ x, y }, i) => {
    const far = (x - at.x) ** 2 + (y - at.y) ** 2;
    if (far < least) [best, least] = [i, far];
  });
  return best;
}
