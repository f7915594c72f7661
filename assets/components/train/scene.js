/** Everything a part of the Train page needs to draw itself. One object, made anew whenever something changes. */

import { blockOf } from '../blocks.js';
import { countText } from './numbers.js';
import { frameNear } from './reel.js';

/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {import('./reel.js').Event} Event */
/** @typedef {import('./film.js').Frame} Frame */
/**
 * @typedef {object} TrainView what is looked at; it lives in the address
 * @property {number | null} at the step of the cursor; null: the newest
 * @property {{block: string, head: number}} head whose film is shown
 * @property {number} probe
 * @property {string} picture of pictures.js
 * @property {boolean} table is the table twin shown?
 * @property {string} screen on the projector
 */
/**
 * @typedef {object} TrainScene
 * @property {Reel} reel the training that is shown
 * @property {Reel | null} beside another one, whose curves lie below
 * @property {TrainView} view
 * @property {Frame | null} frame the snapshot at the cursor
 * @property {number} index of that frame
 * @property {number} step of that frame
 * @property {Event[]} events
 * @property {import('../theme.js').Palette} palette
 * @property {{projector: boolean, width: number, height: number}} look
 * @property {string} lang
 * @property {import('../strings.js').Say} say
 * @property {import('../strings.js').SayWith} sayWith
 * @property {(key: string) => boolean} has
 * @property {(block: string) => string} blockName
 * @property {(n: number) => string} count a number as people read it: 12,300
 */

/**
 * @param {Pick<TrainScene, 'reel' | 'beside' | 'view' | 'palette' | 'look'>} parts
 * @param {import('../strings.js').Words} words
 * @returns {TrainScene}
 */
export function sceneOf(parts, words) {
  const { reel, view } = parts;
  const index = view.at === null ? reel.frames.length - 1 : frameNear(reel.frames, view.at);
  const frame = reel.frames[index] ?? null;
  return {
    ...parts,
    view: { ...view, head: headIn(reel, view.head), probe: Math.min(view.probe, Math.max(0, reel.probes.length - 1)) },
    frame,
    index,
    step: frame?.step ?? 0,
    events: reel.events,
    lang: words.lang,
    say: words.say,
    sayWith: words.sayWith,
    has: words.has,
    blockName: (block) => nameOf(block, reel.causal, words.say),
    count: (n) => countText(n, words.lang),
  };
}

/**
 * @param {string} block
 * @param {boolean} causal
 * @param {import('../strings.js').Say} say
 */
function nameOf(block, causal, say) {
  const { kind, layer } = blockOf(block);
  return say(kind === 'decoder' && !causal ? 'train.block.unmasked' : `train.block.${kind}`, { layer: layer + 1 });
}

/**
 * The head whose film is shown: another model may lack it. At first it is one of the last cross-attention.
 * @param {Reel} reel
 * @param {{block: string, head: number}} head
 */
function headIn(reel, head) {
  if (reel.blocks.includes(head.block)) return { block: head.block, head: Math.min(head.head, reel.heads - 1) };
  return firstHead(reel);
}

/**
 * The head that is worth looking at first: the one that aligns best at the end, else the first of the last block.
 * @param {Reel} reel
 */
export function firstHead(reel) {
  let best = { block: reel.blocks.at(-1) ?? '', head: 0, rate: -1 };
  for (const [block, rates] of Object.entries(reel.aligned)) {
    if (!reel.blocks.includes(block)) continue;
    rates.forEach((rate, head) => rate > best.rate && (best = { block, head, rate }));
  }
  return { block: best.block, head: best.head };
}
