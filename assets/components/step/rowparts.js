/** What one row alone shows: its vectors before and after the keys, and for each key what the row makes of it. */

import { clamp } from '../dom.js';
import { pictureOf } from './stagepicture.js';
import { stageTitle } from './stagewords.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */
/** @typedef {import('./stripe.js').Stripe} Stripe */
/** @typedef {Stripe & {stage: string, tensor: string, name: string, note: string, here: boolean, later: boolean}} Vector */
/** @typedef {{name: string, stage: string, here: boolean, later: boolean}} KeyHead */
/** @typedef {{name: string, key: Stripe, value: Stripe, numbers: number[], weight: number, share: number, masked: boolean}} KeyRow */
/** @typedef {{columns: string[], heads: KeyHead[], rows: KeyRow[], cols: import('../tokens.js').Label[]}} KeyTable */

const SCORES = ['raw', 'scaled', 'biased', 'masked'];
const BY_KEY = [...SCORES, 'weights'];

/**
 * The vectors of the row, stage by stage: those before the keys and those after them.
 * @param {Scene} scene
 * @returns {{before: Vector[], after: Vector[], row: StagePicture}}
 */
export function vectorsOf(scene) {
  const { pass, place, view, stageNow } = scene;
  const now = place.stages.indexOf(stageNow);
  /** @type {Vector[]} */
  const before = [];
  /** @type {Vector[]} */
  const after = [];
  /** @type {StagePicture | null} */
  let row = null;
  place.stages.forEach((stage, nth) => {
    if (stage.missing || BY_KEY.includes(stage.name)) return;
    for (const name of stage.tensors) {
      // Keys and values have rows of their own; they stand key by key.
      if (/\.(k|v|k\.rotated)$/.test(name) || (place.kind === 'attention' && name === 'memory')) continue;
      const picture = pictureOf(pass, place, name, view.head);
      row ??= picture;
      const vector = vectorOf(scene, picture, stage, nth - now);
      (after.length || ['context', 'concat', 'output', 'add'].includes(stage.name) ? after : before).push(vector);
    }
  });
  return { before, after, row: row ?? pictureOf(pass, place, place.stages[0].tensors[0], view.head) };
}

/**
 * @param {Scene} scene
 * @param {StagePicture} picture
 * @param {import('./itinerary.js').Stage} stage
 * @param {number} ahead how many stages after the one that is shown
 * @returns {Vector}
 */
function vectorOf(scene, picture, stage, ahead) {
  const { say, view } = scene;
  const row = clamp(view.row[picture.side], 0, picture.rows.length - 1);
  const values = picture.cols.map((_, col) => picture.at(row, picture.order ? picture.order[col] : col));
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const active = values.filter((value) => value > 0).length;
  const note = stage.name === 'hidden' ? say('walk.row.active', { n: active, all: values.length }) : picture.hue === 'weights' ? '' : `‖·‖ ${length.toFixed(2)}`;
  const letters = { q: 'q', 'q.rotated': 'R q' }[picture.tail];
  const name = letters ?? (stage.name === 'context' ? say('walk.row.sum') : stage.name === 'add' ? addName(picture) : stage.name === 'x' ? 'x' : stageTitle(scene, stage));
  return { stage: stage.name, tensor: picture.name, name, note, here: ahead === 0, later: ahead > 0, values, max: picture.max, hue: picture.hue };
}

/** @param {StagePicture} picture */
function addName({ tail }) {
  return tail === 'norm' ? 'LayerNorm' : 'x + ·';
}

/**
 * The keys below each other: the key's vector, its score through the stages, its weight, its value times that weight.
 * @param {Scene} scene
 * @returns {KeyTable}
 */
export function keyRowsOf(scene) {
  const { pass, place, view, stageNow, say } = scene;
  const now = place.stages.indexOf(stageNow);
  const picture = (/** @type {string} */ tail) => pictureOf(pass, place, `${place.name}.${tail}`, view.head);
  const weights = picture('weights');
  const row = clamp(view.row[place.side], 0, weights.rows.length - 1);
  const hidden = weights.cols.some((_, col) => weights.masked?.(row, col));
  const stages = place.stages.filter((stage) => SCORES.includes(stage.name) && !stage.missing && (stage.name !== 'masked' || hidden));
  const [keys, values] = [picture(pass.has(`${place.name}.k.rotated`) ? 'k.rotated' : 'k'), picture('v')];
  /** @param {string} stage @param {string} name */
  const head = (stage, name) => ({ name, stage, here: stage === stageNow.name, later: place.stages.findIndex((one) => one.name === stage) > now });
  const qk = pass.has(`${place.name}.k.rotated`) ? 'rotated' : 'qkv';
  return {
    columns: stages.map((stage) => stage.name),
    heads: [
      { name: say('walk.row.key'), stage: '', here: false, later: false },
      head(qk, qk === 'rotated' ? 'R k' : 'k'),
      ...stages.map((stage) => head(stage.name, stage.name === 'raw' ? say('walk.row.score') : stageTitle(scene, stage))),
      head('weights', 'softmax'),
      head('context', say('walk.row.weighted')),
    ],
    rows: weights.cols.map((label, col) => {
      const masked = Boolean(weights.masked?.(row, col));
      const weight = weights.at(row, col);
      return {
        name: label.text,
        key: { values: across(keys, col), max: keys.max, hue: 'k' },
        value: { values: across(values, col).map((value) => value * weight), max: values.max, hue: 'v', shut: masked },
        numbers: stages.map((stage) => pictureOf(pass, place, stage.tensors[0], view.head).at(row, col)),
        weight,
        share: weight,
        masked,
      };
    }),
    cols: weights.cols,
  };
}

/**
 * @param {StagePicture} picture
 * @param {number} row
 */
function across(picture, row) {
  return picture.cols.map((_, col) => picture.at(row, col));
}
