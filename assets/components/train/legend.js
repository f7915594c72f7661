/** Which line of the curves is which, and what each is at the cursor. */

import { el, join, set, svg, write } from '../dom.js';

/** @typedef {import('./pictures.js').Picture} Picture */
/** @typedef {import('./scene.js').TrainScene} TrainScene */

export class Legend {
  constructor() {
    this.node = el('div', { class: 'chart-legend', 'data-part': 'legend' });
  }

  /**
   * @param {TrainScene} scene
   * @param {Picture} picture
   */
  draw({ palette }, { left, right }) {
    join(
      this.node,
      right ? [left, right] : [left],
      () => el('span', {}, svg('svg', { width: 24, height: 12 }, svg('line', { x1: 0, x2: 24, y1: 6, y2: 6 })), el('span'), el('b', { class: 'num' })),
      (node, { title, swatch, value }) => {
        const [sample, name, number] = node.children;
        set(sample, { hidden: swatch === null ? '' : null });
        set(sample.children[0], { stroke: palette.ink, 'stroke-width': swatch ? 2 : 2.5, 'stroke-dasharray': swatch || null });
        write(name, title);
        write(number, value);
        set(node, { title: `${title} ${value}` });
      },
    );
  }
}
