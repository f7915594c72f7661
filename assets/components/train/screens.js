/** Projector mode: one thing per screen, large. */

import { el, join, listen, set, write } from '../dom.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */

export const SCREENS = ['start', 'curves', 'film', 'heads', 'says'];

export class Screens {
  /** @param {(screen: string) => void} go */
  constructor(go) {
    this.list = el('div', { class: 'screen-names', role: 'group' });
    this.next = el('button', { type: 'button', class: 'next', onclick: () => go(SCREENS[(SCREENS.indexOf(this.screen) + 1) % SCREENS.length]) });
    this.node = el('nav', { class: 'train-screens', 'data-part': 'screens' }, this.list, this.next);
    this.screen = SCREENS[0];
    listen(this.list, 'click', '[data-screen-name]', (part) => go(part.dataset.screenName ?? ''));
  }

  /** @param {TrainScene} scene */
  draw({ say, view, look }) {
    this.screen = view.screen;
    this.node.hidden = !look.projector;
    write(this.next, say('explore.screen.next'));
    join(
      this.list,
      SCREENS,
      () => el('button', { type: 'button' }),
      (node, screen) => {
        write(node, say(`train.screen.${screen}`));
        set(node, { 'data-screen-name': screen, 'aria-current': screen === view.screen ? 'true' : null });
      },
    );
  }
}
