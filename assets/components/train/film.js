/** The film of a training as it travels: a JSON header and the weights of each frame, one byte each. See ui/film.py. */

import { ask, receive } from '../net.js';
import { Refusal } from '../payload.js';

/** @typedef {{src: string[], tgt_in: string[], tgt_out: string[]}} Probe the tokens of one sentence that the film follows */
/** @typedef {{heads: number, rows: number, cols: number, values: Uint8Array | Float32Array, one: number}} Maps all heads of a block; `one` stands for a weight of 1 */
/** @typedef {{step: number, probes: Record<string, Partial<Probe>>, maps: Map<string, Maps>, bytes: number}} Frame maps by `probe.block` */
/** @typedef {{probes: Probe[], blocks: string[], heads: number, causal: boolean, total: number, next: number, frames: Frame[]}} FilmPart */

/**
 * Fetch some frames. Rejects with Offline when there is no answer, with Refusal when the answer is no.
 * @param {Record<string, string>} source job or run
 * @param {number} first
 * @param {number} most
 * @param {AbortSignal} signal
 * @returns {Promise<FilmPart>}
 */
export async function fetchFilm(source, first, most, signal) {
  if (window.__lab) window.__lab.fetches += 1;
  const response = await ask('/lab/film', { ...source, frame: String(first), most: String(most) }, signal);
  if (response.ok) return openFilm(await receive(() => response.arrayBuffer(), signal));
  const said = await response.json().catch(() => null);
  throw new Refusal(String(said?.error ?? 'train.error.server'), said?.values ?? { status: response.status });
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {FilmPart}
 */
export function openFilm(buffer) {
  const length = buffer.byteLength < 4 ? Infinity : new DataView(buffer).getUint32(0, true);
  if (4 + length > buffer.byteLength) throw damaged('header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const first = header.next - header.frames.length;
  /** @type {Frame[]} */
  const frames = header.frames.map((/** @type {any} */ { step, probes = {} }) => ({ step, probes, maps: new Map(), bytes: 0 }));
  for (const [name, place] of Object.entries(header.tensors)) {
    const [, nth, block] = /^(\d+)\.(\d+\..+)\.weights$/.exec(name) ?? [];
    const frame = frames[Number(nth) - first];
    if (!frame) throw damaged(name);
    const maps = openMaps(/** @type {any} */ (place), buffer, 4 + length, name);
    frame.maps.set(block, maps);
    frame.bytes += maps.values.byteLength;
  }
  return { probes: header.probes, blocks: header.blocks, heads: header.n_heads, causal: header.causal !== false, total: header.total, next: header.next, frames };
}

/**
 * @param {{dtype: 'u1' | 'f4', shape: number[], offset: number}} place
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {string} name
 * @returns {Maps}
 */
function openMaps({ dtype, shape, offset }, buffer, start, name) {
  const [heads, rows, cols] = shape;
  const [size, wide] = [heads * rows * cols, dtype === 'f4' ? 4 : 1];
  if (shape.length !== 3 || start + offset + wide * size > buffer.byteLength || (start + offset) % wide) throw damaged(name);
  const values = wide === 4 ? new Float32Array(buffer, start + offset, size) : new Uint8Array(buffer, start + offset, size);
  return { heads, rows, cols, values, one: wide === 4 ? 1 : 255 };
}

/** @param {string} where */
function damaged(where) {
  return new Refusal('explore.error.damaged', { where });
}
