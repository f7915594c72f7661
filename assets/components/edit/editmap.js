/** The map of the model for editing: every sublayer with all its heads as they are now, and a mark on what was changed. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { thumbnail } from '../draw.js';
import { weightScale } from '../scales.js';
import { headColour, rgbOf } from '../theme.js';
import { sidesOf } from '../chapters/masksparts.js';
import { Reveal } from '../heads/parts.js';
import { nameOf } from './editparts.js';
import { shortPlace } from '../notation.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/itinerary.js').Place} Place */
/** @typedef {import('./editstate.js').Edits} Edits */
/** @typedef {import('./editparts.js').Both} Both */

const THUMB = 30;

export class EditMap {
  /** @param {{goPlace: (name: string) => void, goHead: (block: string, head: number) => void}} go */
  constructor(go) {
    this.list = el('div', { class: 'edit-map-list', tabindex: -1 });
    this.blocks = el('select', { class: 'edit-wall', 'data-part': 'block', onchange: () => go.goPlace(this.blocks.value) });
    this.node = el('nav', { class: 'edit-map', 'data-part': 'map' }, this.blocks, this.list);
    listen(this.list, 'click', '[data-head]', (part) => go.goHead(part.dataset.block ?? '', numberOf(part, 'head')));
    listen(this.list, 'click', '[data-place]', (part) => go.goPlace(part.dataset.place ?? ''));
    this.reveal = new Reveal(this.list);
    /** @type {unknown} */
    this.of = null;
    this.look = '';
  }

  /**
   * @param {StepScene} scene
   * @param {Both | null} both
   * @param {Edits} edits
   */
  draw(scene, both, edits) {
    const { say, places, view, palette } = scene;
    const sublayers = places.filter(({ kind }) => kind === 'attention' || kind === 'ffn');
    set(this.node, { 'aria-label': say('edit.map') });
    this.drawBlocks(scene, sublayers);
    const look = [palette.dark, devicePixelRatio, scene.pass.ids.src].join();
    const stale = this.of !== both || this.look !== look;
    this.of = both;
    this.look = look;
    join(this.list, sublayers, row, (node, place) => {
      const first = place.layer === 0 && place.name.endsWith('self_attn');
      const gone = edits.acts.some(({ word, fields }) => word === 'sublayer' && fields[0] === shortPlace(place.name));
      const cut = edits.acts.some(({ word, fields }) => word === 'residual' && fields[0] === shortPlace(place.name));
      const here = place.name === view.at;
      set(node, { 'data-here': here || null, 'data-stack': place.name.split('.')[0], 'data-kind': place.kind, 'data-first': first || null, 'data-gone': gone || null, 'data-cut': cut || null });
      const [name, heads] = /** @type {HTMLElement[]} */ ([...node.children]);
      write(name.children[0], say(`step.layer.${place.name.split('.')[0]}`, { layer: place.layer + 1 }));
      write(name.children[1], say(`step.part.${place.name.split('.')[2]}`));
      set(name, { 'data-place': place.name, 'aria-current': here ? 'true' : null });
      this.drawHeads(scene, place, heads, both, edits, stale);
    });
    this.reveal.show([scene.header.run, view.at, view.head].join(), this.list.querySelector('[data-here]'));
  }

  /**
   * On the wall there is no room for the map: the heads of one sublayer are shown, and a menu of all.
   * @param {StepScene} scene
   * @param {Place[]} sublayers
   */
  drawBlocks(scene, sublayers) {
    set(this.blocks, { 'aria-label': scene.say('edit.map') });
    join(
      this.blocks,
      sublayers,
      () => el('option'),
      (node, { name }) => {
        write(node, nameOf(scene, name));
        set(node, { value: name });
      },
    );
    this.blocks.value = scene.view.at;
  }

  /**
   * @param {StepScene} scene
   * @param {Place} place
   * @param {HTMLElement} box
   * @param {Both | null} both
   * @param {Edits} edits
   * @param {boolean} stale
   */
  drawHeads(scene, place, box, both, edits, stale) {
    const { palette, view, model, pass, say } = scene;
    const count = place.kind === 'attention' ? model.n_heads : 0;
    const scale = weightScale(palette);
    const sides = sidesOf(scene, place);
    const [n, m] = [sides.rows.length, sides.cols.length];
    const [rows, cols] = [range(n), range(m)];
    const values = both?.tensors.get(`after.${place.name}`)?.values ?? (count ? pass.values(`${place.name}.weights`) : null);
    join(
      box,
      range(count),
      () => el('button', { type: 'button', class: 'edit-thumb', tabindex: -1 }, el('canvas'), el('b', { class: 'edit-wall num' })),
      (node, head) => {
        const marks = edits.marksOf(place.name, head);
        const here = place.name === view.at && head === view.head;
        set(node, {
          'data-head': head,
          'data-block': place.name,
          'data-marks': marks.join(' ') || null,
          'aria-current': here ? 'true' : null,
          'aria-label': say('edit.head', { head: head + 1 }),
          style: `border-bottom-color:${headColour(palette, head)}`,
        });
        write(node.children[1], String(head + 1));
        if (!stale || !values) return;
        const at = (/** @type {number} */ i, /** @type {number} */ j) => values[(head * n + i) * m + j];
        const masked = (/** @type {number} */ i, /** @type {number} */ j) => sides.causal && j > i && at(i, j) === 0;
        thumbnail(/** @type {HTMLCanvasElement} */ (node.firstElementChild), THUMB, { rows, cols, at, masked }, scale.rgb, rgbOf(palette.sunk));
      },
    );
  }
}

function row() {
  return el('div', { class: 'edit-map-row' }, el('button', { type: 'button' }, el('b'), el('span')), el('span', { class: 'edit-map-heads' }));
}

/** @param {number} n */
function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}
