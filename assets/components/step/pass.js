/**
 * One whole forward pass: every tensor by name, with its axes, its tokens and the lines of source that made it.
 *
 * What is not sent is made here by the one exact operation that the model does there, and what can be checked is checked:
 * softmax of the scores made here must be the weights that were sent.
 */

import { leavesOf } from '../lacks.js';
import { nameTokens } from '../tokens.js';
import { damaged, fetchParcel } from './parcel.js';

/** @typedef {import('../payload.js').Sentence & {forced: boolean}} Sentence */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {{file: string, function: string, first: number, line: number, code: string[]}} Source */
/** @typedef {{symbol: string, axes: string[], section: string, source: Source | null}} CatalogueRow */
/** @typedef {CatalogueRow & {key: string, shape: number[]}} Spec */
/** @typedef {Map<string, import('./parcel.js').Tensor>} Parameters */

const LAYER = /^(encoder|decoder)\.\d+\./;
const TOLERANCE = 1e-5;
const ROUNDING = 2 ** -22; // of a score in float32, there and here: weights move by as much as scores do
const VERSION = 1;

/**
 * Ask for the pass of a sentence.
 * @param {string} run
 * @param {string} sentence
 * @param {string} said what the decoder is made to read instead of what it wrote itself; empty for its own words
 * @param {AbortSignal} [signal]
 */
export async function readPass(run, sentence, said, signal) {
  return new Pass(await fetchParcel('/lab/pass', said ? { run, s: sentence, t: said } : { run, s: sentence }, signal));
}

export class Pass {
  /** @param {import('./parcel.js').Parcel} parcel */
  constructor({ header, tensors, bytes }) {
    if (header.version !== VERSION) throw damaged('version');
    this.header = header;
    this.model = header.model;
    this.bytes = bytes;
    /** @type {Sentence} */
    this.sentence = header.sentence;
    /** @type {string[]} */
    this.names = header.names;
    /** @type {{src: string[], tgt: string[]}} */
    this.vocab = header.vocab;
    /** @type {{src: number[], tgt_in: number[], tgt_out: number[]}} */
    this.ids = header.ids;
    this.sent = tensors;
    /** @type {Map<string, Float32Array>} */
    this.made = new Map();
    this.words = namesOf(this.sentence);
    /** @type {Label[] | null} */
    this.vocabulary = null;
    for (const name of this.names) this.check(name);
  }

  /** @param {string} name */
  has(name) {
    return this.names.includes(name);
  }

  /**
   * @param {string} name
   * @returns {Spec}
   */
  spec(name) {
    const key = name.replace(LAYER, '');
    /** @type {CatalogueRow} */
    const row = this.header.specs[key];
    return { ...row, key, shape: this.shape(name) };
  }

  /**
   * The size of every axis, told by the tokens and the model's sizes.
   * @param {string} name
   * @returns {number[]}
   */
  shape(name) {
    const sent = this.sent.get(name);
    if (sent) return sent.shape;
    const { axes } = this.header.specs[name.replace(LAYER, '')];
    return axes.map((/** @type {string} */ axis) => this.size(name, axis));
  }

  /**
   * @param {string} name
   * @param {string} axis
   * @returns {number}
   */
  size(name, axis) {
    const { model } = this;
    const tokens = this.tokensOf(name, axis);
    if (tokens) return tokens.length;
    return { head: model.n_heads, d_k: model.d_k, d_model: model.d_model, d_ff: model.d_ff, vocab: model.tgt_vocab_size }[axis] ?? 0;
  }

  /**
   * Which words an axis runs over; null for features, heads and vocabularies.
   * @param {string} name
   * @param {string} axis
   * @returns {Label[] | null}
   */
  tokensOf(name, axis) {
    const { src, tgtIn } = this.words;
    const encoder = name.startsWith('encoder.');
    if (axis === 'src' || (axis === 'query' && encoder)) return src;
    if (axis === 'key') return encoder || name.includes('.cross_attn.') ? src : tgtIn;
    return axis === 'tgt' || axis === 'query' ? tgtIn : null;
  }

  /**
   * The names of what an axis runs over: words, 0 1 2 ... for features, the target vocabulary.
   * @param {string} name
   * @param {number} nth
   * @returns {Label[]}
   */
  labels(name, nth) {
    const axis = this.spec(name).axes[nth];
    const tokens = this.tokensOf(name, axis);
    if (tokens) return tokens;
    if (axis === 'vocab') return (this.vocabulary ??= nameTokens(this.vocab.tgt));
    return Array.from({ length: this.shape(name)[nth] }, (_, i) => ({ text: String(i), full: String(i), token: String(i) }));
  }

  /**
   * All numbers of a tensor, row-major.
   * @param {string} name
   * @returns {Float32Array}
   */
  values(name) {
    const sent = this.sent.get(name);
    if (sent) return sent.values;
    let made = this.made.get(name);
    if (!made) this.made.set(name, (made = this.make(name)));
    return made;
  }

  /**
   * One number of a tensor.
   * @param {string} name
   * @param {...number} index
   */
  at(name, ...index) {
    const shape = this.shape(name);
    return this.values(name)[index.reduce((flat, i, axis) => flat * shape[axis] + i, 0)];
  }

  /**
   * The residual stream as it enters a place of the model.
   * @param {string} place such as decoder.1.ffn
   * @returns {string}
   */
  incoming(place) {
    const [stack, layer, part] = place.split('.');
    const after = leavesOf(this.model);
    const parts = stack === 'encoder' ? ['self_attn', 'ffn'] : ['self_attn', 'cross_attn', 'ffn'];
    const at = parts.indexOf(part);
    if (at > 0) return `${stack}.${layer}.${parts[at - 1]}.${after}`;
    if (Number(layer) > 0) return `${stack}.${Number(layer) - 1}.ffn.${after}`;
    return stack === 'encoder' ? 'src_embed.sum' : 'tgt_embed.sum';
  }

  /**
   * Make what was not sent, by the model's own operation in float32.
   * @param {string} name
   * @returns {Float32Array}
   */
  make(name) {
    const block = name.split('.').slice(0, 3).join('.');
    if (name.endsWith('.scores.scaled')) return this.values(block + '.scores.raw').map((score) => score / Math.fround(Math.sqrt(this.model.d_k)));
    if (name.endsWith('.scores.masked')) return this.mask(block, this.values(this.openScores(block)));
    if (name.endsWith('.concat')) return this.merge(block);
    if (name.endsWith('.residual')) {
      const output = this.values(block + '.output');
      return this.values(this.incoming(block)).map((x, i) => x + output[i]);
    }
    throw damaged(name);
  }

  /**
   * The scores of a block before its mask.
   * @param {string} block
   */
  openScores(block) {
    return ['scores.biased', 'scores.scaled', 'scores.raw'].map((part) => `${block}.${part}`).find((name) => this.has(name)) ?? '';
  }

  /**
   * May a query look at a key? As the model's own masks say.
   * @param {string} block
   * @param {number} query
   * @param {number} key
   */
  open(block, query, key) {
    const ofTarget = block.startsWith('decoder.') && block.endsWith('.self_attn');
    return (ofTarget ? this.at('tgt_mask', query, key) : this.at('src_mask', key)) > 0;
  }

  /**
   * @param {string} block
   * @param {Float32Array} scores
   */
  mask(block, scores) {
    const [, queries, keys] = this.shape(block + '.weights');
    return scores.map((score, i) => (this.open(block, Math.floor(i / keys) % queries, i % keys) ? score : -Infinity));
  }

  /**
   * Lay the heads of the context side by side.
   * @param {string} block
   */
  merge(block) {
    const [heads, queries, d_k] = this.shape(block + '.context');
    const context = this.values(block + '.context');
    const concat = new Float32Array(context.length);
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) concat.set(context.subarray((h * queries + i) * d_k, (h * queries + i + 1) * d_k), i * heads * d_k + h * d_k);
    }
    return concat;
  }

  /**
   * Every tensor is there in its size; softmax over the scores that are made here gives the weights that were sent.
   * @param {string} name
   */
  check(name) {
    const spec = this.header.specs[name.replace(LAYER, '')];
    const sent = this.sent.get(name);
    if (!spec) throw damaged(name);
    if (sent && spec.axes.some((/** @type {string} */ axis, /** @type {number} */ i) => this.size(name, axis) && this.size(name, axis) !== sent.shape[i])) throw damaged(name);
    if (!name.endsWith('.weights')) return;
    const block = name.slice(0, -'.weights'.length);
    const [scores, weights] = [this.values(block + '.scores.masked'), this.values(name)];
    const keys = this.shape(name)[2];
    for (let start = 0; start < scores.length; start += keys) {
      const row = softmax(scores.subarray(start, start + keys));
      const allowed = TOLERANCE + ROUNDING * largestOf(scores.subarray(start, start + keys));
      if (row.some((weight, j) => !(Math.abs(weight - weights[start + j]) <= allowed))) throw damaged(name);
    }
  }
}

/**
 * The largest score by size, of those that a mask leaves.
 * @param {Float32Array} scores
 */
function largestOf(scores) {
  return scores.reduce((most, score) => (Number.isFinite(score) ? Math.max(most, Math.abs(score)) : most), 0);
}

/**
 * Softmax in float64.
 * @param {ArrayLike<number>} scores
 * @returns {number[]}
 */
export function softmax(scores) {
  const all = Array.from(scores);
  const max = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const exps = all.map((score) => Math.exp(score - max));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((exp) => exp / sum);
}

/**
 * The words of a pass with their subscripts. Greedy decoding reads what it wrote, so one list names both.
 * @param {Sentence} sentence
 */
function namesOf({ src, unknown, tgt_in, tgt_out }) {
  const all = nameTokens([...tgt_in, tgt_out.at(-1) ?? '']);
  return { src: nameTokens(src, unknown), tgtIn: all.slice(0, -1), tgtOut: all.slice(1) };
}
