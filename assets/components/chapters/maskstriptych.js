/** One attention block three times: its weights as they are, under the painted mask, and the difference. */

import { el, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { brief } from '../step/heatpaint.js';
import { ownMask } from './masksbits.js';
import { axesOf, bare, namesWidth } from './masksparts.js';

/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('./maskspaint.js').Now} Now */

const MOST = { desk: { rows: 30, cols: 30 }, wall: { rows: 10, cols: 16 } }; // rows and columns at once
const GAP = 8;
const TAIL = 34; // the last slanted word leans out to the right
const PAINTED = 1;

/** A matrix whose windows follow another one. */
class Twinned extends Heat {
  /** @param {{point?: (cell: Cell | null) => void, paged: () => void}} on */
  constructor(on) {
    super(on);
    this.paged = on.paged;
  }

  /** @param {'rows' | 'cols'} axis @param {number} step */
  page(axis, step) {
    super.page(axis, step);
    this.paged();
  }
}

/**
 * A change of a weight in its cell; nothing where nothing changed.
 * @param {number} value
 */
function change(value) {
  return Math.abs(value) < 0.05 ? '' : brief(value).replace(/1\.0$/, '1');
}

export class Triptych {
  /** @param {(cell: Cell | null) => void} point */
  constructor(point) {
    this.heats = ['before', 'after', 'difference'].map((name) => {
      /** @type {Twinned} */
      const heat = new Twinned({ point, paged: () => this.pageAll(heat) });
      set(heat.canvas, { 'data-part': `heat-${name}` });
      return heat;
    });
    this.painted = this.heats[PAINTED];
    this.titles = this.heats.map(() => el('h3'));
    const figures = this.heats.map((heat, i) => el('div', { class: 'masks-figure', 'data-heat': i }, this.titles[i], heat.node));
    this.node = el('div', { class: 'masks-three' }, ...figures);
  }

  /**
   * @param {Now} now
   * @param {Float32Array | null} answered the weights under the painted mask; null while nobody knows them
   * @param {Cell} cursor
   */
  draw(now, answered, cursor) {
    const { scene, grid, mask, rows, cols, block } = now;
    const { pass, view, look, say } = scene;
    const own = ownMask(grid);
    const offset = view.head * grid.rows * grid.cols;
    const before = pass.values(block + '.weights');
    const after = answered ?? before;
    /** @type {{hue: 'weights' | 'scores', at: (i: number) => number, closed: (i: number) => boolean}[]} */
    const pictures = [
      { hue: 'weights', at: (i) => before[offset + i], closed: (i) => !own[i] },
      { hue: 'weights', at: (i) => after[offset + i], closed: (i) => !mask[i] },
      { hue: 'scores', at: (i) => after[offset + i] - before[offset + i], closed: (i) => !own[i] && !mask[i] },
    ];
    const shown = look.projector ? [PAINTED, 2] : [0, PAINTED, 2];
    const left = namesWidth(scene, rows);
    const room = (look.width - left - (shown.length - 1) * GAP) / shown.length - TAIL;
    const width = left + Math.floor(room) + TAIL;
    const height = look.height - (look.projector ? 178 : 236);
    const most = look.projector ? MOST.wall : MOST.desk;
    this.heats.forEach((heat, n) => {
      const { hue, at, closed } = pictures[n];
      const first = n === shown[0];
      set(/** @type {HTMLElement} */ (heat.node.parentElement), { hidden: shown.includes(n) ? null : '' });
      write(this.titles[n], say(`masks.paint.title.${n}`, { head: view.head + 1 }));
      const data = {
        ...{ rows, cols, hue, axes: axesOf(scene), rowMark: /** @type {const} */ ('solid'), label: this.titles[n].textContent ?? '' },
        at: (/** @type {number} */ i, /** @type {number} */ j) => at(i * grid.cols + j),
        print: hue === 'scores' ? change : undefined,
        masked: (/** @type {number} */ i, /** @type {number} */ j) => closed(i * grid.cols + j),
      };
      heat.draw(scene, data, { width, height, most }, cursor);
      bare(heat, !first, GAP);
    });
  }

  /** @param {Cell} cell */
  point(cell) {
    for (const heat of this.heats) heat.point(cell);
  }

  /**
   * The weight of a cell as it is and as painted.
   * @param {number} row
   * @param {number} col
   */
  weights(row, col) {
    return [0, PAINTED].map((n) => this.heats[n].now?.data.at(row, col) ?? 0);
  }

  /** @param {Heat} from */
  pageAll(from) {
    for (const heat of this.heats) {
      if (heat === from || !heat.now) continue;
      heat.from = { ...from.from };
      heat.draw(heat.now.scene, heat.now.data, heat.now.size, heat.now.cursor);
    }
  }
}
