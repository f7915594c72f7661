/** The words, numbers and signs of a trail as nodes: words in serif, numbers in mono, each in the colour of its quantity. */

import { el } from '../dom.js';
import { contrast, rgbOf } from '../theme.js';
import { aligned, written } from './trailnumbers.js';

/** @typedef {import('./trailparts.js').Said} Said */
/** @typedef {import('./trailparts.js').Part} Part */
/** @typedef {import('./trailparts.js').Figure} Figure */
/** @typedef {import('./trailparts.js').Hue} Hue */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {{palette: import('../theme.js').Palette, look: {projector: boolean}, say: import('../strings.js').Say, sayWith: import('../strings.js').SayWith}} TrailScene what the box needs of a scene */

/**
 * The colour of a quantity; what is no quantity of the model's own is ink.
 * @param {TrailScene} scene
 * @param {Hue} hue
 */
export function colourOf({ palette }, hue) {
  if (hue === 'plain') return palette.ink;
  return palette[hue === 'weights' ? 'scores' : hue];
}

/**
 * A text of the page, with the words people wrote and the numbers of the model in it.
 * @param {TrailScene} scene
 * @param {Said} text
 * @returns {(Node | string)[]}
 */
export function nodesOf(scene, { key, values }) {
  const entries = Object.entries(values).map(([name, value]) => [name, typeof value === 'object' ? nodeOf(scene, value) : value]);
  return scene.sayWith(key, Object.fromEntries(entries));
}

/**
 * The same as one string, for tooltips.
 * @param {TrailScene} scene
 * @param {Said} text
 */
export function plainOf({ say }, { key, values }) {
  const entries = Object.entries(values).map(([name, value]) => [name, typeof value !== 'object' ? value : 'full' in value ? value.full : numberOf(value)]);
  return say(key, Object.fromEntries(entries));
}

/** @param {Figure} figure */
function numberOf({ value, decimals }) {
  return Math.abs(value) < 1e-3 ? written(value, decimals) : aligned(value, decimals);
}

/**
 * @param {TrailScene} scene
 * @param {Label | Figure} part
 */
function nodeOf(scene, part) {
  if ('full' in part) return el('bdi', { class: 'word', title: part.full }, part.text);
  const style = part.hue === 'plain' ? null : `color:${colourOf(scene, part.hue)}`;
  return el('span', { class: 'num', style, title: String(part.value) }, numberOf(part));
}

/**
 * One part of an equation, or the name of a row or a column.
 * @param {TrailScene} scene
 * @param {Part} part
 * @returns {(Node | string)[]}
 */
export function partNodes(scene, part) {
  if (typeof part === 'string') return [part];
  return 'key' in part ? [el('span', { class: 'said' }, ...nodesOf(scene, part))] : [nodeOf(scene, part)];
}

/**
 * The parts of an equation, with a space between them; none inside a bracket.
 * @param {TrailScene} scene
 * @param {Part[]} parts
 * @returns {(Node | string)[]}
 */
export function equation(scene, parts) {
  return parts.flatMap((part, i) => {
    const tight = (typeof part === 'string' && part.endsWith('(')) || String(parts[i + 1] ?? '').startsWith(')');
    return [...partNodes(scene, part), tight ? '' : ' '];
  });
}

/**
 * Black or white, whichever reads better on a ground.
 * @param {string} ground
 */
export function inkOn(ground) {
  const rgb = rgbOf(ground);
  return contrast(rgb, [0, 0, 0]) >= contrast(rgb, [255, 255, 255]) ? '#000000' : '#ffffff';
}
