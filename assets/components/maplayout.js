/** Where each box of the whole-model map stands. Drawn bottom-up, as figure 1 of the paper, for any number of layers and heads. */

import { normsAfter } from './lacks.js';

/** @typedef {import('./payload.js').ModelFacts} ModelFacts */
/** @typedef {'attention' | 'feed' | 'norm' | 'plain' | 'memory' | 'softmax' | 'caption' | 'note'} BoxKind */
/** @typedef {{page: string, b: string, g?: string}} Door the step page, place and stage that a box opens */
/** @typedef {{kind: BoxKind, key: string, x: number, y: number, w: number, h: number, block?: string, door?: Door, gone?: boolean}} Box gone: the model lacks it, and it is crossed out */
/** @typedef {{x: number, y: number, head: number, block: string}} Thumb */
/** @typedef {{boxes: Box[], thumbs: Thumb[], wires: {d: string, memory: boolean}[], width: number, height: number}} Layout */
/** `top`: room for the map's own words above the encoder, and for what memory feeds. */
/** @typedef {{column: number, gap: number, thumb: number, label: number, plain: number, softmax: number, norm: number, space: number, top: number, text: number}} Geometry */

/** @type {Geometry} */
export const DESK = { column: 125, gap: 14, thumb: 26, label: 22, plain: 20, softmax: 38, norm: 9, space: 4, top: 102, text: 13 };
/** @type {Geometry} */
export const PROJECTOR = { column: 300, gap: 56, thumb: 27, label: 26, plain: 26, softmax: 32, norm: 5, space: 2, top: 136, text: 20 };

const PER_ROW = 4;
const INSIDE = ['rotary', 'alibi']; // positions that act inside self-attention

/**
 * Stack the boxes of one column from the top down.
 * @param {number} x
 * @param {Geometry} g
 */
function columnOf(x, g) {
  /** @type {Box[]} */
  const boxes = [];
  let y = 0;
  return {
    boxes,
    /** @param {BoxKind} kind @param {string} key @param {number} h @param {number} [space] @param {{block?: string, door?: Door, gone?: boolean}} [to] */
    add(kind, key, h, space = g.space, to = {}) {
      boxes.push({ kind, key, x, y, w: g.column, h, ...to });
      y += h + space;
    },
    /** @param {number} space */
    skip(space) {
      y += space;
    },
    height: () => y,
  };
}

/**
 * Lay out the whole model.
 * @param {ModelFacts} model
 * @param {Geometry} room
 * @returns {Layout}
 */
export function layoutOf(model, room) {
  const tall = model.norm_first || !model.residual || INSIDE.includes(model.position); // one norm more in each column, or two lines of text
  const g = tall ? { ...room, space: room.space - 1, norm: room.norm - 1 } : room;
  const rows = Math.ceil(model.n_heads / PER_ROW);
  const attention = g.label + rows * (g.thumb + 3) + g.space + 3;
  const encoder = columnOf(0, g);
  const decoder = columnOf(g.column + g.gap, g);
  encoder.skip(g.top);
  encoder.add('memory', 'explore.map.memory', g.plain + 4, g.space + 6, { door: { page: 'encoder', b: 'memory' } });
  finalNorm(encoder, model, g, { page: 'encoder', b: 'memory' });
  for (let layer = model.n_encoder_layers - 1; layer >= 0; layer--) addLayer(encoder, model, g, attention, layer, ['feed', 'encoder']);
  const output = { page: 'output', b: 'output' };
  decoder.add('softmax', 'explore.map.softmax', g.softmax, 8, { door: { ...output, g: 'p' } });
  decoder.add('plain', 'explore.map.linear', g.plain, 8, { door: { ...output, g: 'logits' } });
  finalNorm(decoder, model, g, { ...output, g: 'decoder_output' });
  for (let layer = model.n_decoder_layers - 1; layer >= 0; layer--) {
    addLayer(decoder, model, g, attention, layer, ['feed', 'cross', 'decoder']);
  }
  addFeet(encoder, model, g, 'src');
  addFeet(decoder, model, g, 'tgt');
  const height = Math.max(encoder.height(), decoder.height());
  for (const column of [encoder, decoder]) for (const box of column.boxes) box.y += height - column.height();
  const boxes = [...encoder.boxes, ...decoder.boxes];
  const thumbs = boxes.flatMap((box) => thumbsOf(box, model.n_heads, g));
  return { boxes, thumbs, wires: wiresOf(boxes, g), width: 2 * g.column + g.gap, height };
}

/** @typedef {ReturnType<typeof columnOf>} Column */

/**
 * One layer, top down. Post norm: add & norm stands above each sublayer. Pre norm: the norm stands below it.
 * @param {Column} column
 * @param {ModelFacts} model
 * @param {Geometry} g
 * @param {number} attention height of an attention block
 * @param {number} layer
 * @param {('feed' | 'encoder' | 'cross' | 'decoder')[]} sublayers
 */
function addLayer(column, model, g, attention, layer, sublayers) {
  const stack = sublayers.includes('encoder') ? 'encoder' : 'decoder';
  for (const sublayer of sublayers) {
    const b = sublayer === 'feed' ? `${stack}.${layer}.ffn` : nameOf(sublayer, layer);
    const page = sublayer === 'feed' ? stack : 'attention';
    addSum(column, model, g, { page, b, g: 'add' });
    if (sublayer === 'feed') column.add('feed', 'explore.map.feed_forward', g.plain + 4, g.space, { door: { page, b } });
    else column.add('attention', 'explore.map.' + sublayer, attention, g.space, { block: b });
    if (model.norm_first && model.layer_norm) column.add('norm', 'explore.map.norm', g.norm, g.space, { door: { page, b, g: 'norm' } });
    if (model.norm_first && !model.layer_norm) column.add('norm', 'bugs.map.norm', g.norm, g.space, { door: { page, b }, gone: true });
  }
  column.skip(g.space + 2);
}

/**
 * What stands above a sublayer. Post norm: the sum and its norm. Pre norm: nothing but the sum, which has no box of its own.
 * Where one of the two is missing the other stands alone; what is missing altogether is crossed out.
 * @param {Column} column
 * @param {ModelFacts} model
 * @param {Geometry} g
 * @param {Door} door
 */
function addSum(column, model, g, door) {
  const [sums, norms] = [model.residual, normsAfter(model)];
  if (sums && model.norm_first) return;
  if (sums && norms) return column.add('norm', 'explore.map.add_norm', g.norm, g.space, { door });
  if (sums) return column.add('norm', 'bugs.map.sum_alone', g.norm, g.space, { door });
  if (norms) return column.add('norm', 'bugs.map.norm_alone', g.norm, g.space, { door: { ...door, g: 'norm' } });
  column.add('norm', model.norm_first ? 'bugs.map.sum' : 'bugs.map.both', g.norm, g.space, { door: { page: door.page, b: door.b }, gone: true });
}

/**
 * @param {'encoder' | 'cross' | 'decoder'} sublayer
 * @param {number} layer
 */
function nameOf(sublayer, layer) {
  const side = sublayer === 'encoder' ? 'encoder' : 'decoder';
  return `${side}.${layer}.${sublayer === 'cross' ? 'cross' : 'self'}_attn`;
}

/**
 * In pre norm the last sum is not normalised by any sublayer: one more norm stands on top.
 * @param {Column} column
 * @param {ModelFacts} model
 * @param {Geometry} g
 * @param {Door} door
 */
function finalNorm(column, model, g, door) {
  if (model.norm_first && model.layer_norm) column.add('norm', 'explore.map.final_norm', g.norm, g.space + 2, { door });
}

/**
 * Positions are added to the embedding, or act inside self-attention, or there are none.
 * @param {Column} column
 * @param {ModelFacts} model
 * @param {Geometry} g
 * @param {'src' | 'tgt'} side
 */
function addFeet(column, { position }, g, side) {
  const [page, b] = ['tokens', `${side}_embed`];
  const positions = { door: { page, b, g: 'position' } };
  if (position === 'sinusoidal') column.add('plain', 'explore.map.positions', g.plain, 8, positions);
  if (position === 'learned') column.add('plain', 'explore.map.positions_learned', g.plain, 8, positions);
  if (INSIDE.includes(position)) column.add('note', 'explore.map.positions_' + position, 2 * (g.text + 4), 8);
  column.add('plain', `explore.map.embedding_${side}`, g.plain, 3, { door: { page, b } });
  column.add('caption', `explore.map.words_${side}`, g.text + 5, 0);
}

/**
 * @param {Box} box
 * @param {number} heads
 * @param {Geometry} g
 * @returns {Thumb[]}
 */
function thumbsOf(box, heads, g) {
  const { block } = box;
  if (!block) return [];
  const inRow = Math.min(heads, PER_ROW);
  const pitch = Math.min(g.thumb + 14, (box.w - 8) / PER_ROW);
  const left = box.x + (box.w - pitch * inRow + (pitch - g.thumb)) / 2;
  return Array.from({ length: heads }, (_, head) => ({
    head,
    block,
    x: left + (head % PER_ROW) * pitch,
    y: box.y + g.label + Math.floor(head / PER_ROW) * (g.thumb + 3),
  }));
}

/**
 * The trunk of each column, and memory's line to every cross-attention.
 * @param {Box[]} boxes
 * @param {Geometry} g
 */
function wiresOf(boxes, g) {
  const wires = [0, g.column + g.gap].map((x) => {
    const column = boxes.filter((box) => box.x === x && box.kind !== 'caption');
    const middle = x + g.column / 2;
    return { d: `M${middle},${column[0].y + 4}V${(column.at(-1)?.y ?? 0) + 4}`, memory: false };
  });
  const memory = boxes.find((box) => box.kind === 'memory');
  const readers = boxes.filter((box) => box.block?.endsWith('cross_attn')).map((box) => box.y + box.h / 2);
  if (memory && readers.length) {
    const y = memory.y + memory.h / 2;
    const x = g.column + g.gap * 0.55;
    wires.push({ d: `M${g.column},${y}H${x}M${x},${Math.min(y, ...readers)}V${Math.max(y, ...readers)}`, memory: true });
    const tip = g.column + g.gap - 1;
    for (const reader of readers) wires.push({ d: `M${x},${reader}H${tip}m-5,-4l5,4l-5,4`, memory: true });
  }
  return wires;
}

