/** What the curves can show of a training: which lines, on which axis. Pure: from numbers to shares of the height. */

import { share, three } from '../format.js';
import { niceTicks, plain } from '../step/curvesmath.js';

/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {import('./reel.js').Point} Point */
/** @typedef {import('./scene.js').TrainScene} TrainScene */
/**
 * @typedef {object} Stroke one line
 * @property {string} name
 * @property {string | number} colour a name of the palette, or the number of a head
 * @property {readonly Point[]} points
 * @property {(value: number) => number} y from a value to a share of the height
 * @property {(value: number) => string} print
 * @property {string} [dash]
 * @property {number} [width]
 * @property {boolean} [dots] is every point marked?
 * @property {boolean} [mark] is the point at the cursor marked?
 * @property {boolean} [beside] of the other training
 * @property {string} [end] what stands at its right end
 */
/** @typedef {{title: string, swatch: string | null, value: string, ticks: {y: number, text: string}[]}} Side */
/** @typedef {{left: Side, right: Side | null, strokes: Stroke[], names: {y: number, text: string, value: string}[], empty: boolean}} Picture */

export const PICTURES = ['loss', 'tokens', 'alignment', 'rate', 'gradient'];
const DASH = '7 4';
const SOON_HIGH = 1.6; // times the first loss: what lies above has run away, and is drawn at the top

/** @type {Record<string, (scene: TrainScene) => Picture>} */
const MAKERS = { loss, tokens, alignment, rate, gradient };

/**
 * @param {TrainScene} scene
 * @returns {Picture}
 */
export function pictureOf(scene) {
  const picture = (MAKERS[scene.view.picture] ?? loss)(scene);
  return { ...picture, empty: picture.strokes.every(({ points }) => points.length === 0) };
}

/**
 * The same number of both trainings, the other one first, so that it lies below.
 * @param {TrainScene} scene
 * @param {string} name
 * @param {(line: import('./reel.js').Line) => unknown} [read]
 * @returns {{points: Point[], beside: boolean}[]}
 */
function both({ reel, beside }, name, read) {
  const mine = { points: reel.points(name, read), beside: false };
  return beside ? [{ points: beside.points(name, read), beside: true }, mine] : [mine];
}

/**
 * The value that a line has reached at a step.
 * @param {readonly Point[]} points
 * @param {number} step
 * @returns {number | null}
 */
export function valueAt(points, step) {
  let found = null;
  for (const [at, value] of points) {
    if (at > step && found !== null) break;
    if (at > step && at > step * 1.05 + 1) break;
    found = value;
  }
  return found;
}

/**
 * Round numbers from 0 up to the first one that is not below.
 * @param {number} most
 */
function axisTo(most) {
  if (!(most > 0)) return { ticks: [0], top: 1 };
  const found = niceTicks(0, most, 3);
  const by = found[1] ?? most;
  const top = by * Math.ceil(most / by - 1e-6);
  return { ticks: Array.from({ length: Math.round(top / by) + 1 }, (_, i) => Number((i * by).toPrecision(6))), top };
}

/** @param {number} value */
const percentTick = (value) => Math.round(value * 100) + '\u202f%';
const PERCENT = [0, 0.5, 1].map((y) => ({ y, text: percentTick(y) }));

/**
 * @param {TrainScene} scene
 * @returns {{side: Side, strokes: Stroke[]}}
 */
function exact(scene) {
  const { say, step } = scene;
  const strokes = both(scene, 'valid_exact_match').map((line) => ({ ...line, name: say('train.curve.exact'), colour: 'ink', dash: DASH, width: 2, mark: true, y: (/** @type {number} */ v) => v, print: share }));
  const value = valueAt(strokes[strokes.length - 1].points, step);
  return { strokes, side: { title: say('train.curve.exact'), swatch: DASH, value: value === null ? '' : share(value), ticks: PERCENT } };
}

/**
 * @param {TrainScene} scene
 * @returns {Picture}
 */
function loss(scene) {
  const { say, step } = scene;
  // Beside another training the loss of each step would be a second grey line: it is left out.
  const [valid, train] = [both(scene, 'valid_loss'), scene.beside ? [] : both(scene, 'loss')];
  const first = Math.max(...[...valid, ...train].map(({ points }) => points[0]?.[1] ?? 0));
  const seen = [...valid, ...train].flatMap(({ points }) => points.map(([, value]) => value));
  const { ticks, top } = axisTo(Math.min(Math.max(0, ...seen), first * SOON_HIGH));
  const y = (/** @type {number} */ value) => Math.min(1, value / top);
  const { side, strokes } = exact(scene);
  const value = valueAt(scene.reel.points('valid_loss'), step);
  return {
    left: { title: say('train.curve.loss'), swatch: '', value: value === null ? '' : three(value), ticks: ticks.map((tick) => ({ y: tick / top, text: plain(tick) })) },
    right: side,
    strokes: [
      ...train.map((line) => ({ ...line, name: say('train.curve.batch'), colour: 'line2', width: 1, y, print: three })),
      ...strokes,
      ...valid.map((line) => ({ ...line, name: say('train.curve.loss'), colour: 'ink', width: 2.5, dots: !line.beside, mark: true, y, print: three })),
    ],
    names: [],
    empty: false,
  };
}

/**
 * @param {TrainScene} scene
 * @returns {Picture}
 */
function tokens(scene) {
  const { say, step, reel } = scene;
  const { side, strokes } = exact(scene);
  const value = valueAt(reel.points('valid_accuracy'), step);
  const lines = both(scene, 'valid_accuracy').map((line) => ({ ...line, name: say('train.curve.tokens'), colour: 'ink', width: 2.5, dots: !line.beside, mark: true, y: (/** @type {number} */ v) => v, print: share }));
  return { left: { title: say('train.curve.tokens'), swatch: '', value: value === null ? '' : share(value), ticks: PERCENT }, right: side, strokes: [...strokes, ...lines], names: [], empty: false };
}

/**
 * The block whose alignment is drawn: the chosen one if it was measured there, else the last that was.
 * @param {TrainScene} scene
 */
export function alignedBlock({ reel, view }) {
  const measured = reel.aligned;
  return view.head.block in measured ? view.head.block : (Object.keys(measured).at(-1) ?? null);
}

/**
 * @param {TrainScene} scene
 * @returns {Picture}
 */
function alignment(scene) {
  const { say, blockName, reel } = scene;
  const block = alignedBlock(scene);
  const heads = Array.from({ length: block ? reel.heads : 0 }, (_, head) => head);
  const strokes = heads.flatMap((head) =>
    both(scene, `alignment.${block}.${head}`, (line) => line.alignment?.[block ?? '']?.[head]).map((line) => ({
      ...line,
      name: 'H' + (head + 1),
      end: line.beside ? undefined : 'H' + (head + 1),
      colour: head,
      width: 2,
      mark: true,
      y: (/** @type {number} */ v) => v,
      print: share,
    })),
  );
  const title = block ? say('train.curve.alignment', { block: blockName(block) }) : say('train.curve.alignment_none');
  return { left: { title, swatch: null, value: '', ticks: PERCENT }, right: null, strokes, names: [], empty: false };
}

/**
 * @param {TrainScene} scene
 * @returns {Picture}
 */
function rate(scene) {
  const { say, step, reel } = scene;
  const lines = both(scene, 'learning_rate');
  const most = Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
  const { ticks, top } = axisTo(most);
  const value = valueAt(reel.points('learning_rate'), step);
  const print = (/** @type {number} */ v) => String(Number(v.toPrecision(2)));
  return {
    left: { title: say('train.curve.rate'), swatch: null, value: value === null ? '' : print(value), ticks: ticks.map((tick) => ({ y: tick / top, text: print(tick) })) },
    right: null,
    strokes: lines.map((line) => ({ ...line, name: say('train.curve.rate'), colour: 'ink', width: 2.5, mark: true, y: (/** @type {number} */ v) => v / top, print })),
    names: [],
    empty: false,
  };
}

/**
 * One row for each layer, all on one logarithmic scale: a layer that hears nothing from the loss lies flat at the bottom.
 * @param {TrainScene} scene
 * @returns {Picture}
 */
function gradient(scene) {
  const { say, reel, step } = scene;
  const layers = layersOf(scene);
  const lines = layers.flatMap((_, nth) => both(scene, `grad_norms.${nth}`, (line) => positive(line.grad_norms?.[nth])).map((line) => ({ ...line, nth })));
  const logs = lines.flatMap(({ points }) => points.map(([, value]) => Math.log10(value)));
  const [low, high] = logs.length ? [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))] : [-1, 1];
  const height = 1 / Math.max(1, layers.length);
  const bottom = (/** @type {number} */ nth) => 1 - (nth + 1) * height;
  return {
    left: { title: say('train.curve.gradient', { low: power(low), high: power(high) }), swatch: null, value: '', ticks: [] },
    right: null,
    strokes: lines.map(({ nth, ...line }) => ({
      ...line,
      name: layers[nth],
      colour: 'ink',
      width: 1.75,
      mark: !line.beside,
      print: three,
      y: (/** @type {number} */ value) => bottom(nth) + height * (0.06 + 0.86 * Math.max(0, Math.min(1, (Math.log10(value) - low) / Math.max(1, high - low)))),
    })),
    names: layers.map((text, nth) => {
      const value = valueAt(reel.points(`grad_norms.${nth}`, (line) => positive(line.grad_norms?.[nth])), step);
      return { y: bottom(nth), text, value: value === null ? '' : value.toPrecision(2) };
    }),
    empty: false,
  };
}

/** @param {unknown} value */
function positive(value) {
  return typeof value === 'number' && value > 0 ? value : null;
}

/** @param {number} exponent */
function power(exponent) {
  return exponent < -3 || exponent > 3 ? `1e${String(exponent).replace('-', '\u2212')}` : plain(10 ** exponent);
}

/**
 * What each gradient norm belongs to, in words and short: E1, D2.
 * @param {TrainScene} scene
 * @returns {string[]}
 */
function layersOf({ reel, say }) {
  const count = reel.lines.find((line) => Array.isArray(line.grad_norms))?.grad_norms.length ?? 0;
  const names = reel.layers ?? guessed(reel.recipe, count);
  return names.slice(0, count).map((name) => {
    const [, side, nth] = /^(encoder|decoder)\.(\d+)$/.exec(name) ?? [];
    return side ? say(`train.layer.${side}`, { n: Number(nth) + 1 }) : say(`train.layer.${name}`);
  });
}

/**
 * @param {Record<string, any> | null} recipe
 * @param {number} count
 */
function guessed(recipe, count) {
  const stack = (/** @type {string} */ side) => Array.from({ length: recipe?.[`${side}_layers`] ?? 0 }, (_, i) => `${side}.${i}`);
  return ['embeddings', ...stack('encoder'), ...stack('decoder'), 'output'].slice(0, count);
}
