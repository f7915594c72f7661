/** Sizes and words of the walker: its box is fixed, and everything in it has a place of its own. */

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */

const ABOVE = 222; // head, strip, scrubber and formula on the desk
const ABOVE_ON_WALL = 150; // head, names of the stages, formula
const GAP = 24;
const TRAIL = 476;
const TRAIL_NARROW = 440;
const TRAIL_ON_WALL = 540;
const FEW = 9; // words or letters of a short text
export const NARROW = 1060;

/**
 * How large the picture and the trail are. Words by words need their cells; features leave more to the trail.
 * @param {Scene} scene
 * @param {boolean} oneRow
 */
export function detailSize({ look }, oneRow) {
  const height = look.height - (look.projector ? ABOVE_ON_WALL : ABOVE);
  const narrow = look.width < NARROW;
  const trail = look.projector ? Math.min(TRAIL_ON_WALL, look.width * 0.45) : oneRow ? TRAIL - 60 : narrow ? TRAIL_NARROW : Math.max(TRAIL, Math.floor(look.width * 0.4));
  const width = look.width - trail - GAP;
  return { picture: { width, height }, trail: { width: trail, height: height - (look.projector ? 0 : 32) } };
}

/**
 * A picture as the matrix is told it.
 * @param {Scene} scene
 * @param {StagePicture} picture
 * @returns {import('./heat.js').HeatData}
 */
export function dataOf({ say, look }, picture) {
  const { order, at, masked } = picture;
  /** @param {number} col */
  const real = (col) => (order ? order[col] : col);
  return {
    rows: picture.rows,
    cols: order ? order.map((col) => picture.cols[col]) : picture.cols,
    at: (row, col) => at(row, real(col)),
    masked: masked && ((row, col) => masked(row, real(col))),
    hue: picture.hue,
    max: picture.max,
    axes: { rows: say(picture.axes.rows), cols: say(picture.axes.cols) },
    rowMark: picture.tail === 'weights' || picture.tail === 'p' ? 'dashed' : undefined,
    label: picture.name,
    print: look.projector && picture.across === 'words' && picture.hue !== 'weights' ? whole : undefined,
    plain: picture.across === 'features',
  };
}

/**
 * What the tensors of the stage are called on their switch.
 * @param {Scene} scene
 * @returns {string[]}
 */
export function namesOf({ stageNow, pass }) {
  return stageNow.tensors.map((name) => {
    const tail = name.split('.').slice(3).join('.');
    if (stageNow.name === 'x') return name === 'memory' ? 'memory' : 'x';
    if (stageNow.name === 'add') return tail === 'norm' ? 'LayerNorm' : 'x + ·';
    return name === 'p' ? 'p' : pass.spec(name).symbol;
  });
}

/**
 * On the wall a cell of words by words has room for a whole number; the trail beside it has the digits.
 * @param {number} value
 */
function whole(value) {
  const rounded = Math.round(Math.abs(value));
  return (value < 0 && rounded ? '−' : '') + rounded;
}

/**
 * How many columns a window holds: those of one head, or as many as carry their numbers.
 * @param {Scene} scene
 * @param {StagePicture} picture
 * @param {number} width
 */
export function mostOf({ model, look }, { across, cols }, width) {
  if (across === 'words') return undefined;
  const [words, cell] = look.projector ? [200, 52] : [154, 27];
  const room = Math.max(4, Math.floor((width - words) / cell));
  const head = model.d_k >= 8 && model.d_k <= room ? model.d_k : Math.min(room, 16);
  return { rows: 64, cols: Math.min(cols.length, head >= 16 ? head : head >= 8 ? 8 : head) };
}

/**
 * A short text leaves room: its cells are larger.
 * @param {Scene} scene
 * @param {StagePicture} picture
 */
export function largestOf({ look }, { rows, cols, across }) {
  if (look.projector || rows.length > FEW) return undefined;
  if (across !== 'words') return { w: 40, h: 40 };
  return cols.length > FEW ? undefined : { w: 52, h: 40 };
}
