/** A matrix on the common grid of a comparison: its window keeps the chosen cell in the middle, its columns say a side's own words. */

import { clamp, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { fit, widthOf } from '../tokens.js';

/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('../step/heat.js').HeatData} HeatData */
/** @typedef {import('../step/heat.js').HeatSize} HeatSize */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('../theme.js').Palette} Palette */

const AXES = /** @type {const} */ (['rows', 'cols']);
const ROOMY = 20; // pixels: in a narrower column the slanted words are smaller

export class GridHeat extends Heat {
  /** @param {{point: (cell: Cell | null) => void, pick: (cell: Cell) => void, paged: (heat: GridHeat) => void}} on */
  constructor(on) {
    super(on);
    this.paged = on.paged;
  }

  /**
   * The window is always full; it moves when the chosen cell lies outside of it.
   * @param {HeatData} data
   * @param {HeatSize} size
   * @param {Cell | null} cursor
   */
  follow(data, size, cursor) {
    const at = { rows: cursor?.row, cols: cursor?.col };
    const moved = `${at.rows},${at.cols}`;
    for (const axis of AXES) {
      const [all, most, here] = [data[axis].length, size.most?.[axis] ?? data[axis].length, at[axis]];
      const outside = here !== undefined && (here < this.from[axis] || here >= this.from[axis] + most);
      if (outside && moved !== this.followed) this.from[axis] = here - Math.floor(most / 2);
      this.from[axis] = clamp(this.from[axis], 0, Math.max(0, all - most));
    }
    this.followed = moved;
  }

  /**
   * @param {'rows' | 'cols'} axis
   * @param {number} step
   */
  page(axis, step) {
    super.page(axis, step);
    this.paged(this);
  }

  /** Stand in the same window as another matrix. @param {GridHeat} other */
  goWith(other) {
    this.from = { ...other.from };
    this.followed = other.followed;
  }

  /**
   * Write over the columns what this side calls them; the plan was made for the longest of all names.
   * @param {Palette} palette
   * @param {(col: number) => {label: Label, missing: boolean}} named
   * @param {boolean} wall
   * @param {boolean} [crowded] do the names need more room between them?
   */
  nameColumns({ fonts }, named, wall, crowded = false) {
    if (!this.now) return;
    const { w, upright } = this.now.plan;
    const most = wall || upright || (w >= ROOMY && !crowded) ? Infinity : Math.max(13, Math.floor(w * (crowded ? 0.62 : 0.76)));
    for (const node of this.columns.children) {
      const { label, missing } = named(Number(node.getAttribute('data-col')));
      const size = Math.min(Number(node.getAttribute('font-size')), most);
      const room = widthOf(node.textContent ?? '', `700 ${size}px ${fonts.word}`) + 1;
      const own = fit(label.text, room, { size, smallest: wall ? 20 : 13, family: fonts.word });
      write(node, own.text);
      set(node, { 'font-size': own.size, 'data-missing': missing || null });
    }
  }
}
