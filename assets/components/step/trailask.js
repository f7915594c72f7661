/** What a trail is asked about, and how it gets at the operands: numbers of the pass, and what training learned. */

import { leavesOf, normsBefore } from '../lacks.js';

/** @typedef {import('./pass.js').Pass} Pass */
/** @typedef {import('./pass.js').Parameters} Parameters */
/** @typedef {import('../tokens.js').Label} Label */

/** The parameters of a place are not here yet. */
export class Awaited extends Error {
  /** @param {string} place */
  constructor(place) {
    super(place);
    this.place = place;
  }
}

/** This pass or this model does not have what the trail would need. */
export class Lacking extends Error {}

/**
 * The place of the model that a tensor is made in, and whose parameters its trail needs.
 * @param {string} name
 * @returns {string}
 */
export function ownerOf(name) {
  if (name === 'src_mask' || name === 'tgt_mask') return name.replace('mask', 'embed');
  return /^(?:(?:encoder|decoder)\.\d+\.\w+|src_embed|tgt_embed|memory)(?=\.|$)/.exec(name)?.[0] ?? 'output';
}

/** One cell of one tensor, and everything that led to it. */
export class Asked {
  /**
   * @param {Pass} pass
   * @param {Parameters | null} learned
   * @param {string} name
   * @param {readonly number[]} index
   */
  constructor(pass, learned, name, index) {
    this.pass = pass;
    this.model = pass.model;
    this.learned = learned;
    this.name = name;
    this.index = index;
    this.place = ownerOf(name);
    this.side = /** @type {'src' | 'tgt'} */ (/^(?:encoder|src_|memory$)/.test(name) ? 'src' : 'tgt');
    this.isCross = this.place.endsWith('.cross_attn');
  }

  /**
   * Another tensor of the same place.
   * @param {string} tail such as `scores.raw`
   */
  own(tail) {
    return `${this.place}.${tail}`;
  }

  /** @param {string} name */
  has(name) {
    return this.pass.has(name);
  }

  /**
   * One number of a tensor.
   * @param {string} name
   * @param {...number} index
   */
  at(name, ...index) {
    if (!this.has(name)) throw new Lacking(name);
    return this.pass.at(name, ...index);
  }

  /**
   * The last axis of a tensor at one place of the others.
   * @param {string} name
   * @param {...number} index
   * @returns {number[]}
   */
  row(name, ...index) {
    if (!this.has(name)) throw new Lacking(name);
    const shape = this.pass.shape(name);
    const width = shape[shape.length - 1];
    const start = index.reduce((flat, i, axis) => flat * shape[axis] + i, 0) * width;
    return Array.from(this.pass.values(name).subarray(start, start + width));
  }

  /**
   * What training learned here, by its name in the state dict.
   * @param {string} name
   */
  parameter(name) {
    if (!this.learned) throw new Awaited(this.place);
    const found = this.learned.get(name);
    if (!found) throw new Lacking(name);
    return found;
  }

  /**
   * One row of a learned matrix.
   * @param {string} name
   * @param {number} row
   * @returns {number[]}
   */
  weights(name, row) {
    const { shape, values } = this.parameter(name);
    return Array.from(values.subarray(row * shape[1], (row + 1) * shape[1]));
  }

  /**
   * One number of a learned vector.
   * @param {string} name
   * @param {number} at
   */
  learnedAt(name, at) {
    return this.parameter(name).values[at];
  }

  /**
   * The residual stream as it comes to the place of this tensor.
   * @returns {string}
   */
  get incoming() {
    const { n_encoder_layers, n_decoder_layers } = this.model;
    const last = leavesOf(this.model);
    if (this.place === 'memory') return `encoder.${n_encoder_layers - 1}.ffn.${last}`;
    if (this.place === 'output') return `decoder.${n_decoder_layers - 1}.ffn.${last}`;
    return this.pass.incoming(this.place);
  }

  /** What the sublayer reads: the stream in post norm, the normed stream in pre norm. */
  get entering() {
    return normsBefore(this.model) ? this.own('norm') : this.incoming;
  }

  /** What code calls that. */
  get variable() {
    return normsBefore(this.model) ? 'norm' : 'x';
  }

  /**
   * How a row is called: the word in the encoder, `qu' → il` in the decoder.
   * @param {number} row
   * @returns {Label}
   */
  rowLabel(row) {
    const { src, tgtIn, tgtOut } = this.pass.words;
    if (this.side === 'src') return src[row];
    const [reads, writes] = [tgtIn[row], tgtOut[row]];
    return { text: `${reads.text} → ${writes.text}`, full: `${reads.full} → ${writes.full}`, token: reads.token };
  }

  /**
   * The word that a key stands for.
   * @param {number} key
   * @returns {Label}
   */
  keyLabel(key) {
    const { src, tgtIn } = this.pass.words;
    return this.side === 'src' || this.isCross ? src[key] : tgtIn[key];
  }
}

/**
 * Names for features, heads, units: 0, 1, 2, ...
 * @param {number} n
 * @param {number} [first]
 */
export function counted(n, first = 0) {
  return Array.from({ length: n }, (_, i) => String(first + i));
}
