/** The table twin of the Train page: every number that the curves show, step by step. */

import { share, three } from '../format.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */

const MOST = 200; // rows

/**
 * @param {TrainScene} scene
 * @returns {import('../step/twin.js').TableTwin}
 */
export function tableOf({ say, reel, step, count }) {
  /** @type {[string, (line: import('./reel.js').Line) => string][]} */
  const columns = [
    ['loss', (line) => number(line.valid_loss)],
    ['exact', (line) => rate(line.valid_exact_match)],
    ['tokens', (line) => rate(line.valid_accuracy)],
    ['batch', (line) => number(line.loss)],
    ['rate', (line) => (typeof line.learning_rate === 'number' ? line.learning_rate.toPrecision(3) : '')],
    ['gradient', (line) => number(line.grad_norm)],
    ['speed', (line) => (typeof line.tokens === 'number' ? count(Math.round(line.tokens)) : '')],
    ['says', (line) => (typeof line.probe === 'string' ? line.probe : '')],
  ];
  // So many lines as a person can read: those that were measured on unseen examples first of all.
  const measured = reel.lines.filter((line) => typeof line.valid_loss === 'number');
  const lines = reel.lines.length <= MOST ? reel.lines : measured.slice(-MOST);
  return {
    caption: say('train.table.caption', { step }),
    columns: columns.map(([name]) => say(`train.table.${name}`)),
    rows: lines.map((line) => ({ name: count(line.step), cells: columns.map(([, read]) => read(line)) })),
  };
}

/** @param {unknown} value */
function number(value) {
  return typeof value === 'number' ? three(value) : '';
}

/** @param {unknown} value */
function rate(value) {
  return typeof value === 'number' ? share(value) : '';
}
