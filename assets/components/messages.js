/** The one line of the strip that speaks: an error, a word the model does not know, a right answer, or an invitation. */

import { el } from './dom.js';
import { placeOf } from './findings.js';
import { share } from './format.js';
import { literal } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./payload.js').Notice} Notice */
/**
 * @typedef {object} News what happened since the sentence was drawn
 * @property {Notice | null} trouble an error or a lost connection
 * @property {Notice[]} notices from the page
 * @property {Notice[]} passing what is said only until the reader goes on: a link that asked for too much
 */

/**
 * Say what matters most first. Everything stays on one line; what does not fit can be read in the tooltip.
 * @param {Scene} scene
 * @param {News} news
 * @returns {{parts: Node[], alarm: boolean}}
 */
export function messagesOf(scene, news) {
  const { trace, say } = scene;
  if (news.trouble) return { parts: [sentence(say(news.trouble.key, news.trouble.values), 'strong')], alarm: true };
  const notices = [...news.passing, ...news.notices, ...trace.notices].map(({ key, values }) => sentence(say(key, literals(values)), 'firm'));
  const firm = [...notices, ...notKnown(scene), ...rightAnswer(scene)];
  const parts = [...firm, ...(firm.length ? [] : reading(scene))];
  return { parts: parts.length ? parts : invitation(scene).map((text) => sentence(text, 'quiet')), alarm: false };
}

const SURE = 0.8; // the badge rate of transformer/heads.py: a head that does it in at least four rows of five

/**
 * What to do, and what will be seen. What a head does is said only when it was measured.
 * @param {Scene} scene
 * @returns {string[]}
 */
function invitation({ trace, header, has, say }) {
  if (trace.flip && trace.roles.pronoun) return [say('explore.invite.flip')];
  const { start, task, heads } = header;
  const rate = start ? heads?.[start.block]?.[start.head]?.alignment?.argmax : null;
  const known = start && typeof rate === 'number' && rate >= SURE && has(`explore.invite.${task}`);
  const point = known ? say(`explore.invite.${task}`, { place: placeOf(start, say), share: share(rate) }) : say('explore.invite.point');
  return trace.flip ? [point, say('explore.invite.switch')] : [point];
}

/**
 * @param {string} text
 * @param {string} [style]
 */
function sentence(text, style = '') {
  return el('span', { class: ('said ' + style).trim(), title: text }, text);
}

/**
 * Values come from typed text: show every character of them.
 * @param {Record<string, string | number>} values
 */
function literals(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? literal(value) : value]));
}

/**
 * What the model cannot know: tokens that it has never seen, or a text that its task does not have.
 * @param {Scene} scene
 * @returns {Node[]}
 */
function notKnown({ trace, header, say, sayWith }) {
  const words = trace.src.filter((_, i) => trace.unknown[i]).map(literal);
  const known = el('button', { type: 'button', class: 'chip', 'data-known': '' }, say('explore.known.button'));
  const next = trace.nearest ? nearest(trace.nearest, say) : [known];
  const beyond = trace.nearest !== null || (header.task !== null && trace.answer === null);
  if (!words.length) return beyond ? [sentence(say('explore.beyond'), 'firm'), ...next] : [];
  const named = el('bdi', { class: 'word' }, words.slice(0, 3).join(', ') + (words.length > 3 ? ' …' : ''));
  const key = words.length === 1 ? 'explore.unknown.one' : 'explore.unknown.many';
  const unit = ['letter', 'digit'].includes(header.units.src) ? 'character' : header.units.src; // "?" is no digit
  const srcs = say(`unit.${unit}.many`);
  const line = el('span', { class: 'said firm' }, ...sayWith(key, { word: named, n: words.length, srcs }));
  line.title = line.textContent ?? '';
  return [line, ...next];
}

/**
 * @param {string | null} text
 * @param {import('./strings.js').Say} say
 * @returns {Node[]}
 */
function nearest(text, say) {
  if (!text) return [];
  const chip = el('button', { type: 'button', class: 'chip', 'data-ask': text, 'data-nearest': '' }, literal(text));
  return [el('span', { class: 'said quiet firm' }, say('explore.nearest')), chip];
}

/**
 * @param {Scene} scene
 * @returns {Node[]}
 */
function rightAnswer({ trace, sayWith }) {
  if (trace.agrees !== false || trace.answer === null) return [];
  const answer = el('bdi', { class: 'word' }, literal(trace.answer));
  const line = el('span', { class: 'said firm', 'data-part': 'answer' }, ...sayWith('explore.answer.is', { answer }));
  line.title = line.textContent ?? '';
  return [line];
}

/**
 * What the model reads, when it is not what was typed.
 * @param {Scene} scene
 * @returns {Node[]}
 */
function reading({ trace, sayWith }) {
  if (trace.typed.trim() === trace.read.trim()) return [];
  const typed = el('bdi', { class: 'word' }, literal(trace.typed.trim()));
  const line = el('span', { class: 'said quiet', 'data-part': 'reading' }, ...sayWith('explore.reading', { typed }));
  line.title = line.textContent ?? '';
  return [line];
}
