/**
 * The Runs page of Attention Lab: the entry that Streamlit calls. The list, every change and every film come over HTTP
 * roads; what is compared and how is decided here, and the server hears nothing of it.
 */

import { set } from '../dom.js';
import { drawOn, Mount } from '../mount.js';
import { goTo } from '../shell.js';
import { readPalette } from '../theme.js';
import { readAddress } from './address.js';
import { Board } from './board.js';

/** @typedef {import('../mount.js').Component} Component */
/** @typedef {import('../mount.js').Data} Data */

const SHEETS = ['lab.css', 'step/step.css', 'runs/runs.css', 'runs/compare.css', 'runs/class.css', 'runs/wall.css'].map((name) => new URL('../' + name, import.meta.url).href);

/**
 * Draw, or draw again with new data. Resolves to a function that takes the page down.
 * @param {Component} component
 * @returns {Promise<() => void>}
 */
export function draw(component) {
  return drawOn(component, SHEETS, (root) => new RunsMount(root));
}

class RunsMount extends Mount {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.board = new Board(root, {
      projector: (on) => this.component?.setTriggerValue('projector', on),
      go: (page, view) => goTo(this.component, page, view),
    });
  }

  get drawable() {
    return this.board;
  }

  get loader() {
    return this.load.bind(this);
  }

  /**
   * @param {number} turn
   * @param {Data} data
   */
  async load(turn, data) {
    const { board } = this;
    const ready = await this.prepare(turn, data);
    if (!ready) return;
    if (!board.shelf) await this.insist(turn, () => board.fetch());
    await ready.fonts;
    if (turn !== this.turn || !board.shelf) return;
    const onWall = Boolean(data.projector) && !board.projector;
    board.projector = Boolean(data.projector);
    set(this.root, { 'data-mode': board.projector ? 'projector' : null }); // the wall has colours of its own
    board.palette = readPalette(this.root);
    board.model = data.run;
    board.news = { trouble: null, notices: data.notices ?? [], passing: [] };
    board.view ??= readAddress(location.search);
    board.draw();
    if (onWall) this.root.focus({ preventScroll: true });
    board.link.soon();
  }
}
