/** A training that is under way, as a line of the list: how far it is, and the way to where it can be watched. */

import { el, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { titleOfTask } from './naming.js';

/** @typedef {import('./api.js').Job} Job */
/** @typedef {import('./board.js').Board} Board */

/** @param {Board} board */
export function makeJob(board) {
  const watch = el('a', { class: 'act main', onclick: (/** @type {Event} */ event) => board.go(event, 'train', { job: watch.dataset.job ?? '' }) });
  return el(
    'tr',
    { class: 'job' },
    el('td', { class: 'of-name' }, el('bdi', { class: 'label' }), el('span', { class: 'quiet' })),
    el('td', { class: 'of-state', colspan: 4 }, el('span'), el('span', { class: 'progress', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100 }, el('i'))),
    el('td', { class: 'of-acts' }, watch),
  );
}

/**
 * @param {HTMLTableRowElement} node
 * @param {Job} job
 * @param {import('./board.js').RunsScene} scene
 * @param {number} columns
 */
export function drawJob(node, job, scene, columns) {
  const { say } = scene;
  const [name, state, acts] = node.children;
  set(state, { colspan: columns - 2 });
  write(name.children[0], literal(job.label));
  write(name.children[1], titleOfTask(job.task, scene));
  write(state.children[0], say(job.says.key, job.says.values));
  const share = job.steps ? Math.round((100 * job.step) / job.steps) : 0;
  set(state.children[1], { 'aria-valuenow': share, 'aria-label': say('runs.job.progress') });
  set(state.children[1].children[0], { style: `width:${share}%` });
  const watch = acts.children[0];
  write(watch, say('runs.act.watch'));
  set(watch, { href: `/train?job=${job.id}`, 'data-job': job.id });
}
