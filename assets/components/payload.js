/** What the server sends for one sentence: a JSON header and one little-endian buffer. Nothing of it is believed unread. */

import { ask, receive } from './net.js';

/** @typedef {{dtype: 'f4' | 'u1', shape: number[], offset: number}} TensorPlace */
/**
 * @typedef {object} ModelFacts
 * @property {number} d_model
 * @property {number} n_heads
 * @property {number} d_k
 * @property {number} n_encoder_layers
 * @property {number} n_decoder_layers
 * @property {number} d_ff
 * @property {boolean} norm_first
 * @property {boolean} residual is what a sublayer gives added to what it read? Else it takes its place
 * @property {boolean} layer_norm
 * @property {boolean} causal are the words after a row's own hidden from it in the decoder?
 * @property {string} position a key of transformer/positions.py
 * @property {string} score
 * @property {number} parameters
 */
/** @typedef {{mean: number, argmax: number}} Score */
/**
 * @typedef {object} HeadFacts what a head did on the test sentences
 * @property {number} entropy
 * @property {number | null} [previous]
 * @property {number | null} [next]
 * @property {number | null} [same]
 * @property {number | null} [first]
 * @property {Score | null} [alignment]
 * @property {Score | null} [referent]
 * @property {Record<string, Score | null> | null} [pronoun]
 * @property {Record<string, Score | null>} [relations] by the name of the relation
 * @property {{pronoun: number | null} | null} [knockout] the share of pronouns that stay right without the head
 * @property {string} badge
 */
/** @typedef {{block: string, head: number, from: string, to: string, mean: number, argmax: number}} Hop */
/** @typedef {{hops: Hop[], score?: number, pronoun_accuracy?: number | null, first?: Hop | null, alone?: number | null}} Road best first */
/** @typedef {{position: number, words: string[], index: number}} Flip */
/** @typedef {{key: string, values: Record<string, string | number>}} Notice */
/**
 * @typedef {object} Sentence one traced sentence
 * @property {string} typed
 * @property {string} read
 * @property {string[]} src
 * @property {boolean[]} unknown
 * @property {string[]} tgt_in
 * @property {string[]} tgt_out
 * @property {{src: boolean[], tgt_in: boolean[]}} special
 * @property {[number, number][] | null} alignment target row and source key; a row may have several keys
 * @property {Record<string, [number, number][]>} relations what else a row needs, by name
 * @property {Record<string, number[]>} roles where each role of transformer/gold.py stands
 * @property {number | null} watch the target row to point at first
 * @property {Flip | null} flip
 * @property {number[]} p
 * @property {[string, number][][]} top
 * @property {string} output
 * @property {string | null} answer
 * @property {boolean | null} agrees
 * @property {string | null} nearest
 * @property {boolean} finished
 * @property {Notice[]} notices
 * @property {Record<string, TensorPlace>} tensors
 */
/**
 * @typedef {object} Header
 * @property {number} version
 * @property {string} run
 * @property {string | null} task
 * @property {{src: string, tgt: string}} units what one token is: word, letter, digit, character or piece
 * @property {ModelFacts} model
 * @property {Record<string, any>} training
 * @property {Record<string, HeadFacts[]> | null} heads
 * @property {{block: string, head: number} | null} start
 * @property {Road[] | null} road
 * @property {number} [n_sentences] how many test sentences the heads were measured on
 * @property {number | null} [pronoun_accuracy] of the whole model on them
 * @property {number} max_len
 * @property {string[]} languages
 * @property {{label: string, text: string}[]} examples
 * @property {Record<string, string[]>} known
 * @property {number} show
 * @property {Sentence[]} traces
 */
/** @typedef {Sentence & {weights: Map<string, Float32Array>, causal: boolean}} Trace one sentence with its attention maps opened */
/** @typedef {{header: Header, traces: Trace[], bytes: number}} Payload */

/** The server said no, in words: a string key and the values for it. */
export class Refusal extends Error {
  /**
   * @param {string} key
   * @param {Record<string, string | number>} values
   */
  constructor(key, values) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

const VERSION = 2;

/**
 * Ask for the trace of a sentence. Rejects with Offline when there is no answer, with Refusal when the answer is no.
 * @param {string} run
 * @param {string} sentence
 * @param {AbortSignal} signal
 * @returns {Promise<Payload>}
 */
export async function readTrace(run, sentence, signal) {
  const response = await ask('/lab/trace', { run, s: sentence }, signal);
  if (response.ok) return openPayload(await receive(() => response.arrayBuffer(), signal));
  const said = await response.json().catch(() => null);
  if (said?.error) throw new Refusal(String(said.error), said.values ?? {});
  throw new Refusal('explore.error.server', { status: response.status });
}

/**
 * Open the bytes of a trace and verify that every map has the size that its tokens ask for.
 * @param {ArrayBuffer} buffer
 * @returns {Payload}
 */
export function openPayload(buffer) {
  const length = buffer.byteLength < 4 ? Infinity : new DataView(buffer).getUint32(0, true);
  if (4 + length > buffer.byteLength) throw damaged('header');
  /** @type {Header} */
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (header.version !== VERSION) throw damaged('version');
  const traces = header.traces.map((sentence) => openSentence(sentence, header.model, buffer, 4 + length));
  return { header, traces, bytes: buffer.byteLength };
}

/**
 * @param {Sentence} sentence
 * @param {ModelFacts} model
 * @param {ArrayBuffer} buffer
 * @param {number} start where the tensors begin
 * @returns {Trace}
 */
function openSentence(sentence, model, buffer, start) {
  const weights = new Map();
  for (const [name, place] of Object.entries(sentence.tensors)) {
    const queries = name.startsWith('encoder.') ? sentence.src.length : sentence.tgt_in.length;
    const keys = name.includes('.self_attn.') ? queries : sentence.src.length;
    const expected = [model.n_heads, queries, keys];
    if (!name.endsWith('.weights')) continue;
    if (String(place.shape) !== String(expected)) throw damaged(name);
    const values = openTensor(place, buffer, start, name);
    assertRowsSumToOne(values, keys, place.dtype === 'u1' ? keys / 255 : 1e-4, name);
    weights.set(name, values);
  }
  if (sentence.tgt_out.length !== sentence.tgt_in.length) throw damaged('tgt_out');
  return { ...sentence, weights, causal: model.causal };
}

/**
 * @param {TensorPlace} place
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {string} name
 */
function openTensor(place, buffer, start, name) {
  const size = place.shape.reduce((product, n) => product * n, 1);
  const offset = start + place.offset;
  const width = place.dtype === 'f4' ? 4 : 1;
  if (offset + width * size > buffer.byteLength || offset % width) throw damaged(name);
  if (place.dtype === 'f4') return new Float32Array(buffer, offset, size);
  return Float32Array.from(new Uint8Array(buffer, offset, size), (byte) => byte / 255);
}

/**
 * A row of weights is a softmax: it sums to 1. A map that does not is not drawn.
 * @param {Float32Array} values
 * @param {number} keys
 * @param {number} tolerance
 * @param {string} name
 */
function assertRowsSumToOne(values, keys, tolerance, name) {
  for (let start = 0; start < values.length; start += keys) {
    let sum = 0;
    for (let j = 0; j < keys; j++) sum += values[start + j];
    if (!(Math.abs(sum - 1) <= tolerance)) throw damaged(name);
  }
}

/** @param {string} where */
function damaged(where) {
  return new Refusal('explore.error.damaged', { where });
}
