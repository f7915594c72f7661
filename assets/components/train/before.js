/** What a training will cost, before it begins: parameters, time, memory, and the queue if there is one. */

import { el, join, write } from '../dom.js';
import { spell } from './controls.js';

/** @typedef {{parameters: number, bytes: number, seconds: number, steps: number, wait_s?: number, place?: number}} Plan */
/** @typedef {import('../strings.js').Words} Words */

export class Before {
  constructor() {
    this.title = el('h3');
    this.lines = el('div');
    this.node = el('section', { class: 'before', 'data-part': 'before' }, this.title, this.lines);
  }

  /**
   * @param {Plan | null} plan
   * @param {string} trouble why this cannot be trained
   * @param {boolean} stale is a newer plan on its way?
   * @param {Words} words
   * @param {(n: number) => string} count
   * @param {boolean} free could it join the queue now?
   */
  draw(plan, trouble, stale, { say }, count, free) {
    write(this.title, say('train.before.title'));
    this.node.classList.toggle('alarm', trouble !== '');
    this.lines.classList.toggle('stale', stale);
    const lines = trouble ? [trouble] : plan ? linesOf(plan, say, count, free) : [say('train.before.soon')];
    join(this.lines, lines, () => el('p'), write);
  }
}

/**
 * @param {Plan} plan
 * @param {import('../strings.js').Say} say
 * @param {(n: number) => string} count
 * @param {boolean} free
 */
function linesOf({ parameters, bytes, seconds, wait_s = 0, place = 1 }, say, count, free) {
  const lines = [
    say('train.before.parameters', { n: count(parameters) }),
    say('train.before.time', { time: spell(seconds, say) }),
    say('train.before.memory', { mb: count(Math.max(1, Math.round(bytes / 1e6))) }),
  ];
  return free && wait_s > 1 ? [...lines, say('train.before.queue', { place, wait: spell(wait_s, say) })] : lines;
}
