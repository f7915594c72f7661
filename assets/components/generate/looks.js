/** Where every head looked while the word was written: heads as rows, words as columns, one block of the decoder at a time. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { short, three } from '../format.js';
import { weightScale } from '../scales.js';
import { headColour } from '../theme.js';
import { Door } from './door.js';
import { Pick } from './pick.js';
import { blockName, blockOf, blocksOf, keysOf, labelsOf } from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */

const SHOWN_FROM = 0.05;
const MOST_BLOCKS = 4; // as buttons beside the title

export class Looks {
  /** @param {Desk} desk */
  constructor(desk) {
    this.title = el('h3');
    this.about = el('span', { class: 'quiet' });
    this.blocks = new Pick('blocks', (name) => desk.change((view) => ({ ...view, at: name })));
    this.columns = el('tr');
    this.body = el('tbody');
    this.scroll = el('div', { class: 'looks-scroll', tabindex: 0 }, el('table', { 'data-part': 'looks' }, el('thead', {}, this.columns), this.body));
    this.door = new Door(desk);
    listen(this.body, 'click', '[data-head]', (part) => desk.scene && this.door.toggle(desk.scene, blockOf(desk.scene), numberOf(part, 'head'), part));
    this.node = el('section', { class: 'generate-looks' }, el('div', { class: 'looks-head' }, this.title, this.about, ...this.blocks.nodes), this.scroll);
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   */
  draw(scene, session) {
    const { say, palette, model, places } = scene;
    const block = blockOf(scene);
    const cross = block.endsWith('.cross_attn');
    const keys = keysOf(scene, session, block);
    const word = labelsOf(scene, session.road.ids)[session.row].full;
    write(this.title, say('generate.looks.title', { word }));
    write(this.about, say(cross ? 'generate.looks.about_cross' : 'generate.looks.about_self'));
    this.blocks.draw(say('generate.looks.blocks'), blocksOf(places).map((at) => ({ name: at, text: blockName(scene, at) })), block, MOST_BLOCKS);
    const heads = ['', ...keys.map((key) => key.text)];
    join(
      this.columns,
      heads,
      (_, n) => el('th', n ? { scope: 'col', class: 'word' } : {}),
      (th, text, n) => {
        write(th, text);
        set(th, { title: n ? keys[n - 1].full : null });
      },
    );
    const scale = weightScale(palette);
    join(
      this.body,
      Array.from({ length: model.n_heads }, (_, head) => head),
      () => el('tr', {}, el('th', { scope: 'row' }, el('button', { type: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' }, el('i'), el('span')))),
      (tr, head) => {
        const button = tr.children[0].children[0];
        const [square, text] = button.children;
        set(button, { 'data-head': head, title: say('generate.door.open') });
        set(square, { style: `background:${headColour(palette, head)}` });
        write(text, say('generate.looks.head', { head: head + 1 }));
        this.drawRow(tr, scale, session.road.weights(block, head, session.row), keys, cross ? keys.length : session.row + 1);
      },
    );
    this.scroll.scrollLeft = Math.min(this.scroll.scrollLeft, this.scroll.scrollWidth);
  }

  /**
   * @param {HTMLTableRowElement} tr
   * @param {import('../scales.js').WeightScale} scale
   * @param {Float32Array} weights
   * @param {Label[]} keys
   * @param {number} open how many of them were there when the word was written
   */
  drawRow(tr, scale, weights, keys, open) {
    while (tr.children.length > keys.length + 1) tr.lastElementChild?.remove();
    keys.forEach((key, j) => {
      let td = tr.children[j + 1];
      if (!td) tr.append((td = el('td', { class: 'num' })));
      const there = j < open;
      write(td, there && weights[j] >= SHOWN_FROM ? short(weights[j]) : '');
      set(td, {
        class: there ? 'num' : 'num closed',
        style: there ? `background:${scale.fill(weights[j])};color:${scale.text(weights[j])}` : null,
        title: there ? `${key.full}  ${three(weights[j])}` : null,
      });
    });
  }
}
