/** The line of a step page that speaks: trouble first, then what was cut, unknown, or asked for in vain. */

import { firstOf } from '../tokens.js';

const WRITING = ['write', 'stack', 'modes']; // the views of Generate: a model without a causal mask reads its own words there

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
  const unknown = sentence.src.filter((_, i) => sentence.unknown[i]);
  const notices = [...news.passing, ...news.notices, ...sentence.notices].map(({ key, values }) => say(keyIn(scene, key), values));
  if (unknown.length) notices.push(say('step.unknown', { words: firstOf(unknown, lang) }));
  return notices.join(lang === 'zh' ? '' : ' ');
}

/**
 * What is said of a missing causal mask elsewhere is about rows that are all there at once.
 * @param {import('./desk.js').StepScene} scene
 * @param {string} key
 */
function keyIn({ view }, key) {
  return WRITING.includes(view.tab) && key.startsWith('bugs.notice.causal') ? 'bugs.notice.causal_writing' : key;
}
