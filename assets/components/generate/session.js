/** What is written and looked at on Generate: mode, forced words, the chosen road, the row. It is kept in the address. */

import { clamp } from '../dom.js';
import { idsTo, MODES, nodesOf, ranked, roadAlong, roadsIn, treeOf } from './roads.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{option: (name: string, usual: string) => string}} Kept what the address keeps */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('./roads.js').Road} Road */
/** @typedef {import('./roads.js').Told} Told */
/** @typedef {import('./roads.js').TreeNode} TreeNode */
/**
 * @typedef {object} Session
 * @property {import('./roads.js').Mode} mode
 * @property {number} width
 * @property {number} alpha of the length penalty
 * @property {import('./filters.js').Filters} filters
 * @property {number} seed
 * @property {number[]} force the words that the model is made to begin with
 * @property {number[]} u the number that decided, for each word of a sample; empty in the other modes
 * @property {Told} tree of the beam; greedy's sentence is in it too
 * @property {Road} road the chosen one
 * @property {number} row the row of the decoder that is looked at: it writes `road.ids[row]`
 * @property {TreeNode[]} nodes what is drawn as a tree
 * @property {Set<number>} chosen the nodes of the chosen road
 * @property {boolean} ended does the road come to an end, or was it dropped on the way?
 */

export const [WIDTH, WIDEST] = [4, 6];
const [SEED, OTHERS] = [1, 6];
export const RANGES = { temperature: { min: 0.1, max: 3, step: 0.1 }, alpha: { min: 0, max: 2, step: 0.1 }, share: { min: 0.05, max: 1, step: 0.05 } };
const PAD = 0;

/**
 * Read a number of the address; what is not one, or lies outside, becomes what it usually is.
 * @param {Kept} desk
 * @param {string} name
 * @param {number} usual
 * @param {number} min
 * @param {number} max
 */
export function numberIn(desk, name, usual, min, max) {
  const text = desk.option(name, '');
  const value = Number(text);
  return text && Number.isFinite(value) ? clamp(value, min, max) : usual;
}

/** A link may say 0.30000000000000004; the sliders and the server do not. @param {number} value */
function hundredths(value) {
  return Math.round(value * 100) / 100;
}

/**
 * @param {Kept} desk
 * @param {string} name
 * @returns {number[]}
 */
function idsIn(desk, name) {
  const text = desk.option(name, '');
  return /^\d{1,6}(,\d{1,6})*$/.test(text) ? text.split(',').map(Number) : [];
}

/**
 * The settings that the address holds.
 * @param {Kept} desk
 * @param {StepScene} scene
 */
export function settingsOf(desk, { model }) {
  const mode = desk.option('m', 'beam');
  const { temperature, alpha, share } = RANGES;
  return {
    mode: MODES.find((one) => one === mode) ?? 'beam',
    width: Math.round(numberIn(desk, 'w', WIDTH, 1, WIDEST)),
    alpha: numberIn(desk, 'a', 0, alpha.min, alpha.max),
    seed: Math.round(numberIn(desk, 'seed', SEED, 0, 999_999)),
    filters: {
      temperature: hundredths(numberIn(desk, 'temp', 1, temperature.min, temperature.max)),
      topK: Math.round(numberIn(desk, 'k', 0, 0, model.tgt_vocab_size)),
      topP: hundredths(numberIn(desk, 'p', 1, share.min, share.max)),
    },
    force: idsIn(desk, 'force'),
  };
}

/**
 * Everything at once; null while an answer is on its way, a notice when the server said no.
 * @param {Kept} desk
 * @param {StepScene} scene
 * @returns {Session | {trouble: import('../payload.js').Notice} | null}
 */
export function sessionOf(desk, scene) {
  const settings = settingsOf(desk, scene);
  const tree = scene.ask({ ask: 'tree', width: String(settings.width), ...forced(settings.force) });
  if (!tree) return null;
  if (tree.trouble) return { trouble: tree.trouble };
  const road = roadOf(desk, scene, settings, tree);
  if (!road || 'trouble' in road) return road;
  const nodes = settings.mode === 'beam' ? nodesOf(tree) : treeOf(road, OTHERS, PAD, settings.force.length);
  const chosen = along(nodes, road.ids);
  const usual = settings.force.length ? settings.force.length : interesting(tree, road);
  const row = Math.round(numberIn(desk, 'i', usual, 0, road.ids.length - 1));
  const u = settings.mode === 'sample' ? diceOf(scene.ask(drawing(settings))) : [];
  return { ...settings, tree, road, u, row: clamp(row, 0, road.ids.length - 1), nodes, chosen, ended: settings.mode !== 'beam' || tree.header.ends.some((/** @type {{ids: number[]}} */ end) => String(end.ids) === String(road.ids)) };
}

/** @param {number[]} force @returns {Record<string, string>} */
function forced(force) {
  return force.length ? { force: force.join(',') } : {};
}

/**
 * @param {Kept} desk
 * @param {StepScene} scene
 * @param {ReturnType<typeof settingsOf>} settings
 * @param {Told} tree
 * @returns {Road | {trouble: import('../payload.js').Notice} | null}
 */
function roadOf(desk, scene, settings, tree) {
  if (settings.mode === 'sample') return only(scene.ask(drawing(settings)));
  const wished = settings.mode === 'beam' ? inTree(tree, idsIn(desk, 'h')) : [];
  const ids = settings.mode === 'greedy' ? tree.header.greedy.ids : wished.length ? wished : ranked(tree, settings.alpha)[0].ids;
  return roadAlong(roadsIn(tree), ids, scene.model.causal !== false) ?? only(scene.ask({ ask: 'path', ids: ids.join(',') }));
}

/**
 * A link may wish for words that no branch of the tree has.
 * @param {Told} tree
 * @param {number[]} ids
 */
function inTree(tree, ids) {
  return along(nodesOf(tree), ids).size === ids.length + 1 ? ids : [];
}

/**
 * The question that a draw is.
 * @param {ReturnType<typeof settingsOf>} settings
 * @returns {Record<string, string>}
 */
function drawing({ seed, filters, force }) {
  const { temperature, topK, topP } = filters;
  return { ask: 'sample', seed: String(seed), temperature: String(temperature), k: String(topK), p: String(topP), ...forced(force) };
}

/** @param {import('../step/answers.js').Asked | null} answer @returns {number[]} */
function diceOf(answer) {
  return answer && !answer.trouble ? answer.header.u : [];
}

/** @param {import('../step/answers.js').Asked | null} answer */
function only(answer) {
  if (!answer) return null;
  return answer.trouble ? { trouble: answer.trouble } : roadsIn(answer)[0];
}

/**
 * The nodes that lie on a road.
 * @param {TreeNode[]} nodes
 * @param {number[]} ids
 */
function along(nodes, ids) {
  const found = new Set([0]);
  let at = 0;
  for (const word of ids) {
    const next = nodes.find((node) => node.parent === at && node.word === word);
    if (!next) break;
    found.add((at = next.id));
  }
  return found;
}

/**
 * Where to look first: where greedy and the beam part; if they do not, where the model is least sure.
 * @param {Told} tree
 * @param {Road} road
 */
function interesting(tree, road) {
  /** @type {number[]} */
  const greedy = tree.header.greedy.ids;
  const best = ranked(tree, 0)[0].ids;
  const parting = best.findIndex((word, i) => greedy[i] !== word);
  if (parting >= 0) return Math.min(parting, road.ids.length - 1);
  return road.logP.indexOf(Math.min(...road.logP));
}

/**
 * The words that stand before a node, as text.
 * @param {TreeNode[]} nodes
 * @param {number} id
 */
export function wayTo(nodes, id) {
  return idsTo(nodes, id);
}

/**
 * Another sentence: its words are not those that were forced, chosen or counted.
 * @param {Desk} desk
 */
export function forgetWords(desk) {
  if (!desk.view) return;
  const options = { ...desk.view.options };
  for (const name of ['i', 'h', 'force']) delete options[name];
  desk.view = { ...desk.view, options };
}

/**
 * Change several settings at once; null takes one back to what it usually is.
 * @param {Desk} desk
 * @param {Record<string, string | null>} changes
 */
export function settle(desk, changes) {
  desk.change((view) => {
    const options = { ...view.options };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete options[name];
      else options[name] = value;
    }
    return { ...view, options };
  });
}
