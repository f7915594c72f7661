/** What was measured of two models at their steps, and what differs in how they were made. Equal things are not listed. */

import { share as spaced } from '../format.js';
import { plain } from '../step/curvesmath.js';
import { literal } from '../tokens.js';
import { count } from './naming.js';

/** @typedef {import('./compare.js').CompareScene} CompareScene */
/** @typedef {{name: string, one: string, other: string}} Difference */

const HIDDEN = new Set(['torch', 'threads', 'tried', 'pad_id', 'n_test', 'kept_step', 'note', 'n_heads', 'n_encoder_layers', 'n_decoder_layers', 'src_vocab_size', 'tgt_vocab_size', 'layers', 'probe']);
const FIRST = ['task', 'seed', 'steps_done', 'exact_match', 'token_accuracy'];
/** @type {import('./address.js').Measure[]} */
const MEASURED = ['valid_loss', 'valid_exact_match', 'valid_accuracy'];

/**
 * What was measured just at the step that a side shows, or last before it.
 * @param {CompareScene} scene
 * @returns {Difference[]}
 */
export function measures({ say, a, b }) {
  return MEASURED.flatMap((measure) => {
    const [one, other] = [a, b].map(({ story, frame }) => lastBefore(story.lines, story.frames[frame].step, measure));
    if (one === null && other === null) return [];
    const print = (/** @type {number | null} */ value) => (value === null ? '–' : measure === 'valid_loss' ? value.toFixed(3) : share(value));
    return [{ name: say(`runs.measure.${measure}`), one: print(one), other: print(other) }];
  });
}

/**
 * @param {Record<string, any>[]} lines
 * @param {number} step
 * @param {string} measure
 * @returns {number | null}
 */
function lastBefore(lines, step, measure) {
  return [...lines].reverse().find((line) => line.step <= step && Number.isFinite(line[measure]))?.[measure] ?? null;
}

/**
 * @param {CompareScene} scene
 * @returns {Difference[]}
 */
export function differences(scene) {
  const { a, b } = scene;
  if (a.story === b.story) return [];
  const [one, other] = [a.story, b.story].map(({ model, recipe, results }) => ({ ...model, ...recipe, ...results }));
  const keys = [...new Set([...FIRST, ...Object.keys(one), ...Object.keys(other)])];
  return keys.filter((key) => !HIDDEN.has(key) && JSON.stringify(one[key]) !== JSON.stringify(other[key])).map((key) => ({ name: nameOf(key, scene), one: valueOf(key, one[key], scene), other: valueOf(key, other[key], scene) }));
}

/**
 * @param {string} key
 * @param {CompareScene} scene
 */
function nameOf(key, { has, say }) {
  for (const beginning of ['runs.fact.', 'jobs.field.']) if (has(beginning + key)) return say(beginning + key);
  return literal(key);
}

/**
 * @param {string} key
 * @param {any} value
 * @param {CompareScene} scene
 */
function valueOf(key, value, { has, say }) {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'boolean') return say(value ? 'runs.yes' : 'runs.no');
  if (typeof value !== 'number') return has(`run.${value}`) && key === 'task' ? say(`run.${value}`) : literal(String(value)).slice(0, 40);
  if (key === 'exact_match' || key === 'token_accuracy') return share(value);
  return Number.isInteger(value) ? count(value) : value < 0.001 ? value.toExponential(1).replace('-', '\u2212') : plain(value);
}

/**
 * In a column of digits a space is as wide as a digit, so it is left out.
 * @param {number} value
 */
function share(value) {
  return spaced(value).replaceAll('\u202f', '');
}
