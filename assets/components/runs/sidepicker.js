/** One side of a comparison: which run, and at which step of its training. Its letter and colour come back in every picture. */

import { el, join, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { count, titleOfRun } from './naming.js';

/** @typedef {import('./compare.js').Compare} Compare */
/** @typedef {import('./compare.js').Told} Told */
/** @typedef {import('./board.js').RunsScene} RunsScene */

export class SidePicker {
  /**
   * @param {import('./compare.js').Which} which
   * @param {Compare} compare
   */
  constructor(which, compare) {
    this.which = which;
    this.badge = el('b', { class: 'badge' }, which.toUpperCase());
    this.select = el('select', { onchange: () => compare.choose(which, this.select.value) });
    this.slider = el('input', { type: 'range', min: 0, step: 1, oninput: () => compare.goFrame(which, Number(this.slider.value)) });
    this.step = el('span', { class: 'num step-of' });
    this.node = el('div', { class: `side side-${which}`, 'data-side': which }, this.badge, this.select, this.slider, this.step);
  }

  /**
   * @param {RunsScene} scene
   * @param {Told | null} told
   */
  draw(scene, told) {
    const { say, view, board } = scene;
    const side = view[this.which];
    const runs = (board.shelf?.runs ?? []).filter((run) => run.error === null && (run.frames ?? 0) > 0 && !board.gone.has(run.name));
    const known = runs.some(({ name }) => name === side.run);
    const options = [...runs.map((run) => ({ name: run.name, title: optionOf(titleOfRun(run, scene), run.name, run.shipped) })), ...(known || !side.run ? [] : [{ name: side.run, title: literal(side.run) }])];
    join(this.select, options, () => el('option'), (node, { name, title }) => {
      write(node, title);
      set(node, { value: name });
    });
    if (this.select.value !== side.run) this.select.value = side.run;
    set(this.select, { 'aria-label': say('runs.side.run', { side: this.which.toUpperCase() }) });
    this.drawStep(scene, told);
  }

  /**
   * @param {RunsScene} scene
   * @param {Told | null} told
   */
  drawStep({ say }, told) {
    const frames = told?.story.frames ?? [];
    const at = told?.frame ?? 0;
    set(this.slider, { max: Math.max(0, frames.length - 1), disabled: frames.length < 2 ? '' : null });
    this.slider.value = String(at);
    const steps = { step: count(frames[at]?.step ?? 0), steps: count(frames[frames.length - 1]?.step ?? 0) };
    set(this.slider, { 'aria-label': say('runs.side.step', { side: this.which.toUpperCase() }), 'aria-valuetext': say('runs.step_of', steps), style: `--at:${frames.length > 1 ? (100 * at) / (frames.length - 1) : 0}%` });
    write(this.step, told ? say('runs.step_of', steps) : '');
  }
}

/**
 * @param {string} title
 * @param {string} name
 * @param {boolean} shipped
 */
function optionOf(title, name, shipped) {
  return shipped || title === name ? title : `${title} · ${name}`;
}
