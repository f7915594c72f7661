/** The line of a step page that speaks: trouble first, then what was cut, unknown, or asked for in vain. */

import { literal } from '../tokens.js';

const NAMED = 3; // unknown words that are named one by one

/**
 * @param {import('./desk.js').StepScene | null} scene
 * @param {import('../strings.js').Words} words
 * @param {import('../messages.js').News} news
 * @returns {string}
 */
export function newsOf(scene, words, news) {
  if (news.trouble) return words.say(news.trouble.key, news.trouble.values);
  if (!scene) return '';
  const { say, sentence, lang } = scene;
  const [comma, space] = lang === 'zh' ? ['、', ''] : [', ', ' '];
  const unknown = sentence.src.filter((_, i) => sentence.unknown[i]).map(literal);
  const notices = [...news.passing, ...news.notices, ...sentence.notices].map(({ key, values }) => say(key, values));
  if (unknown.length) notices.push(say('step.unknown', { words: unknown.slice(0, NAMED).join(comma) + (unknown.length > NAMED ? ' …' : '') }));
  return notices.join(space);
}
