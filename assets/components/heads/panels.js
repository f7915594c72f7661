/** On the projector one thing at a time: which part of a view is shown there. */

import { Choice } from '../chapters/masksparts.js';

/** @typedef {import('../step/desk.js').Desk} Desk */

export class Panels {
  /**
   * @param {Desk} desk
   * @param {string[]} names the first is shown unless another was chosen
   */
  constructor(desk, names) {
    this.desk = desk;
    this.names = names;
    this.choice = new Choice('panels', (name) => desk.set('panel', name));
    this.node = this.choice.node;
  }

  /** @returns {string} */
  now() {
    const asked = this.desk.option('panel', '');
    return this.names.includes(asked) ? asked : this.names[0];
  }

  /**
   * Draw the choice, and tell which part is to be shown; null for all of them, where there is room.
   * @param {import('../step/scene.js').StepScene} scene
   * @returns {string | null}
   */
  draw({ say, look }) {
    this.node.hidden = !look.projector;
    this.choice.draw(say('heads.panel.label'), this.names.map((name) => ({ name, text: say(`heads.panel.${name}`) })), this.now());
    return look.projector ? this.now() : null;
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const next = () => this.desk.set('panel', this.names[(this.names.indexOf(this.now()) + 1) % this.names.length]);
    return this.desk.projector ? [{ keys: ['a'], shown: 'a', help: 'heads.keys.panel', run: next }] : [];
  }
}
