/** The slider through the film, right below the axis of steps. It snaps to the snapshots that there are. */

import { el, join, set, svg, write } from '../dom.js';
import { stepScale } from './steps.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */

export class Slider {
  /** @param {(step: number) => void} pick */
  constructor(pick) {
    this.track = svg('line', { class: 'slider-track' });
    this.done = svg('line', { class: 'slider-done' });
    this.dots = svg('g');
    this.box = svg('rect', { class: 'slider-box', rx: 3 });
    this.text = svg('text', { class: 'strong', 'text-anchor': 'middle' });
    this.thumb = svg('g', { class: 'slider-thumb' }, this.box, this.text);
    this.field = svg('svg', {}, this.track, this.done, this.dots, this.thumb);
    this.node = el('div', { class: 'slider', role: 'slider', tabindex: 0, 'data-part': 'slider' }, this.field);
    /** @type {import('./steps.js').StepScale | null} */
    this.scale = null;
    let held = false;
    const move = (/** @type {PointerEvent} */ event) => this.scale && pick(this.scale.stepAt(event.clientX - this.field.getBoundingClientRect().left));
    this.node.addEventListener('pointerdown', (event) => {
      held = true;
      this.node.setPointerCapture(event.pointerId);
      move(event);
    });
    this.node.addEventListener('pointermove', (event) => held && move(event));
    for (const end of ['pointerup', 'pointercancel']) this.node.addEventListener(end, () => (held = false));
  }

  /**
   * @param {TrainScene} scene
   * @param {number} width
   */
  draw(scene, width) {
    const { say, palette, look, reel, step, frame } = scene;
    const [type, height] = look.projector ? [20, 40] : [14, 28];
    const scale = (this.scale = stepScale(scene, width));
    const y = height / 2;
    set(this.field, { width, height, viewBox: `0 0 ${width} ${height}` });
    set(this.track, { x1: scale.left, x2: scale.right, y1: y, y2: y, stroke: palette.line, 'stroke-width': 4, 'stroke-linecap': 'round' });
    const x = scale.x(step);
    set(this.done, { x1: scale.left, x2: x, y1: y, y2: y, stroke: palette.ink, 'stroke-width': 4, 'stroke-linecap': 'round', visibility: frame ? null : 'hidden' });
    join(
      this.dots,
      reel.steps,
      () => svg('circle', { r: 3 }),
      (node, one) => set(node, { cx: scale.x(one), cy: y, fill: one <= step ? palette.ink : palette.ink3 }),
    );
    const text = say('train.step', { step });
    const wide = Math.max(4.6 * type, text.length * type * 0.56 + type);
    set(this.thumb, { visibility: frame ? null : 'hidden' });
    set(this.box, { x: x - wide / 2, y: 1.5, width: wide, height: height - 3, fill: palette.mark, stroke: palette.markline, 'stroke-width': 1.5 });
    set(this.text, { x, y: y + type * 0.36, 'font-size': type });
    write(this.text, text);
    set(this.node, { 'aria-label': say('train.slider'), 'aria-valuemin': 0, 'aria-valuemax': reel.steps.at(-1) ?? 0, 'aria-valuenow': step, 'aria-valuetext': text });
  }
}
