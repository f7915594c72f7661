/** The rows of the table that lie nearest to one row: by the angle between them, with the true cosines. */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { three } from '../format.js';
import { nameTokens } from '../tokens.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */
/** @typedef {{id: number, length: number, n: number, near: [number, number][]}} Near */

export class NearList {
  /** @param {(id: number) => void} choose */
  constructor(choose) {
    this.title = el('h3');
    this.head = el('p', { class: 'quiet' });
    this.list = el('ol');
    this.foot = el('p', { class: 'quiet' });
    this.node = el('section', { class: 'near', 'data-part': 'near' }, this.title, this.head, this.list, this.foot);
    listen(this.list, 'click', '[data-id]', (part) => choose(numberOf(part, 'id')));
  }

  /**
   * @param {Scene} scene
   * @param {import('./tokensside.js').Side} side
   * @param {number} id
   * @param {string} foot
   */
  draw(scene, side, id, foot) {
    const { say, pass } = scene;
    const answer = askNear(scene, side, id);
    const token = tokenName(pass.vocab[side][id] ?? String(id));
    write(this.title, say('tokens.near.title', { token, id }));
    write(this.head, answer ? say('tokens.near.head', { n: answer.n, length: answer.length.toFixed(2) }) : say('tokens.learning'));
    join(
      this.list,
      answer?.near ?? [],
      () => el('li', {}, el('button', { type: 'button' }, el('span', { class: 'word', dir: 'auto' }), el('span', { class: 'num quiet' }), el('i', { class: 'bar' }, el('i')), el('span', { class: 'num' }))),
      (node, [other, cosine]) => {
        const [word, number, bar, value] = node.children[0].children;
        write(word, tokenName(pass.vocab[side][other] ?? String(other)));
        write(number, String(other));
        write(value, three(cosine));
        set(bar.children[0], { style: `width:${(Math.abs(cosine) * 100).toFixed(1)}%`, class: cosine < 0 ? 'below' : null });
        set(node.children[0], { 'data-id': other });
      },
    );
    write(this.foot, foot);
  }
}

/**
 * @param {Scene} scene
 * @param {string} side
 * @param {number} [id] without one, the row of the sentence that has the nearest neighbour
 * @returns {Near | null}
 */
export function askNear(scene, side, id) {
  const answer = scene.ask(id === undefined ? { what: 'near', side } : { what: 'near', side, id: String(id) });
  return answer && !answer.trouble ? /** @type {any} */ (answer).header : null;
}

/**
 * How wide the list is beside its picture.
 * @param {Scene} scene
 */
export function nearWidth({ look }) {
  return look.projector ? 420 : clamp(Math.round(look.width * 0.285), 244, 330);
}

/**
 * A token of a vocabulary as it is shown, alone: where it begins a word, or that it does not, cannot be seen there.
 * @param {string} token
 */
export function tokenName(token) {
  return nameTokens([token])[0].text;
}

/**
 * The row that is looked at: the chosen one, else the row of this sentence that has the nearest neighbour.
 * @param {import('../step/desk.js').Desk} desk
 * @param {Scene} scene
 * @param {import('./tokensside.js').Side} side
 */
export function rowOf(desk, scene, side) {
  const { pass } = scene;
  const vocab = pass.vocab[side];
  const chosen = Number(desk.option('word', 'x'));
  if (Number.isInteger(chosen) && chosen >= 0 && chosen < vocab.length) return chosen;
  const ids = side === 'src' ? pass.ids.src : pass.ids.tgt_in;
  return askNear(scene, side)?.id ?? ids[0];
}
