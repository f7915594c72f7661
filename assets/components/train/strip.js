/** The film of one head: at most eleven frames in fixed places, from the first step to the last. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { headColour } from '../theme.js';
import { literal } from '../tokens.js';
import { paintMap } from './maps.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */
/** @typedef {'play' | 'follow'} StripDeed */

export const MOST_FRAMES = 11;
const LONGEST_CHIP = 16; // characters

export class Strip {
  /**
   * @param {{pick: (step: number) => void, probe: (probe: number) => void, act: (deed: StripDeed) => void}} actions
   */
  constructor(actions) {
    this.square = el('i', { class: 'square' });
    this.title = el('b');
    this.axes = el('span', { class: 'quiet' });
    this.probes = el('span', { class: 'probes', role: 'group', 'data-part': 'probes' });
    this.follow = el('button', { type: 'button', class: 'chip', 'data-part': 'follow', onclick: () => actions.act('follow') });
    this.play = el('button', { type: 'button', class: 'play', 'data-part': 'play', onclick: () => actions.act('play') });
    this.frames = el('div', { class: 'frames', 'data-part': 'frames' });
    const head = el('div', { class: 'strip-head' }, el('span', { class: 'strip-title' }, this.square, this.title, this.axes), this.probes, this.follow, this.play);
    this.node = el('div', { class: 'film-strip', 'data-part': 'strip' }, head, this.frames);
    listen(this.frames, 'click', '[data-step]', (part) => actions.pick(numberOf(part, 'step')));
    listen(this.probes, 'click', '[data-probe]', (part) => actions.probe(numberOf(part, 'probe')));
  }

  /**
   * @param {TrainScene} scene
   * @param {{width: number, size: number, playing: boolean, following: boolean}} how
   */
  draw(scene, { width, size, playing, following }) {
    const { say, palette, reel, view, blockName } = scene;
    const { block, head } = view.head;
    set(this.square, { style: `background:${headColour(palette, head)}`, hidden: block ? null : '' });
    write(this.title, block ? say('train.strip.title', { block: blockName(block), head: head + 1 }) : say('train.strip.empty'));
    write(this.axes, block ? say('train.strip.axes') : '');
    set(this.follow, { hidden: reel.active && !following ? null : '' });
    write(this.follow, say('train.strip.follow'));
    write(this.play, say(playing ? 'train.strip.pause' : 'train.strip.play'));
    set(this.play, { disabled: reel.frames.length > 1 ? null : '' });
    this.drawProbes(scene);
    this.drawFrames(scene, scene.look.projector ? size : Math.min(size, Math.floor(width / MOST_FRAMES) - 6));
  }

  /** @param {TrainScene} scene */
  drawProbes({ reel, view, frame, say }) {
    const texts = reel.probes.map((probe, at) => textOf(frame ? reel.probeOf(frame, at).src : probe.src));
    join(
      this.probes,
      texts.length > 1 ? texts : [],
      () => el('button', { type: 'button', class: 'chip word' }),
      (node, text, at) => {
        write(node, chipOf(text));
        set(node, { 'data-probe': at, 'aria-pressed': String(at === view.probe), title: say('train.strip.probe', { text }) });
      },
    );
  }

  /**
   * @param {TrainScene} scene
   * @param {number} size
   */
  drawFrames(scene, size) {
    const { reel, view, palette, step, say } = scene;
    const slots = slotsOf(reel.steps, reel.lastStep, step, reel.active || reel.job?.state === 'paused');
    this.frames.style.setProperty('--size', size + 'px');
    const masked = reel.causal && view.head.block.startsWith('decoder') && view.head.block.endsWith('self_attn');
    join(
      this.frames,
      slots,
      () => el('button', { type: 'button', class: 'frame' }, el('canvas'), el('span', { class: 'num' })),
      (node, slot) => {
        const frame = slot === null ? null : reel.frames.find((one) => one.step === slot);
        const maps = frame?.maps.get(`${view.probe}.${view.head.block}`);
        const [canvas, label] = /** @type {[HTMLCanvasElement, Element]} */ (/** @type {unknown} */ (node.children));
        if (maps) paintMap(canvas, size, maps, view.head.head, masked, palette);
        set(canvas, { hidden: maps ? null : '' });
        write(label, frame ? String(frame.step) : '');
        const here = frame !== undefined && frame !== null && frame.step === step;
        set(node, { 'data-step': frame ? frame.step : null, 'aria-current': here ? 'true' : null, disabled: frame ? null : '', 'aria-label': frame ? say('train.step', { step: frame.step }) : null });
      },
    );
  }
}

/**
 * The end of a sentence, where the probes of a pair differ.
 * @param {string} text
 */
export function chipOf(text) {
  return [...text].length > LONGEST_CHIP ? '…' + [...text].slice(-LONGEST_CHIP).join('').trimStart() : text;
}

/** @param {readonly string[]} tokens */
export function textOf(tokens) {
  const spaced = tokens.some((token) => [...token].length > 1);
  return literal(tokens.join(spaced ? ' ' : ''));
}

/**
 * Which snapshots have a place in the strip: those nearest to eleven places that lie evenly on the axis of the curves.
 * The one at the cursor always has its place. What is still to come leaves its place empty.
 * @param {readonly number[]} steps of the snapshots that there are
 * @param {number} last
 * @param {number} now the step at the cursor
 * @param {boolean} [going] will there be more?
 * @returns {(number | null)[]}
 */
export function slotsOf(steps, last, now, going = false) {
  const all = [...steps];
  for (let next = Math.max(1, steps.at(-1) ?? 1) * Math.SQRT2; going && next < last; next *= Math.SQRT2) all.push(next);
  if (going && (steps.at(-1) ?? 0) < last) all.push(last);
  /** @type {number[]} */
  const chosen = [];
  for (let slot = Math.min(MOST_FRAMES, all.length) - 1, free = all.length; slot >= 0; slot--) {
    const wanted = Math.sqrt(last) * (slot / (MOST_FRAMES - 1));
    let best = free - 1;
    while (best > slot && Math.abs(Math.sqrt(all[best - 1]) - wanted) <= Math.abs(Math.sqrt(all[best]) - wanted)) best--;
    chosen.unshift(best);
    free = best;
  }
  const here = steps.indexOf(now);
  if (here >= 0 && !chosen.includes(here)) {
    const inner = chosen.slice(0, -1);
    const nearest = inner.reduce((best, one, at) => (Math.abs(one - here) < Math.abs(inner[best] - here) ? at : best), 0);
    chosen[nearest] = here;
    chosen.sort((a, b) => a - b);
  }
  const slots = chosen.map((at) => (at < steps.length ? steps[at] : null));
  return [...slots, .../** @type {null[]} */ (Array(MOST_FRAMES - slots.length).fill(null))];
}
