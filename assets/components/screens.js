/** Projector mode: one thing per screen, large. `Next` walks through them, as the remote of a presenter does. */

import { el, join, listen, set, write } from './dom.js';
import { isPair } from './pair.js';
import { hasRoads } from './road.js';

/** @typedef {import('./scene.js').Scene} Scene */

export const SCREENS = ['sentence', 'map', 'lines', 'matrix', 'facts', 'pair', 'road', 'joined', 'table'];

/**
 * Which picture a screen needs: on the wall the screen decides, not the view.
 * @param {string} screen
 * @returns {import('./view.js').Picture}
 */
export function pictureOfScreen(screen) {
  return screen === 'joined' || screen === 'table' ? screen : 'lines';
}

export class Screens {
  /** @param {(screen: string) => void} go */
  constructor(go) {
    this.title = el('h2');
    this.head = el('span', { class: 'of-head' });
    this.next = el('button', { type: 'button', class: 'next', onclick: () => go(after(this.screen, 1)) });
    this.list = el('div', { class: 'screen-names', role: 'group' });
    this.node = el('nav', { class: 'screens', 'data-part': 'screens' }, el('div', { class: 'line' }, this.title, this.head, this.next), this.list);
    this.blank = el('div', { class: 'blank', hidden: '', onclick: () => this.toggleBlank(false) });
    this.screen = 'lines';
    listen(this.list, 'click', '[data-screen-name]', (part) => go(part.dataset.screenName ?? ''));
  }

  /**
   * @param {Scene} scene
   * @param {HTMLElement} root
   */
  draw(scene, root) {
    const { say, title, view, look } = scene;
    /** @type {Record<string, string>} what stands in the box of another part */
    const other = { pair: isPair(scene) ? 'pair' : 'row', road: hasRoads(scene.header) ? 'road' : 'findings' };
    const shape = look.stack ? 'stack' : look.fold ? 'fold' : 'wide';
    set(root, { 'data-mode': look.projector ? 'projector' : null, 'data-screen': look.projector ? this.screen : null, 'data-shape': shape });
    write(this.title, title);
    write(this.head, say('explore.head', { head: view.head + 1 }));
    write(this.next, say('explore.screen.next'));
    join(
      this.list,
      SCREENS,
      () => el('button', { type: 'button' }),
      (node, screen) => {
        write(node, say('explore.screen.' + (other[screen] ?? screen)));
        set(node, { 'data-screen-name': screen, 'aria-current': screen === this.screen ? 'true' : null });
      },
    );
  }

  /** @param {boolean} [blank] */
  toggleBlank(blank = this.blank.hidden) {
    this.blank.hidden = !blank;
  }
}

/**
 * The screen some steps on; past the last one it begins again.
 * @param {string} screen
 * @param {number} step
 */
export function after(screen, step) {
  return SCREENS[(SCREENS.indexOf(screen) + step + SCREENS.length) % SCREENS.length];
}
