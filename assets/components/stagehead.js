/** The head of the stage: which block, which tensor, which picture, which heads, and the scale from 0 to 1. */

import { el, join, listen, numberOf, set, write } from './dom.js';
import { penOf } from './draw.js';
import { hasSpecials } from './grid.js';
import { weightScale } from './scales.js';
import { headColour } from './theme.js';
import { PICTURES } from './view.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./view.js').Picture} Picture */
/**
 * @typedef {object} HeadActions
 * @property {(picture: Picture) => void} show
 * @property {(head: number) => void} clickHead
 * @property {(head: number) => void} soloHead
 * @property {() => void} toggleBare
 * @property {(what: string) => void} save
 * @property {() => void} step
 */

const FORMATS = ['png', 'svg', 'csv', 'json', 'link'];
const FEW = 4; // squares for more heads show their number only

export class StageHead {
  /** @param {HeadActions} act */
  constructor(act) {
    this.title = el('h2', { 'data-part': 'title' });
    this.tensor = el('span', { class: 'tensor num' });
    this.pictures = el('div', { class: 'switch', role: 'group', 'data-part': 'pictures' });
    this.heads = el('div', { class: 'heads', role: 'group', 'data-part': 'heads' });
    this.bare = el('button', { type: 'button', class: 'toggle', onclick: () => act.toggleBare() });
    this.ramp = el('canvas', { 'aria-hidden': 'true' });
    this.legend = el('div', { class: 'legend' }, el('span'), el('span', { class: 'num' }, '0'), this.ramp, el('span', { class: 'num' }, '1'));
    this.menu = el('details', { class: 'save', 'data-part': 'save' }, el('summary'), el('div', { class: 'menu' }));
    this.step = el('button', { type: 'button', class: 'step-in', 'data-part': 'step', onclick: () => act.step() });
    this.node = el(
      'header',
      { class: 'stage-head' },
      el('div', { class: 'line' }, this.title, this.tensor, this.step, this.pictures),
      el('div', { class: 'line' }, this.heads, this.bare, this.legend, this.menu),
    );
    listen(this.pictures, 'click', '[data-picture]', (part) => act.show(/** @type {Picture} */ (part.dataset.picture)));
    // The second click of a double click is part of the double click.
    listen(this.heads, 'click', '[data-head]', (part, event) => {
      if (!(event instanceof MouseEvent) || event.detail < 2) act.clickHead(numberOf(part, 'head'));
    });
    listen(this.heads, 'dblclick', '[data-head]', (part) => act.soloHead(numberOf(part, 'head')));
    listen(this.menu, 'click', '[data-save]', (part) => {
      this.menu.open = false;
      act.save(part.dataset.save ?? '');
    });
    this.menu.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node && this.menu.contains(event.relatedTarget))) this.menu.open = false;
    });
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { grid, view, say, trace } = scene;
    write(this.title, scene.title);
    set(this.title, { title: `${view.block}.weights` });
    const shape = { heads: grid.heads, queries: grid.reads.length, keys: grid.keys.length };
    write(this.tensor, `weights (head ${shape.heads}, query ${shape.queries}, key ${shape.keys})`);
    set(this.tensor, { title: say('explore.tensor', { name: view.block + '.weights', ...shape }) });
    write(this.step, say('explore.step.button'));
    set(this.step, { title: say('explore.step.title') });
    set(this.pictures, { 'aria-label': say('explore.picture.label') });
    join(
      this.pictures,
      PICTURES,
      () => el('button', { type: 'button' }),
      (node, picture) => {
        write(node, say('explore.picture.' + picture));
        set(node, { 'data-picture': picture, 'aria-pressed': String(picture === view.picture) });
      },
    );
    this.drawHeads(scene);
    const hideable = hasSpecials(trace);
    write(this.bare, say(view.bare ? 'explore.bare.on' : 'explore.bare.off'));
    set(this.bare, { 'aria-pressed': String(view.bare), hidden: hideable ? null : '', title: say('explore.bare.title') });
    this.drawLegend(scene);
    this.drawMenu(scene);
  }

  /** @param {Scene} scene */
  drawHeads({ grid, view, say, palette }) {
    const few = grid.heads <= FEW;
    set(this.heads, { 'aria-label': say('explore.heads.label'), class: few ? 'heads' : 'heads many' });
    join(
      this.heads,
      view.shown,
      () => el('button', { type: 'button' }, el('i'), el('span')),
      (node, on, head) => {
        set(node.children[0], { style: `background:${headColour(palette, head)}` });
        write(node.children[1], few ? say('explore.head', { head: head + 1 }) : String(head + 1));
        const outlined = head === view.head;
        set(node, {
          'data-head': head,
          'aria-pressed': String(on),
          'aria-current': outlined ? 'true' : null,
          'aria-label': say('explore.head', { head: head + 1 }),
          title: say(outlined ? 'explore.heads.outlined' : on ? 'explore.heads.on' : 'explore.heads.off'),
        });
      },
    );
  }

  /** @param {Scene} scene */
  drawLegend({ palette, say, look }) {
    write(this.legend.children[0], say('explore.legend'));
    const [width, height] = look.projector ? [120, 16] : [72, 10];
    const pen = penOf(this.ramp, width, height);
    const scale = weightScale(palette);
    for (let x = 0; x < width; x++) {
      pen.fillStyle = scale.fill(x / (width - 1));
      pen.fillRect(x, 0, 1.5, height);
    }
  }

  /** @param {Scene} scene */
  drawMenu({ say }) {
    const [summary, list] = this.menu.children;
    write(summary, say('explore.save.button'));
    join(
      list,
      FORMATS,
      () => el('button', { type: 'button' }),
      (node, format) => {
        write(node, say('explore.save.' + format));
        set(node, { 'data-save': format });
      },
    );
  }
}
