/** How numbers come from the server: a JSON header and one little-endian buffer. See ui/pack.py. */

import { ask, receive } from '../net.js';
import { Refusal } from '../payload.js';

/** @typedef {{dtype: string, shape: number[], offset: number}} Place */
/** @typedef {{shape: number[], values: Float32Array}} Tensor */
/** @typedef {{header: any, tensors: Map<string, Tensor>, bytes: number}} Parcel */

/**
 * Fetch a parcel. Rejects with Offline when there is no answer, with Refusal when the answer is no.
 * @param {string} road such as /lab/pass
 * @param {Record<string, string>} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<Parcel>}
 */
export async function fetchParcel(road, question, signal) {
  if (window.__lab) window.__lab.fetches += 1;
  const response = await ask(road, question, signal);
  if (response.ok) return openParcel(await receive(() => response.arrayBuffer(), signal));
  const said = await response.json().catch(() => null);
  if (said?.error) throw new Refusal(String(said.error), said.values ?? {});
  throw new Refusal('explore.error.server', { status: response.status });
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {Parcel}
 */
export function openParcel(buffer) {
  const length = buffer.byteLength < 4 ? Infinity : new DataView(buffer).getUint32(0, true);
  if (4 + length > buffer.byteLength) throw damaged('header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const tensors = new Map(Object.entries(header.tensors ?? {}).map(([name, place]) => [name, openTensor(/** @type {Place} */ (place), buffer, 4 + length, name)]));
  return { header, tensors, bytes: buffer.byteLength };
}

/**
 * @param {Place} place
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {string} name
 * @returns {Tensor}
 */
function openTensor({ shape, offset }, buffer, start, name) {
  const size = shape.reduce((product, n) => product * n, 1);
  if (start + offset + 4 * size > buffer.byteLength || (start + offset) % 4) throw damaged(name);
  return { shape, values: new Float32Array(buffer, start + offset, size) };
}

/** @param {string} where */
export function damaged(where) {
  return new Refusal('explore.error.damaged', { where });
}
