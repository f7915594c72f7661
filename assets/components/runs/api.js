/**
 * What the Runs page asks of the server: the list, one change at a time, an archive to bring in; with the server's key,
 * every training of the class. The key stays in this window: it is never in an address.
 */

import { Offline, receive } from '../net.js';
import { Refusal } from '../payload.js';

/** @typedef {import('../strings.js').Values} Values */
/**
 * @typedef {object} RunLine one run, as ui/runs_list.py tells it; of a damaged one, what could still be read
 * @property {string} name
 * @property {string | null} label what somebody called it
 * @property {boolean} shipped
 * @property {boolean} mine
 * @property {boolean} may rename and delete it
 * @property {boolean} nobodys made from the command line
 * @property {{why: string, file: string, said: string} | null} error why it cannot be used: a string key, the file, the exact sentence
 * @property {number | null} date seconds since 1970
 * @property {number} [bytes]
 * @property {number} [frames]
 * @property {string | null} [task]
 * @property {[number, number]} [layers]
 * @property {number} [heads]
 * @property {number} [d_model]
 * @property {number} [parameters]
 * @property {string[]} [choices] string keys of what is not as in the paper
 * @property {number | null} [steps]
 * @property {number | null} [seed]
 * @property {number | null} [exact_match]
 * @property {number | null} [n_test]
 * @property {[number, number, number | null][]} [curve]
 */
/** @typedef {{name: string, label: string | null, until: number}} Thrown */
/** @typedef {{id: string, state: string, wish: string, place: number | null, of: number, wait_s: number | null, label: string, task: string, step: number, steps: number, left_s: number | null, mine: boolean, run: string | null, created: number, says: import('../payload.js').Notice}} Job */
/** @typedef {{runs: RunLine[], trash: Thrown[], teacher: boolean}} Shelf */

const OWN = { 'X-Lab': '1' };
const KEY = 'lab_key';
const WRONG_KEY = 'jobs.refuse.key';

/** The server's key, as long as this window is open. */
export function keyOf() {
  return window.sessionStorage.getItem(KEY) ?? '';
}

/** @param {string} key nothing to forget it */
export function keepKey(key) {
  if (key) window.sessionStorage.setItem(KEY, key);
  else window.sessionStorage.removeItem(KEY);
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<Shelf>}
 */
export async function readShelf(signal) {
  try {
    return await get('/lab/runs', keyOf(), signal);
  } catch (error) {
    if (!(error instanceof Refusal) || error.key !== WRONG_KEY) throw error;
    keepKey(''); // the server has another one by now
    return get('/lab/runs', '', signal);
  }
}

/**
 * One's own trainings that are not over yet. A server without any says nothing about them.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Job[]>}
 */
export async function readJobs(signal) {
  const { jobs = [] } = await get('/lab/jobs', '', signal);
  return jobs.filter(isOpen);
}

/**
 * Every training on this server, for whoever has its key.
 * @param {string} key
 * @returns {Promise<Job[]>}
 */
export async function readClass(key) {
  const { jobs = [] } = await get('/lab/jobs', key);
  return jobs;
}

/** @param {string} id */
export function stopJob(id) {
  return post(`/lab/jobs/${id}`, JSON.stringify({ wish: 'stop' }), 'application/json');
}

/** @param {Job} job */
export function isOpen({ state }) {
  return state === 'waiting' || state === 'running' || state === 'paused';
}

/**
 * @param {string} road
 * @param {string} key
 * @param {AbortSignal} [signal]
 */
async function get(road, key, signal) {
  let response;
  try {
    response = await fetch(road, { signal, headers: key ? { 'X-Lab-Key': key } : {} });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Offline(road);
  }
  return answer(response, signal);
}

/**
 * @param {string} name
 * @param {{label: string} | {delete: true} | {undo: true}} wish
 * @returns {Promise<{name: string, label?: string}>}
 */
export function change(name, wish) {
  return post('/lab/runs/' + encodeURIComponent(name), JSON.stringify(wish), 'application/json');
}

/**
 * @param {File} file
 * @returns {Promise<{name: string}>}
 */
export function bring(file) {
  return post('/lab/archive', file, 'application/zip');
}

/**
 * @param {string} road
 * @param {BodyInit} body
 * @param {string} type
 */
async function post(road, body, type) {
  let response;
  try {
    response = await fetch(road, { method: 'POST', body, headers: { ...OWN, ...(keyOf() ? { 'X-Lab-Key': keyOf() } : {}), 'Content-Type': type } });
  } catch {
    throw new Offline(road);
  }
  return answer(response);
}

/**
 * @param {Response} response
 * @param {AbortSignal} [signal]
 */
async function answer(response, signal) {
  if (response.ok) return receive(() => response.json(), signal);
  const said = await response.json().catch(() => null);
  if (said?.error) throw new Refusal(String(said.error), said.values ?? {});
  throw new Refusal('explore.error.server', { status: response.status });
}
