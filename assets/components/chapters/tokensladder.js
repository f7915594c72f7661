/** How a word grows together: its cut under byte pairs at every size of the vocabulary that changes it. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { WORD_START } from './tokenswall.js';

/** @typedef {{word: string, span: [number, number], rungs: [number, string[]][]}} Grown */

export class Ladder {
  /** @param {(size: number) => void} choose */
  constructor(choose) {
    this.title = el('h3');
    this.head = el('p', { class: 'quiet' });
    this.list = el('ol');
    this.seen = '';
    this.node = el('section', { class: 'ladder', 'data-part': 'ladder' }, this.title, this.head, this.list);
    listen(this.list, 'click', '[data-size]', (part) => choose(numberOf(part, 'size')));
  }

  /**
   * @param {import('../step/scene.js').StepScene} scene
   * @param {Grown | null} grown null: there is no such word
   * @param {string} note said where there is nothing to show
   * @param {number} size of the byte pairs that are shown above
   */
  draw({ say }, grown, note, size) {
    const rungs = grown?.rungs ?? [];
    write(this.title, grown ? say('tokens.ladder.title', { word: literal(grown.word) }) : say('tokens.ladder.none'));
    write(this.head, rungs.length ? say('tokens.ladder.head') : note);
    const here = rungs.filter(([from]) => from <= size).length - 1;
    join(
      this.list,
      rungs,
      () => el('li', {}, el('button', { type: 'button' }, el('span', { class: 'num' }), el('span', { class: 'pieces' }))),
      (node, [from, pieces], i) => {
        const [button] = node.children;
        write(button.children[0], String(from));
        const before = i ? rungs[i - 1][1] : pieces;
        drawPieces(button.children[1], pieces, before);
        set(button, { 'data-size': from, 'aria-current': i === here ? 'true' : null, title: say('tokens.ladder.go', { size: from }) });
      },
    );
    this.reveal(`${grown?.word} ${here}`, here);
  }

  /**
   * Bring the rung that is in force into sight, when it has changed.
   * @param {string} what
   * @param {number} here
   */
  reveal(what, here) {
    const node = /** @type {HTMLElement | undefined} */ (this.list.children[here]);
    if (what === this.seen || !node) return;
    this.seen = what;
    this.list.scrollTop = node.offsetTop - this.list.offsetTop - this.list.clientHeight + 2 * node.offsetHeight;
  }
}

/**
 * The pieces of one rung; those that were not there one rung below are new.
 * @param {Element} parent
 * @param {string[]} pieces
 * @param {string[]} before
 */
function drawPieces(parent, pieces, before) {
  const joints = edgesOf(before);
  const edges = edgesOf(pieces);
  join(
    parent,
    pieces,
    () => el('span'),
    (node, piece, i) => {
      write(node, literal(piece.startsWith(WORD_START) && piece.length > 1 ? piece.slice(1) : piece));
      const joined = joints.some((edge) => edge > (edges[i - 1] ?? 0) && edge < edges[i]);
      set(node, { class: 'word' + (joined ? ' new' : '') + (piece === WORD_START ? ' start' : ''), title: piece });
    },
  );
}

/**
 * Where each piece ends, in characters.
 * @param {string[]} pieces
 */
function edgesOf(pieces) {
  let at = 0;
  return pieces.map((piece) => (at += [...piece].length));
}
