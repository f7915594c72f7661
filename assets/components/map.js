/** The whole model at a glance: every block, every head as a thumbnail, and one "you are here". Click to go there. */

import { blocksOf, rowSide, blockOf } from './blocks.js';
import { el, join, listen, numberOf, set, svg, write } from './dom.js';
import { thumbnail } from './draw.js';
import { beside, percent } from './format.js';
import { gridOf, wordsOf } from './grid.js';
import { DESK, layoutOf, PROJECTOR } from './maplayout.js';
import { weightScale } from './scales.js';
import { titleOf } from './scene.js';
import { headColour, rgbOf } from './theme.js';
import { fit, widthOf } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./maplayout.js').Layout} Layout */
/** @typedef {import('./maplayout.js').Door} Door */
/** @typedef {{goBlock: (block: string) => void, goHead: (block: string, head: number) => void, open: (door: Door) => void}} MapActions */

export class ModelMap {
  /** @param {MapActions} act */
  constructor(act) {
    this.head = el('div', { class: 'map-head' }, el('b'), el('span'), el('span'));
    this.wires = svg('svg', { class: 'map-wires', 'aria-hidden': 'true' });
    this.boxes = el('div', { class: 'map-boxes' });
    this.thumbs = el('div', { class: 'map-thumbs' });
    this.feeds = el('div', { class: 'map-feeds' });
    this.field = el('div', { class: 'map-field' }, this.wires, this.head, this.feeds, this.boxes, this.thumbs);
    this.scroll = el('div', { class: 'map-scroll', tabindex: -1 }, this.field);
    this.bar = el('div', { class: 'map-bar', role: 'group' });
    this.node = el('section', { class: 'map', 'data-part': 'map' }, this.scroll, this.bar);
    this.drawn = '';
    /** @type {unknown} */
    this.of = null;
    this.here = '';
    listen(this.node, 'click', '[data-thumb]', (part) => act.goHead(part.dataset.thumb ?? '', numberOf(part, 'head')));
    listen(this.node, 'click', '[data-block]', (part) => act.goBlock(part.dataset.block ?? ''));
    listen(this.node, 'click', '[data-door]', (part) => act.open(JSON.parse(part.dataset.door ?? '{}')));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { header, say, look } = scene;
    const g = look.projector ? PROJECTOR : DESK;
    const layout = layoutOf(header.model, g);
    set(this.node, { 'aria-label': say('explore.map.label'), class: look.fold ? 'map folded' : 'map' });
    set(this.field, { style: `width:${layout.width}px;height:${layout.height}px` });
    set(this.wires, { width: layout.width, height: layout.height });
    this.writeHead(scene, layout);
    this.drawWires(scene, layout);
    this.drawBoxes(scene, layout);
    this.drawBar(scene);
    this.drawThumbs(scene, layout, g.thumb);
    this.point(scene);
  }

  /**
   * @param {Scene} scene
   * @param {Layout} layout
   */
  writeHead({ header, say }, layout) {
    const [title, one, two] = this.head.children;
    write(title, say('explore.map.title'));
    write(one, say('explore.map.hint'));
    const n = header.model.n_heads;
    write(two, n === 1 ? say('explore.map.heads_one') : say('explore.map.heads', { n }));
    const memory = layout.boxes.find((box) => box.kind === 'memory');
    write(this.feeds, say('explore.map.feeds'));
    const crossed = header.model.n_decoder_layers > 0 && memory;
    set(this.feeds, { hidden: crossed ? null : '', style: `bottom:${layout.height - (memory?.y ?? 0) + 3}px` });
  }

  /**
   * @param {Scene} scene
   * @param {Layout} layout
   */
  drawWires({ palette }, layout) {
    join(
      this.wires,
      layout.wires,
      () => svg('path', { fill: 'none' }),
      (node, wire) =>
        set(node, { d: wire.d, stroke: wire.memory ? palette.stream : palette.line2, 'stroke-width': wire.memory ? 2.5 : 1.5 }),
    );
  }

  /**
   * @param {Scene} scene
   * @param {Layout} layout
   */
  drawBoxes({ say }, layout) {
    join(
      this.boxes,
      layout.boxes,
      () => el('button', { class: 'box', type: 'button' }, el('span'), el('b')),
      (node, box) => {
        const name = box.kind === 'attention' ? titleOf(box.block ?? '', say) : say(box.key);
        set(node, {
          class: `box ${box.kind}${box.gone ? ' gone' : ''}`,
          style: `left:${box.x}px;top:${box.y}px;width:${box.w}px;height:${box.h}px`,
          'data-block': box.block ?? null,
          'data-door': box.door ? JSON.stringify(box.door) : null,
          disabled: box.block || box.door ? null : '',
          'aria-label': box.door ? say('explore.map.door', { name }) : name,
          title: box.door ? say('explore.map.door', { name }) : null,
        });
        write(node.children[0], box.kind === 'norm' ? '' : say(box.key));
        if (box.kind !== 'softmax') write(node.children[1], '');
      },
    );
  }

  /**
   * The folded map: one button per block, in the order in which data passes.
   * @param {Scene} scene
   */
  drawBar({ header, say }) {
    set(this.bar, { 'aria-label': say('explore.map.label') });
    join(
      this.bar,
      blocksOf(header.model),
      () => el('button', { type: 'button', class: 'step' }),
      (node, block) => {
        write(node, say('explore.map.short_' + block.kind, { layer: block.layer + 1 }));
        set(node, { 'data-block': block.name, 'aria-label': titleOf(block.name, say) });
      },
    );
  }

  /**
   * One bitmap per head, painted again only when the sentence, the theme or the hidden tokens change.
   * @param {Scene} scene
   * @param {Layout} layout
   * @param {number} size
   */
  drawThumbs(scene, layout, size) {
    const { trace, palette, view, say } = scene;
    const state = [palette.dark, view.bare, size, devicePixelRatio].join();
    const stale = this.of !== trace || this.drawn !== state;
    this.of = trace;
    this.drawn = state;
    const scale = weightScale(palette);
    /** @type {Map<string, import('./grid.js').Grid>} */
    const grids = new Map(stale ? layout.thumbs.map(({ block }) => [block, gridOf(trace, block, view.bare)]) : []);
    join(
      this.thumbs,
      layout.thumbs,
      () => el('button', { type: 'button', class: 'thumb', tabindex: -1 }, el('canvas')),
      (node, { x, y, head, block }) => {
        set(node, {
          'data-thumb': block,
          'data-head': head,
          'aria-label': say('explore.map.thumb', { head: head + 1, block: titleOf(block, say) }),
          style: `left:${x}px;top:${y}px;width:${size}px;height:${size}px;border-bottom-color:${headColour(palette, head)}`,
        });
        const grid = grids.get(block);
        const canvas = /** @type {HTMLCanvasElement} */ (node.firstElementChild);
        if (!grid) return;
        const map = { rows: grid.rows, cols: grid.cols, masked: grid.masked, at: grid.at.bind(null, head) };
        thumbnail(canvas, size, map, scale.rgb, rgbOf(palette.sunk));
      },
    );
  }

  /**
   * Mark where the reader is, and show the word that the row pointed at writes.
   * @param {Scene} scene
   */
  point(scene) {
    const { view } = scene;
    for (const node of [...this.boxes.children, ...this.bar.children]) {
      const here = node.getAttribute('data-block') === view.block;
      node.classList.toggle('here', here);
      set(node, { 'aria-current': here ? 'true' : null });
    }
    for (const node of this.thumbs.children) {
      const here = node.getAttribute('data-thumb') === view.block && numberOf(node, 'head') === view.head;
      node.classList.toggle('here', here);
    }
    this.pointSoftmax(scene);
    if (this.here !== view.block) this.reveal(view.block);
    this.here = view.block;
  }

  /** @param {Scene} scene */
  pointSoftmax({ trace, view, row, palette }) {
    const box = [...this.boxes.children].find((node) => node.classList.contains('softmax'));
    const target = rowSide(blockOf(view.block).kind) === 'tgt' ? row : null;
    if (!box) return;
    const said = target === null ? '' : percent(trace.p[target]);
    const room = box.clientWidth - widthOf(said + '  ', `650 15px ${palette.fonts.word}`);
    const word = target === null ? '' : fit(wordsOf(trace).tgtOut[target].text, room, { size: 15, smallest: 15, family: palette.fonts.word, weight: 650 }).text;
    write(box.children[1], target === null ? '' : beside(word, said));
  }

  /**
   * A tall model scrolls inside the map's box: bring the block into view.
   * @param {string} block
   */
  reveal(block) {
    const node = [...this.boxes.children].find((box) => box.getAttribute('data-block') === block);
    if (!(node instanceof HTMLElement)) return;
    const [top, bottom] = [node.offsetTop - 12, node.offsetTop + node.offsetHeight + 12];
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    if (bottom > this.scroll.scrollTop + this.scroll.clientHeight) this.scroll.scrollTop = bottom - this.scroll.clientHeight;
  }
}
