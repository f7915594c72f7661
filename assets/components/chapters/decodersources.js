/** The three sublayers of a decoder layer as a diagram of their real tensors: where Q, K and V come from. */

import { el, join, listen, set, svg, write } from '../dom.js';
import { normsBefore } from '../lacks.js';
import { paintMiniature } from '../step/miniature.js';
import { pictureOf } from '../step/stagepicture.js';
import { Choice, Menu } from './encoderparts.js';
import { planOf } from './decoderplan.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */

export class SourcesView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.layer = new Menu('layer', (value) => desk.set('dlayer', value));
    this.head = new Choice('head', (value) => desk.change((view) => ({ ...view, head: Number(value) })));
    this.about = el('span', { class: 'legend' });
    this.wires = svg('svg', { class: 'wires', 'aria-hidden': 'true' });
    this.paths = svg('g');
    this.signs = svg('g');
    this.wires.append(this.paths, this.signs);
    this.heads = el('div');
    this.minis = el('div');
    this.field = el('div', { class: 'field', role: 'group' }, this.wires, this.heads, this.minis);
    this.node = el('div', { class: 'layers layers-sources', 'data-view': 'sources' }, el('div', { class: 'line' }, this.layer.node, this.head.node, this.about), this.field);
    listen(this.field, 'click', '[data-place]', (part) => desk.goPlace(part.dataset.place ?? '', part.dataset.stage ? { stage: part.dataset.stage } : {}));
  }

  keys() {
    return headKeys(this.desk);
  }

  /** Of the two attention blocks of the layer the one that is "here". @param {Scene} scene */
  spot(scene) {
    const { place, view } = scene;
    const here = place.kind === 'attention' && place.name.startsWith(`decoder.${this.layerOf(scene)}.`);
    return here ? { block: place.name, head: view.head, row: view.row[place.side] } : null;
  }

  /** The layer that was asked for, else that of the walk, else the last. @param {Scene} scene */
  layerOf({ place, model }) {
    const layers = model.n_decoder_layers;
    const asked = Number(this.desk.option('dlayer', String(place.name.startsWith('decoder.') ? place.layer : layers - 1)));
    return Number.isInteger(asked) && asked >= 0 && asked < layers ? asked : layers - 1;
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { say, look, model, view } = scene;
    const layers = model.n_decoder_layers;
    const layer = this.layerOf(scene);
    this.layer.node.hidden = layers < 2;
    this.layer.draw(Array.from({ length: layers }, (_, n) => ({ value: String(n), text: say('decoder.layer', { layer: n + 1 }) })), String(layer), say('decoder.which_layer'));
    drawHeads(this.head, scene);
    const neither = model.residual === false && model.layer_norm === false;
    write(this.about, say(neither ? 'bugs.sources_neither' : model.norm_first ? 'decoder.sources.pre' : 'decoder.sources.post'));
    const plan = planOf(scene, layer, look.width, look.height - (look.projector ? 60 : 46));
    set(this.field, { style: `width:${plan.width}px;height:${plan.height}px`, 'aria-label': say('decoder.sources.label', { layer: layer + 1 }) });
    set(this.wires, { width: plan.width, height: plan.height, viewBox: `0 0 ${plan.width} ${plan.height}` });
    join(this.paths, plan.wires, () => svg('path'), (node, { d, kind }) => set(node, { d, class: kind }));
    join(
      this.signs,
      plan.signs,
      () => svg('text'),
      (node, { text, x, y, kind, anchor }) => {
        write(node, text);
        set(node, { x, y, class: kind, 'text-anchor': anchor ?? 'middle', 'font-size': plan.note });
      },
    );
    join(
      this.heads,
      plan.heads,
      () => el('button', { type: 'button', class: 'sublayer' }, el('b'), el('span')),
      (node, { title, about, place, x, y, w }) => {
        write(node.children[0], title);
        write(node.children[1], about);
        set(node, { style: `left:${x}px;top:${y}px;width:${w}px`, 'data-place': place, 'aria-current': view.at === place ? 'step' : null });
      },
    );
    join(
      this.minis,
      plan.minis,
      () => el('button', { type: 'button', class: 'mini' }, el('span', { class: 'sign' }), el('canvas', { 'aria-hidden': 'true' }), el('span', { class: 'num' })),
      (node, mini) => {
        const [sign, canvas, shape] = node.children;
        const place = scene.places.find((one) => one.name === mini.place) ?? scene.place;
        const picture = pictureOf(scene.pass, place, mini.tensor, view.head);
        write(sign, mini.sign);
        set(sign, { class: `sign ${mini.kind}` });
        write(shape, `${picture.rows.length} × ${picture.cols.length}`);
        set(node, { style: `left:${mini.x}px;top:${mini.y}px;width:${mini.w}px`, 'data-place': mini.place, 'data-stage': mini.stage, 'data-tensor': mini.tensor, title: mini.tensor });
        paintMiniature(/** @type {HTMLCanvasElement} */ (canvas), picture, scene.palette, mini.w, mini.h);
      },
    );
  }

  /** @param {Scene} scene */
  table(scene) {
    const { say, pass, model } = scene;
    const rows = Array.from({ length: model.n_decoder_layers }, (_, n) => n).flatMap((n) =>
      ['self_attn', 'cross_attn'].flatMap((part) =>
        ['q', 'k', 'v'].map((letter) => {
          const place = `decoder.${n}.${part}`;
          const memory = part === 'cross_attn' && letter !== 'q';
          const stream = normsBefore(model) ? `${place}.norm` : pass.incoming(place);
          return { name: `${place}.${letter}`, cells: [memory ? 'memory' : stream, pass.shape(`${place}.${letter}`).join(' × ')] };
        }),
      ),
    );
    return { caption: say('decoder.sources.caption'), columns: [say('decoder.sources.origin'), say('decoder.sources.shape')], rows };
  }
}

/**
 * The heads as buttons: one of them is looked at.
 * @param {Choice} choice
 * @param {Scene} scene
 */
export function drawHeads(choice, { say, model, view }) {
  choice.draw(Array.from({ length: model.n_heads }, (_, head) => ({ value: String(head), text: say('decoder.head', { head: head + 1 }) })), String(view.head), say('decoder.heads'));
}

/**
 * The digits choose a head, as everywhere.
 * @param {Desk} desk
 * @returns {import('../keys.js').Binding[]}
 */
export function headKeys(desk) {
  const n = Math.min(9, desk.scene?.model.n_heads ?? 1);
  return [{ keys: Array.from({ length: n }, (_, i) => String(i + 1)), shown: `1 – ${n}`, help: 'encoder.keys.head', run: (key) => desk.change((view) => ({ ...view, head: Number(key) - 1 })) }];
}
