/** Settings in words: what a field is called, and what a value of it is. */

import { share } from '../format.js';
import { spellNumber } from './numbers.js';

/** @typedef {import('../strings.js').Words} Words */

/** @type {Record<string, string>} where the words of a choice stand */
const CHOICES = {
  position: 'train.choice.position.',
  score: 'train.choice.score.',
  schedule: 'train.choice.schedule.',
  activation: 'train.choice.activation.',
};

/**
 * @param {string} field
 * @param {any} value
 * @param {Pick<Words, 'say' | 'has'>} words
 * @returns {string}
 */
export function valueText(field, value, { say, has }) {
  if (field === 'norm_first') return say(value ? 'train.choice.norm_first.pre' : 'train.choice.norm_first.post');
  if (field === 'target') return value ? say('train.choice.target.share', { share: share(value) }) : say('train.choice.target.last');
  if (typeof value === 'boolean') return say(value ? 'train.yes' : 'train.no');
  const key = (CHOICES[field] ?? '') + value;
  return field in CHOICES && has(key) ? say(key) : typeof value === 'number' ? spellNumber(value) : String(value);
}

/**
 * @param {string} field
 * @param {Pick<Words, 'say' | 'has'>} words
 */
export function fieldText(field, { say, has }) {
  for (const key of [`train.field.${field}`, `jobs.field.${field}`]) if (has(key)) return say(key);
  return field;
}

/**
 * Some settings with their values, in one line.
 * @param {readonly string[]} fields
 * @param {Record<string, any>} recipe
 * @param {Pick<Words, 'say' | 'has'>} words
 */
export function settingsText(fields, recipe, words) {
  return fields.map((field) => `${fieldText(field, words)} ${valueText(field, recipe[field], words)}`).join(', ');
}
