/** All heads of both models beside each other, block by block: A above, B below, and under them what B has more or less. */

import { blockOf } from '../blocks.js';
import { el, join, listen, set, write } from '../dom.js';
import { weightScale } from '../scales.js';
import { rgbOf } from '../theme.js';
import { differenceOf, mapOf, masks } from './couple.js';
import { shortBlock } from './naming.js';
import { differenceScale, paintThumb } from './paint.js';

/** @typedef {import('./compare.js').Compare} Compare */
/** @typedef {import('./compare.js').CompareScene} CompareScene */
/** @typedef {import('./compare.js').Told} Told */

const [GAP, BETWEEN] = [4, 20]; // between heads, between blocks
const DESK = { letter: 40, title: 22, smallest: 26, largest: 44, height: 300 };
const WALL = { letter: 66, title: 30, smallest: 48, largest: 84, height: 430 };

export class HeadGrid {
  /** @param {Compare} compare */
  constructor(compare) {
    this.title = el('h3');
    this.hint = el('span', { class: 'quiet' });
    this.blocks = el('div', { class: 'grid-blocks' });
    this.node = el('div', { class: 'head-grid', 'data-part': 'heads' }, el('div', { class: 'grid-title' }, this.title, this.hint), this.blocks);
    listen(this.blocks, 'click', '[data-head]', (part) => {
      const which = part.dataset.which;
      compare.goHead(which === 'b' ? 'b' : which === 'a' ? 'a' : 'both', part.dataset.block ?? '', Number(part.dataset.head));
    });
  }

  /** @param {CompareScene} scene */
  draw(scene) {
    const { say, a, b, look } = scene;
    const names = [...new Set([...a.story.blocks, ...b.story.blocks])].sort((one, other) => orderOf(one) - orderOf(other));
    const heads = Math.max(a.story.heads, b.story.heads);
    write(this.title, say('runs.heads.title'));
    write(this.hint, say('runs.heads.hint'));
    const { size, across } = sizeOf(look, names.length, heads);
    this.blocks.classList.toggle('in-lines', across < names.length);
    set(this.blocks, { style: `grid-template-columns:repeat(${across},max-content)` });
    join(
      this.blocks,
      names,
      () => el('div', { class: 'grid-block' }, el('h4'), line('a', 'A'), line('b', 'B'), line('d', '')),
      (node, name) => {
        write(node.children[0], shortBlock(name, say));
        this.drawLine(scene, node.children[1], scene.a, name, size);
        this.drawLine(scene, node.children[2], scene.b, name, size);
        this.drawDifferences(scene, node.children[3], name, size);
      },
    );
  }

  /**
   * @param {CompareScene} scene
   * @param {Element} node
   * @param {Told} told
   * @param {string} block
   * @param {number} size
   */
  drawLine(scene, node, told, block, size) {
    const map = mapOf(told, scene.pair[told.which], block);
    const scale = weightScale(scene.palette);
    const ground = rgbOf(scene.palette.sunk);
    const shut = masks(told, block);
    const letter = /** @type {HTMLElement} */ (node.children[0]);
    letter.style.color = told.colour;
    this.thumbs(node, map ? told.story.heads : 0, size, (button, canvas, head) => {
      set(button, { 'data-which': told.which, 'data-block': block, 'data-head': head, 'aria-label': scene.say('runs.heads.one', { side: told.which.toUpperCase(), head: head + 1, block: shortBlock(block, scene.say) }), 'aria-pressed': String(told.block === block && told.head === head) });
      if (map) paintThumb(canvas, size, map.shape[1], map.shape[2], (row, col) => (shut(row, col) ? -1 : map.at(head, row, col)), (weight) => (weight < 0 ? ground : scale.rgb(weight)));
    });
  }

  /**
   * @param {CompareScene} scene
   * @param {Element} node
   * @param {string} block
   * @param {number} size
   */
  drawDifferences(scene, node, block, size) {
    const { a, b, pair, palette } = scene;
    const scale = differenceScale(palette);
    const ground = rgbOf(palette.sunk);
    const both = Math.min(a.story.heads, b.story.heads);
    const able = differenceOf({ ...a, block, head: 0 }, { ...b, block, head: 0 }, pair) !== null;
    const [shutA, shutB] = [masks(a, block), masks(b, block)];
    write(node.children[0], 'B\u2212A');
    this.thumbs(node, able ? both : 0, size, (button, canvas, head) => {
      const difference = differenceOf({ ...a, block, head }, { ...b, block, head }, pair);
      const here = [a, b].every((told) => told.block === block && told.head === head);
      set(button, { 'data-which': 'both', 'data-block': block, 'data-head': head, 'aria-label': scene.say('runs.heads.difference', { head: head + 1, block: shortBlock(block, scene.say) }), 'aria-pressed': String(here) });
      if (difference) paintThumb(canvas, size, difference.rows, difference.cols, (row, col) => (shutA(row, col) && shutB(row, col) ? NaN : difference.at(row, col)), (value) => (Number.isNaN(value) ? ground : scale.rgb(value)));
    });
    const none = node.querySelector('.cannot') ?? node.appendChild(el('span', { class: 'cannot quiet' }));
    write(none, able ? '' : scene.say('runs.heads.cannot'));
    /** @type {HTMLElement} */ (node).style.minHeight = `${size + 4}px`;
  }

  /**
   * @param {Element} node
   * @param {number} heads
   * @param {number} size
   * @param {(button: HTMLElement, canvas: HTMLCanvasElement, head: number) => void} draw
   */
  thumbs(node, heads, size, draw) {
    join(node.children[1], Array.from({ length: heads }, (_, head) => head), () => el('button', { type: 'button', class: 'thumb' }, el('canvas')), (button, head) => {
      const canvas = /** @type {HTMLCanvasElement} */ (button.firstElementChild);
      set(canvas, { style: `width:${size}px;height:${size}px` });
      draw(/** @type {HTMLElement} */ (button), canvas, head);
    });
  }
}

/**
 * @param {string} which
 * @param {string} letter
 */
function line(which, letter) {
  return el('div', { class: `grid-line of-${which}` }, el('b', { class: 'letter' }, letter), el('span', { class: 'thumbs' }));
}

/** @param {string} name */
function orderOf(name) {
  const { kind, layer } = blockOf(name);
  return kind === 'encoder' ? layer : 100 + 2 * layer + (kind === 'cross' ? 1 : 0);
}

/**
 * As large as fits into one line; where that is too small to be seen, into as few lines as there need be, each block
 * with its letters.
 * @param {{width: number, projector: boolean}} look
 * @param {number} blocks
 * @param {number} heads
 */
function sizeOf({ width, projector }, blocks, heads) {
  const { letter, title, smallest, largest, height } = projector ? WALL : DESK;
  const one = Math.floor((width - letter - (blocks - 1) * BETWEEN) / (blocks * heads)) - GAP;
  if (one >= smallest) return { size: Math.min(largest, one), across: blocks };
  for (let lines = 2; ; lines++) {
    const across = Math.ceil(blocks / lines);
    const wide = Math.floor((width - across * letter - (across - 1) * BETWEEN) / (across * heads)) - GAP;
    const high = Math.floor((height / lines - title - 8) / 3) - GAP - 1;
    if (wide >= smallest || across === 1) return { size: Math.max(smallest, Math.min(largest, wide, high)), across };
  }
}
