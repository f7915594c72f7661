/** The whole pass as a bar of blocks, 44 px high: from the source's words up to the next word. One of them is "here". */

import { el, join, listen, set, write } from '../dom.js';

/** @typedef {import('./desk.js').StepScene} StepScene */
/** @typedef {import('./itinerary.js').Place} Place */

/** @type {Record<string, string>} */
const NAMES = {
  src_embed: 'step.place.src_embed',
  encoder_self_attn: 'step.place.encoder_self_attn',
  encoder_ffn: 'step.place.encoder_ffn',
  memory: 'step.place.memory',
  tgt_embed: 'step.place.tgt_embed',
  decoder_self_attn: 'step.place.decoder_self_attn',
  decoder_cross_attn: 'step.place.decoder_cross_attn',
  decoder_ffn: 'step.place.decoder_ffn',
  output: 'step.place.output',
};

export class PassBar {
  /** @param {(at: string) => void} go */
  constructor(go) {
    this.list = el('div', { class: 'blocks' });
    this.node = el('nav', { class: 'passbar', 'data-part': 'passbar' }, this.list);
    /** @type {string | null | undefined} */
    this.at = undefined;
    listen(this.list, 'click', '[data-at]', (part) => go(part.dataset.at ?? ''));
  }

  /**
   * @param {StepScene} scene
   * @param {string | null} at the place that is marked as "here"; null on a page that stands nowhere in the pass
   */
  draw(scene, at) {
    const { places, say } = scene;
    set(this.node, { 'aria-label': say('step.bar') });
    join(
      this.list,
      places,
      () => el('button', { type: 'button' }, el('b'), el('span')),
      (node, place) => {
        const here = place.name === at;
        write(node.children[0], say(shortKey(place), { layer: place.layer + 1 }));
        write(node.children[1], place.kind === 'attention' || place.kind === 'ffn' ? say(partKey(place)) : '');
        const stack = place.name.split('.')[0];
        set(node, { 'data-at': place.name, 'data-kind': place.kind, 'data-stack': stack, 'aria-current': here ? 'step' : null, title: placeName(place, say) });
      },
    );
    if (at === this.at) return;
    this.at = at;
    const here = /** @type {HTMLElement | null} */ (this.list.querySelector('[aria-current]'));
    if (here && this.list.scrollWidth > this.list.clientWidth) this.list.scrollLeft = here.offsetLeft - this.list.clientWidth / 2;
  }
}

/**
 * The name of a place, in words, whether the model has it or not.
 * @param {{name: string}} place
 * @param {import('../strings.js').Say} say
 */
export function placeName(place, say) {
  const key = keyOf(place);
  return Object.hasOwn(NAMES, key) ? say(NAMES[key], { layer: Number(place.name.split('.')[1] ?? 0) + 1 }) : place.name;
}

/** @param {Place} place */
function shortKey(place) {
  return place.kind === 'attention' || place.kind === 'ffn' ? `step.layer.${place.name.split('.')[0]}` : `step.short.${keyOf(place)}`;
}

/** @param {Place} place */
function partKey(place) {
  return `step.part.${place.name.split('.')[2]}`;
}

/**
 * The kind of a place, as the end of a string key: src_embed, encoder_self_attn, memory, ...
 * @param {{name: string}} place
 */
export function keyOf(place) {
  const [stack, , part] = place.name.split('.');
  return part ? `${stack}_${part}` : place.name;
}
