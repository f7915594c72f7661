/** One way to ask our own server. A lost connection is told apart from an answer that says no. */

/** There was no answer at all: try again. */
export class Offline extends Error {}

/**
 * @param {string} road such as /lab/trace
 * @param {Record<string, string>} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function ask(road, question, signal) {
  try {
    return await fetch(road + '?' + new URLSearchParams(question), { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Offline(road);
  }
}

/**
 * Read the body of an answer. A connection may break in the middle of it, too.
 * @template T
 * @param {() => Promise<T>} read
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function receive(read, signal) {
  try {
    return await read();
  } catch (error) {
    if (signal?.aborted || error instanceof SyntaxError) throw error;
    throw new Offline('body');
  }
}
