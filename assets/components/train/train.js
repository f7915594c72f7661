/**
 * The Train page of Attention Lab: the entry that Streamlit calls.
 *
 * Python sends the run of the sidebar and the language; everything else is asked over /lab/... and drawn here.
 */

import { drawOn, Mount } from '../mount.js';
import { goTo } from '../shell.js';
import { readPalette } from '../theme.js';
import { TrainDesk } from './desk.js';
import { get } from './roads.js';

/** @typedef {import('../mount.js').Component} Component */
/** @typedef {import('../mount.js').Data} Data */

const SHEETS = ['../lab.css', '../step/step.css', 'train.css', 'film.css', 'pairs.css', 'wall.css'].map((name) => new URL(name, import.meta.url).href);

/**
 * Draw, or draw again with new data. Resolves to a function that takes the page down.
 * @param {Component} component
 * @returns {Promise<() => void>}
 */
export function draw(component) {
  return drawOn(component, SHEETS, (root) => new TrainMount(root));
}

class TrainMount extends Mount {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.desk = new TrainDesk(root, {
      projector: (on) => this.component?.setTriggerValue('projector', on),
      go: (page, view) => goTo(this.component, page, view),
    });
  }

  get drawable() {
    return this.desk;
  }

  get loader() {
    return this.load.bind(this);
  }

  /**
   * @param {number} turn
   * @param {Data} data
   */
  async load(turn, data) {
    const { desk } = this;
    const ready = await this.prepare(turn, data);
    if (!ready) return;
    const menu = desk.draft ? desk.draft.menu : await this.insist(turn, () => get('/lab/train', {}, this.abort.signal));
    await ready.fonts;
    if (!menu || turn !== this.turn) return;
    const onWall = Boolean(data.projector) && !desk.projector;
    desk.projector = Boolean(data.projector);
    desk.palette = readPalette(this.root);
    if (desk.draft) desk.follow(data.run);
    else desk.open(menu, data.run);
    desk.draw();
    if (onWall) this.root.focus({ preventScroll: true });
  }
}
