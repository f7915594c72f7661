/** What the Train page asks of the server and tells it. A refusal is a sentence; a lost connection is told apart. */

import { ask, Offline, receive } from '../net.js';
import { Refusal } from '../payload.js';

/** @typedef {Record<string, string>} Question */

// A foreign page cannot send this header, so nobody else's page can start or stop a training in a visitor's name.
const OURS = { 'X-Lab': '1' };

/**
 * @param {string} road such as /lab/train
 * @param {Question} [question]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(road, question = {}, signal) {
  return answerOf(await ask(road, question, signal), signal);
}

/**
 * Tell the server something as JSON.
 * @param {string} road
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export async function send(road, body) {
  return post(road, JSON.stringify(body), 'application/json');
}

/**
 * Send the bytes of a file as they are.
 * @param {string} road
 * @param {Blob} file
 * @returns {Promise<any>}
 */
export async function sendFile(road, file) {
  return post(road, file, 'application/octet-stream');
}

/**
 * @param {string} road
 * @param {string | Blob} body
 * @param {string} type
 */
async function post(road, body, type) {
  if (window.__lab) window.__lab.fetches += 1;
  let response;
  try {
    response = await fetch(road, { method: 'POST', headers: { ...OURS, 'Content-Type': type }, body });
  } catch {
    throw new Offline(road);
  }
  return answerOf(response);
}

/**
 * @param {Response} response
 * @param {AbortSignal} [signal]
 */
async function answerOf(response, signal) {
  if (response.ok) return receive(() => response.json(), signal);
  const said = await response.json().catch(() => null);
  if (said?.error) throw new Refusal(String(said.error), said.values ?? {});
  if (response.status >= 502) throw new Offline(String(response.status)); // something in between says that nobody is there
  throw new Refusal('train.error.server', { status: response.status });
}
