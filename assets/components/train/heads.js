/** All heads of the model at the cursor, each a thumbnail with its number, and how often it aligns where that was measured. */

import { blockOf } from '../blocks.js';
import { el, join, listen, numberOf, set, write } from '../dom.js';
import { Doors, doorsOf } from '../doors.js';
import { share } from '../format.js';
import { headColour } from '../theme.js';
import { paintMap, wipeMap } from './maps.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */

const [TITLE, FOOT, GAP] = [19, 19, 6]; // pixels of a block beside its maps
const [SMALLEST, LARGEST] = [26, 118];
const [BETWEEN_HEADS, BETWEEN_BLOCKS] = [5, 20];

export class Heads {
  /**
   * @param {(head: {block: string, head: number}) => void} choose
   * @param {import('../doors.js').Go} go
   */
  constructor(choose, go) {
    this.title = el('h3');
    this.badge = el('span', { class: 'badge' });
    this.doors = new Doors(go);
    this.grid = el('div', { class: 'heads-grid' });
    this.node = el('div', { class: 'heads-all', 'data-part': 'heads' }, el('div', { class: 'part-head' }, this.title, this.badge, this.doors.node), this.grid);
    listen(this.grid, 'click', '[data-head]', (part) => choose({ block: part.dataset.block ?? '', head: numberOf(part, 'head') }));
  }

  /**
   * @param {TrainScene} scene
   * @param {{width: number, height: number}} size
   */
  draw(scene, size) {
    const { say, reel, step, frame, look } = scene;
    const [blocks, heads] = [reel.allBlocks, reel.allHeads];
    const count = blocks.length * heads;
    write(this.title, frame ? say(count === 1 ? 'train.heads.one' : 'train.heads.title', { n: count, step }) : say('train.heads.empty'));
    write(this.badge, frame && step === 0 ? say('train.heads.random') : '');
    this.doors.draw(say, doorsAt(scene));
    const plan = planOf(blocks, heads, { width: size.width, height: size.height - (look.projector ? 42 : 28) }, look.projector ? 1.6 : 1);
    set(this.grid, { style: `grid-template-columns:repeat(${plan.columns},max-content);--map:${plan.size}px;height:${size.height - (look.projector ? 42 : 28)}px` });
    join(
      this.grid,
      plan.order,
      () => el('section', { class: 'heads-block' }, el('h4'), el('div', { class: 'heads-row' })),
      (node, block) => this.drawBlock(scene, node, block, plan.size),
    );
  }

  /**
   * @param {TrainScene} scene
   * @param {Element} node
   * @param {string | null} block null: nothing stands here
   * @param {number} size
   */
  drawBlock(scene, node, block, size) {
    const { reel, palette, frame, view, say, blockName, step } = scene;
    const [title, row] = node.children;
    write(title, block ? blockName(block) : '');
    const masked = reel.causal && block !== null && blockOf(block).kind === 'decoder';
    const maps = frame?.maps.get(`${view.probe}.${block}`);
    const rates = reel.lookAt(step)?.alignment?.[block ?? ''];
    join(
      row,
      Array.from({ length: block ? reel.allHeads : 0 }, (_, head) => head),
      () => el('button', { type: 'button', class: 'head' }, el('canvas'), el('i'), el('span', { class: 'num' })),
      (button, head) => {
        const [canvas, foot, label] = /** @type {[HTMLCanvasElement, Element, Element]} */ (/** @type {unknown} */ (button.children));
        if (maps && head < maps.heads) paintMap(canvas, size, maps, head, masked, palette);
        else wipeMap(canvas);
        set(foot, { style: `background:${headColour(palette, head)}` });
        const rate = typeof rates?.[head] === 'number' ? share(rates[head]).replace('>\u202f', '>') : '';
        write(label, size >= 44 && rate ? `${head + 1}\u2002${rate}` : String(head + 1));
        const here = block === view.head.block && head === view.head.head;
        const name = say('train.strip.title', { block: blockName(block ?? ''), head: head + 1 });
        set(button, { 'data-block': block, 'data-head': head, 'aria-pressed': String(here), title: rate ? say('train.heads.aligns', { head: name, rate }) : name });
      },
    );
  }
}

/**
 * Where the chosen head leads. A model that still trains cannot be changed, and before its last step a head was another one.
 * @param {TrainScene} scene
 */
function doorsAt({ reel, view, step, frame }) {
  const { run, recipe, results } = reel;
  const kept = frame !== null && run !== null && !reel.active && step === (results?.kept_step ?? reel.lastStep);
  return kept ? doorsOf(view.head, { run, task: recipe?.task }) : [];
}

/**
 * Where each block stands, so that the maps are as large as they can be: the first layers at the top, the encoder at the left.
 * @param {readonly string[]} blocks
 * @param {number} heads
 * @param {{width: number, height: number}} size
 * @param {number} [scale] of what is written
 * @returns {{columns: number, order: (string | null)[], size: number}}
 */
export function planOf(blocks, heads, { width, height }, scale = 1) {
  const plans = [1, 2, 3].map((columns) => {
    const order = orderOf(blocks, columns);
    const rows = Math.ceil(order.length / columns);
    const wide = ((width - (columns - 1) * BETWEEN_BLOCKS) / columns - (heads - 1) * BETWEEN_HEADS) / Math.max(1, heads);
    const high = height / Math.max(1, rows) - scale * (TITLE + FOOT) - GAP;
    return { columns, order, size: Math.floor(Math.min(wide, high)) };
  });
  const best = plans.reduce((one, other) => (other.size > one.size ? other : one));
  if (best.size >= SMALLEST) return { ...best, size: Math.min(best.size, LARGEST * scale) };
  // No plan shows all at once: then full width counts, and the rest is scrolled to.
  const columns = heads > 8 ? 1 : 2;
  return { columns, order: orderOf(blocks, columns), size: SMALLEST };
}

/**
 * @param {readonly string[]} blocks
 * @param {number} columns
 * @returns {(string | null)[]}
 */
function orderOf(blocks, columns) {
  const of = (/** @type {string} */ kind) => blocks.filter((block) => blockOf(block).kind === kind);
  const [encoder, decoder, cross] = [of('encoder'), of('decoder'), of('cross')];
  if (columns === 1) return [...encoder, ...decoder, ...cross];
  const rows = Math.max(encoder.length, decoder.length);
  if (columns === 3) return Array.from({ length: rows }, (_, i) => [encoder[i] ?? null, decoder[i] ?? null, cross[i] ?? null]).flat();
  const pairs = Array.from({ length: rows }, (_, i) => [encoder[i] ?? null, decoder[i] ?? null]).flat();
  return [...pairs, ...cross];
}
