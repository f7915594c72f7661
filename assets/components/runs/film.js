/** A run's story, fetched once: how its numbers went, and every picture of its attention that was taken on the way. */

import { ask, receive } from '../net.js';
import { Refusal } from '../payload.js';

/** @typedef {{src: string[], tgt_in: string[], tgt_out: string[]}} Probe a sentence that the film follows */
/** @typedef {{shape: number[], at: (head: number, row: number, col: number) => number}} Map3 */
/** @typedef {{step: number, probes: Probe[], maps: Map<string, Map3>}} Frame `maps` by probe and block: `0.encoder.0.self_attn` */
/**
 * @typedef {object} Story
 * @property {string} run
 * @property {string[]} blocks
 * @property {number} heads
 * @property {boolean} causal
 * @property {Frame[]} frames
 * @property {Record<string, any>[]} lines
 * @property {Record<string, any>} recipe
 * @property {Record<string, any>} results
 * @property {Record<string, any>} model
 */

const AT_ONCE = 32; // frames in one parcel
const MOST_PARCELS = 40;

/** @type {Map<string, Promise<Story>>} */
const stories = new Map();

/**
 * Tell a run's story. What failed is forgotten, so that the next try asks again.
 * @param {string} run
 * @param {string} stamp changes when the run does
 * @returns {Promise<Story>}
 */
export function readStory(run, stamp) {
  const key = run + ' ' + stamp;
  let story = stories.get(key);
  if (!story) {
    story = fetchStory(run);
    story.catch(() => stories.delete(key));
    stories.set(key, story);
  }
  return story;
}

/**
 * @param {string} run
 * @returns {Promise<Story>}
 */
async function fetchStory(run) {
  const history = await (await heard('/lab/history', { run })).json();
  /** @type {Frame[]} */
  const frames = [];
  let head = { blocks: [], n_heads: 0, causal: true, next: 0, total: 1 };
  for (let n = 0; n < MOST_PARCELS && head.next < head.total; n++) {
    const response = await heard('/lab/film', { run, frame: String(head.next), most: String(AT_ONCE) });
    const before = head.next;
    head = openFilm(await receive(() => response.arrayBuffer()), frames);
    if (head.next <= before) break;
  }
  const { lines = [], recipe = {}, results = {}, model = {} } = history;
  return { run, blocks: head.blocks, heads: head.n_heads, causal: head.causal !== false, frames, lines, recipe, results: results ?? {}, model: model ?? {} };
}

/**
 * @param {string} road
 * @param {Record<string, string>} question
 */
async function heard(road, question) {
  if (window.__lab) window.__lab.fetches += 1;
  const response = await ask(road, question);
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  if (said?.error) throw new Refusal(String(said.error), said.values ?? {});
  throw new Refusal('explore.error.server', { status: response.status });
}

/**
 * Open a parcel of frames and add them to those that are there. Every map must have the size that its tokens ask for.
 * @param {ArrayBuffer} buffer
 * @param {Frame[]} frames
 * @returns {any} the header
 */
export function openFilm(buffer, frames) {
  const length = buffer.byteLength < 4 ? Infinity : new DataView(buffer).getUint32(0, true);
  if (4 + length > buffer.byteLength) throw damaged('header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const first = frames.length;
  for (const { step, probes = {} } of header.frames) {
    frames.push({ step, probes: header.probes.map((/** @type {Probe} */ probe, /** @type {number} */ p) => ({ ...probe, ...probes[p] })), maps: new Map() });
  }
  for (const [name, place] of Object.entries(header.tensors)) {
    const found = /^(\d+)\.((\d+)\.(.+))\.weights$/.exec(name);
    const frame = found && frames[Number(found[1])];
    if (!found || !frame || Number(found[1]) < first) throw damaged(name);
    const probe = frame.probes[Number(found[3])];
    frame.maps.set(found[2], openMap(/** @type {any} */ (place), buffer, 4 + length, probe && sizesOf(found[4], probe, header.n_heads), name));
  }
  return header;
}

/**
 * @param {string} block
 * @param {Probe} probe
 * @param {number} heads
 */
function sizesOf(block, probe, heads) {
  const rows = block.startsWith('encoder') ? probe.src.length : probe.tgt_in.length;
  return [heads, rows, block.includes('cross') ? probe.src.length : rows];
}

/**
 * @param {{dtype: string, shape: number[], offset: number}} place
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {number[] | undefined} expected
 * @param {string} name
 * @returns {Map3}
 */
function openMap({ dtype, shape, offset }, buffer, start, expected, name) {
  const [at, size, width] = [start + offset, shape.reduce((product, n) => product * n, 1), dtype === 'f4' ? 4 : 1];
  if (!expected || String(shape) !== String(expected) || at + width * size > buffer.byteLength || at % width) throw damaged(name);
  const [, rows, cols] = shape;
  const values = width === 4 ? new Float32Array(buffer, at, size) : new Uint8Array(buffer, at, size);
  const one = width === 4 ? 1 : 255;
  return { shape, at: (head, row, col) => values[(head * rows + row) * cols + col] / one };
}

/** @param {string} where */
function damaged(where) {
  return new Refusal('explore.error.damaged', { where });
}

/**
 * The frame of a step: that one, or the last before it.
 * @param {Story} story
 * @param {number} step
 */
export function frameAt(story, step) {
  const later = story.frames.findIndex((frame) => frame.step > step);
  return later < 0 ? story.frames.length - 1 : Math.max(0, later - 1);
}

/**
 * Do two models read the same words, and did they write the same ones? Otherwise their weights cannot be subtracted.
 * @param {Probe | undefined} one
 * @param {Probe | undefined} other
 * @param {string} block
 */
export function sameWords(one, other, block) {
  if (!one || !other || !alike(one.src, other.src)) return false;
  return block.startsWith('encoder') || (alike(one.tgt_in, other.tgt_in) && alike(one.tgt_out, other.tgt_out));
}

/**
 * @param {string[]} one
 * @param {string[]} other
 */
export function alike(one, other) {
  return one.length === other.length && one.every((token, i) => token === other[i]);
}
