/** Start, pause, stop: one black button at a time, one sentence that says how far it is, one line for what must be known. */

import { el, listen, set, write } from '../dom.js';

/** @typedef {import('../strings.js').Say} Say */
/** @typedef {import('./reel.js').Job} Job */
/** @typedef {'start' | 'pause' | 'resume' | 'stop' | 'explore' | 'back' | 'same' | 'new'} Deed */
/** @typedef {{deed: Deed, label: string, black?: boolean, off?: boolean}} Button */
/** @typedef {{state: string, buttons: Button[], extra: Button[], sentence: string, news: string, beside: string, alarm: boolean}} Board */

const SLOTS = 2;

export class Controls {
  /** @param {(deed: Deed) => void} act */
  constructor(act) {
    this.slots = Array.from({ length: SLOTS }, () => el('button', { type: 'button' }));
    this.sentence = el('p', { class: 'train-sentence', role: 'status', 'data-part': 'sentence' });
    this.extra = [el('button', { type: 'button', class: 'chip' }), el('button', { type: 'button', class: 'chip' })];
    this.news = el('p', { class: 'train-news', role: 'status', 'data-part': 'news' });
    const line = el('div', { class: 'train-line' }, ...this.slots, this.sentence, ...this.extra);
    this.beside = el('p', { class: 'train-beside', 'data-part': 'besides' });
    this.node = el('div', { class: 'train-controls', 'data-part': 'controls' }, line, el('div', { class: 'train-below' }, this.news, this.beside));
    listen(this.node, 'click', '[data-deed]', (part) => act(/** @type {Deed} */ (part.dataset.deed)));
  }

  /**
   * @param {Board} board
   * @param {Say} say
   */
  draw(board, say) {
    set(this.node, { 'data-state': board.state });
    this.slots.forEach((node, at) => drawButton(node, board.buttons[at], say));
    this.extra.forEach((node, at) => drawButton(node, board.extra[at], say));
    write(this.sentence, board.sentence);
    this.sentence.title = board.sentence;
    write(this.news, board.news);
    this.news.title = board.news;
    write(this.beside, board.beside);
    this.beside.title = board.beside;
    this.news.classList.toggle('alarm', board.alarm);
  }
}

/**
 * @param {HTMLButtonElement} node
 * @param {Button | undefined} button
 * @param {Say} say
 */
function drawButton(node, button, say) {
  node.hidden = !button;
  if (!button) return;
  write(node, say(button.label));
  node.classList.toggle('black', Boolean(button.black));
  node.disabled = Boolean(button.off);
  set(node, { 'data-deed': button.deed, title: say(`${button.label}_long`) });
}

/**
 * Seconds as people say them.
 * @param {number | null} seconds
 * @param {Say} say
 */
export function spell(seconds, say) {
  if (seconds === null || !Number.isFinite(seconds)) return say('train.time.unknown');
  if (seconds < 1.5) return say('train.time.moment');
  if (seconds < 100) return say('train.time.seconds', { n: Math.round(seconds) });
  if (seconds < 5400) return say('train.time.minutes', { n: Math.round(seconds / 60) });
  return say('train.time.hours', { n: (seconds / 3600).toFixed(1) });
}
