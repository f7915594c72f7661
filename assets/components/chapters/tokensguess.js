/** What a person may predict before looking: how many ids a cut makes, and which row lies nearest. True answers only. */

import { literal } from '../tokens.js';
import { askNear, tokenName } from './tokensnear.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */
/** @typedef {import('../step/guess.js').Guess} Guess */

const LONGEST = 44;

/**
 * @param {Scene} scene
 * @returns {Guess | null}
 */
export function guess(scene) {
  const { tab } = scene.view;
  if (tab === 'step') return guessShape(scene);
  return tab === 'pieces' ? guessPieces(scene) : guessNearest(scene);
}

/**
 * The shape of what the encoder is given.
 * @param {Scene} scene
 * @returns {Guess | null}
 */
function guessShape({ pass, model, place, say }) {
  const name = `${place.name}.sum`;
  if (!pass.has(name)) return null;
  const [rows, width] = pass.shape(name);
  const shapes = [`${rows} × ${width}`, `${width} × ${rows}`, `${rows} × ${pass.vocab[place.side].length}`];
  const choices = turned([...new Set(shapes)], rows);
  return { question: say('tokens.guess.shape', { name }), choices, right: choices.indexOf(shapes[0]), explain: say('tokens.guess.shape_why', { n: rows, d_model: model.d_model }) };
}

/**
 * How many pieces the longest growth of a word ends with.
 * @param {Scene} scene
 * @returns {Guess | null}
 */
function guessPieces(scene) {
  const { say, view } = scene;
  const side = view.options.side === 'tgt' ? 'tgt' : 'src';
  const answer = scene.header.task ? scene.ask({ what: 'merges', side }) : null; // without sentences nothing can be learnt
  if (!answer || answer.trouble) return null;
  /** @type {{words: {word: string, rungs: [number, string[]][]}[], most: number}} */
  const { words, most } = /** @type {any} */ (answer).header;
  const shown = words.reduce((most, { word }) => Math.max(most, word.length), 0);
  const told = words.filter(({ word, rungs }) => rungs.length > 2 && (words.length < 3 || word.length < shown)); // the ladder shows the longest
  const longest = told.reduce((best, one) => (!best || one.rungs.length > best.rungs.length ? one : best), told[0]);
  if (!longest) return null;
  const right = longest.rungs[longest.rungs.length - 1][1].length;
  const numbers = [...new Set([right, longest.rungs[0][1].length, Math.max(right + 1, Math.round(longest.rungs[0][1].length / 2))])].sort((a, b) => a - b);
  if (numbers.length < 2) return null;
  const word = literal([...longest.word].slice(0, LONGEST).join(''));
  return { question: say('tokens.guess.pieces', { word, most }), choices: numbers.map(String), right: numbers.indexOf(right), explain: say('tokens.guess.pieces_why') };
}

/**
 * Which row of the table lies nearest to a row of this sentence: another one than the list beside the picture opens with.
 * @param {Scene} scene
 * @returns {Guess | null}
 */
function guessNearest(scene) {
  const { pass, say, view } = scene;
  const side = view.options.side === 'tgt' ? 'tgt' : 'src';
  const vocab = pass.vocab[side];
  const known = [...new Set(side === 'src' ? pass.ids.src : pass.ids.tgt_in)].filter((one) => one > 3 && one !== askNear(scene, side)?.id);
  const id = known.reduce((best, one) => ((vocab[one] ?? '').length > (vocab[best] ?? '').length ? one : best), known[0]);
  const near = id === undefined ? [] : (askNear(scene, side, id)?.near ?? []);
  const others = known.filter((one) => one !== id && one !== near[0]?.[0]);
  if (!near.length || others.length < 2) return null;
  const chosen = turned([near[0][0], others[0], others[others.length - 1]], id);
  return {
    question: say('tokens.guess.nearest', { token: tokenName(vocab[id]) }),
    choices: chosen.map((one) => tokenName(vocab[one])),
    right: chosen.indexOf(near[0][0]),
    explain: say('tokens.guess.nearest_why', { cosine: near[0][1].toFixed(3) }),
  };
}

/**
 * Begin a list elsewhere, the same way every time, so that the right answer is not always the first.
 * @template T
 * @param {T[]} list
 * @param {number} by
 */
function turned(list, by) {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}
