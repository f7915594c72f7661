/** The wall as a person sees it: the text, below it one course of bricks per cut. Pointing at a piece shows what it covers. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { widthOf } from '../tokens.js';
import { touches, wallOf } from './tokenswall.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */
/** @typedef {import('./tokenswall.js').Cut} Cut */
/** @typedef {{course: number, n: number}} Spot a piece of a cut */
/** @typedef {{title: string, note: string, own: string, missing: string}} Heading */

export class Courses {
  /** @param {(spot: Spot) => void} pick */
  constructor(pick) {
    this.text = el('div', { class: 'wall-text', 'aria-hidden': 'true' });
    this.courses = el('div', { class: 'wall-courses' });
    this.inner = el('div', { class: 'wall-inner' }, this.text, this.courses);
    this.node = el('div', { class: 'wall', 'data-part': 'wall', tabindex: -1 }, this.inner);
    /** @type {import('./tokenswall.js').Wall | null} */
    this.wall = null;
    /** @type {Spot | null} */
    this.spot = null;
    listen(this.courses, 'click', '.brick', (part) => pick(spotOf(part)));
    listen(this.courses, 'pointerover', '.brick', (part) => this.point(spotOf(part)));
    this.courses.addEventListener('pointerleave', () => this.point(this.spot));
  }

  /**
   * @param {Scene} scene
   * @param {{text: string, unknown: number, cuts: Cut[]}} told
   * @param {Heading[]} headings one per cut
   * @param {Spot | null} spot
   * @param {{from: number, width: number}} size
   */
  draw({ palette, look }, told, headings, spot, { from, width }) {
    const [word, number] = look.projector ? [24, 20] : [18, 13];
    const ruler = {
      word: (/** @type {string} */ text) => widthOf(text, `400 ${word}px ${palette.fonts.word}`),
      number: (/** @type {string} */ text) => widthOf(text, `400 ${number}px ${palette.fonts.num}`),
      blank: 9,
      least: 9,
    };
    this.wall = wallOf(told.text, told.cuts, told.unknown, ruler, width - 4, from);
    this.spot = spot;
    set(this.inner, { style: `width:${Math.ceil(this.wall.width) + 2}px;--shown:${width}px` });
    this.drawText(this.wall);
    join(
      this.courses,
      headings,
      () => el('div', { class: 'course' }, el('p', {}, el('b'), el('span', { class: 'own' }), el('span', { class: 'quiet' })), el('div', { class: 'bricks' })),
      (node, heading, course) => {
        const [title, bricks] = node.children;
        write(title.children[0], heading.title);
        write(title.children[1], heading.own);
        write(title.children[2], heading.note);
        set(node, { 'data-missing': heading.missing ? 'true' : null, 'data-own': heading.own ? 'true' : null, 'data-course': course });
        if (heading.missing) join(bricks, [heading.missing], () => el('p'), write);
        else this.drawBricks(bricks, this.wall?.courses[course] ?? [], course, told.cuts[course]);
      },
    );
    this.point(spot);
  }

  /** @param {import('./tokenswall.js').Wall} wall */
  drawText({ columns }) {
    join(
      this.text,
      columns,
      () => el('span', { class: 'word' }),
      (node, { x, width, mark, blank }) => {
        write(node, blank ? '' : mark);
        set(node, { style: `left:${x.toFixed(1)}px;width:${width.toFixed(1)}px` });
      },
    );
  }

  /**
   * @param {Element} parent
   * @param {import('./tokenswall.js').Brick[]} bricks
   * @param {number} course
   * @param {Cut} cut
   */
  drawBricks(parent, bricks, course, cut) {
    if (parent.firstElementChild?.tagName === 'P') parent.replaceChildren();
    join(
      parent,
      bricks,
      () => el('span', { role: 'button' }, el('span', { class: 'word', dir: 'auto' }), el('span', { class: 'num' })),
      (node, brick) => {
        write(node.children[0], brick.text);
        write(node.children[1], String(brick.id));
        set(node, {
          class: 'brick' + (brick.unknown ? ' unknown' : ''),
          'data-n': brick.n,
          'data-course': course,
          'aria-label': `${cut.tokens[brick.n]}, ${brick.id}`,
          title: `${cut.tokens[brick.n]} · ${brick.id}`,
          style: `left:${brick.x.toFixed(1)}px;width:${Math.max(6, brick.width - 1).toFixed(1)}px`,
        });
      },
    );
  }

  /**
   * Mark a piece, the characters that it covers, and what the other cuts make of them. Classes only.
   * @param {Spot | null} spot
   */
  point(spot) {
    const { wall } = this;
    if (!wall) return;
    const here = spot ? wall.courses[spot.course]?.find(({ n }) => n === spot.n) : undefined;
    [...this.text.children].forEach((node, i) => {
      const at = wall.columns[i].at;
      node.classList.toggle('here', here !== undefined && at >= here.start && at < here.end);
    });
    [...this.courses.children].forEach((course, c) => {
      [...course.children[1].children].forEach((node, i) => {
        const brick = wall.courses[c]?.[i];
        if (!brick || !node.classList.contains('brick')) return;
        node.classList.toggle('here', brick === here);
        node.classList.toggle('touched', here !== undefined && brick !== here && touches(brick, here));
        set(node, { 'aria-pressed': String(brick === here) });
      });
    });
  }

  /** Bring the piece that is marked into sight. */
  reveal() {
    const node = /** @type {HTMLElement | null} */ (this.courses.querySelector('.brick.here'));
    if (!node) return;
    const [left, right] = [node.offsetLeft, node.offsetLeft + node.offsetWidth];
    if (left < this.node.scrollLeft || right > this.node.scrollLeft + this.node.clientWidth) this.node.scrollLeft = left - 40;
  }
}

/** @param {HTMLElement} part */
function spotOf(part) {
  return { course: numberOf(part, 'course'), n: numberOf(part, 'n') };
}
