/** The sentence as far as it is written: the source, the words so far with the current one marked, dots for those to come. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { labelsOf, probability } from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../step/scene.js').StepScene} StepScene */

export class GenerateStrip {
  /** @param {{go: (row: number) => void, step: (by: number) => void, free: () => void}} on */
  constructor(on) {
    this.source = el('p', { class: 'word' });
    this.target = el('p', { class: 'word', 'data-part': 'written' });
    this.names = [el('b'), el('b')];
    this.first = el('button', { type: 'button', 'data-part': 'first', onclick: () => on.go(0) }, '|←');
    this.back = el('button', { type: 'button', 'data-part': 'back', onclick: () => on.step(-1) }, '←');
    this.next = el('button', { type: 'button', class: 'black', 'data-part': 'next', onclick: () => on.step(1) });
    this.count = el('span', { class: 'quiet', 'data-part': 'count' });
    this.release = el('button', { type: 'button', class: 'chip', 'data-part': 'release', onclick: on.free });
    const lines = el('div', { class: 'strip-lines' }, this.names[0], this.source, this.names[1], this.target);
    const keys = el('div', { class: 'strip-keys' }, this.first, this.back, this.next, el('div', { class: 'strip-count' }, this.release, this.count));
    this.node = el('div', { class: 'generate-strip', 'data-part': 'strip' }, lines, keys);
    for (const line of [this.source, this.target]) line.addEventListener('scroll', () => fade(line), { passive: true });
    listen(this.target, 'click', '[data-row]', (part) => on.go(numberOf(part, 'row')));
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   */
  draw(scene, session) {
    const { say, header, words } = scene;
    const { road, row, force } = session;
    const sides = header.languages?.length === 2 ? header.languages.map((/** @type {string} */ key) => say(key)) : [say('generate.strip.source'), say('generate.strip.target')];
    this.names.forEach((node, side) => write(node, sides[side]));
    join(
      this.source,
      words.src,
      () => el('span', { dir: 'auto' }),
      (node, label) => {
        write(node, label.text);
        node.title = label.full;
      },
    );
    const labels = labelsOf(scene, road.ids);
    join(
      this.target,
      labels,
      () => el('button', { type: 'button', dir: 'auto' }),
      (node, label, nth) => {
        const later = nth > row;
        write(node, later ? '·' : label.text);
        set(node, {
          'data-row': nth,
          'aria-current': nth === row ? 'true' : null,
          'data-later': later || null,
          'data-forced': (nth < force.length && !later) || null,
          title: later ? say('generate.strip.word', { n: nth + 1 }) : `${label.full}  ${probability(Math.exp(road.logP[nth]))}${nth < force.length ? ', ' + say('generate.strip.forced_one') : ''}`,
        });
      },
    );
    reveal(this.target, row);
    for (const line of [this.source, this.target]) fade(line);
    write(this.next, say('generate.strip.next') + ' →');
    write(this.count, say('generate.strip.count', { n: row + 1, all: road.ids.length }));
    set(this.first, { disabled: row === 0 || null, 'aria-label': say('generate.keys.first') });
    set(this.back, { disabled: row === 0 || null, 'aria-label': say('generate.strip.back') });
    set(this.next, { disabled: row === road.ids.length - 1 || null });
    this.release.hidden = force.length === 0;
    write(this.release, say(force.length === 1 ? 'generate.strip.release_one' : 'generate.strip.release', { n: force.length }));
  }
}

/** A line that goes on to the right fades out there. @param {HTMLElement} line */
function fade(line) {
  line.classList.toggle('over', line.scrollLeft + line.clientWidth < line.scrollWidth - 1);
}

/**
 * Scroll a line of words, and nothing else, until one of them is seen.
 * @param {HTMLElement} line
 * @param {number} nth
 */
function reveal(line, nth) {
  const node = /** @type {HTMLElement | undefined} */ (line.children[nth]);
  if (!node) return;
  const { offsetLeft: left, offsetWidth: width } = node;
  if (left < line.scrollLeft) line.scrollLeft = left;
  else if (left + width > line.scrollLeft + line.clientWidth) line.scrollLeft = left + width - line.clientWidth;
}
