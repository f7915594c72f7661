/** Two sentences through one model: where the two passes part, and what flips in the output. */

import { el, set, write } from '../dom.js';
import { act, shortPlace, writeActs, writeText } from '../notation.js';
import { cut, firstOf } from '../tokens.js';
import { Bench } from './bench.js';
import { numbersAt, slotsOf, WIDE } from './common.js';
import { answerOf, blockHere, cellsOf, closed, goHead, headKeys, headName, Latest, mostRead, rowAxis, rowsAre, share, together, wordsOf } from './comparedata.js';
import { Ranking } from './ranking.js';
import { readWords, wordOf, writtenWords } from './strips.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./comparedata.js').Both} Both */
/** @typedef {import('./comparedata.js').Sentences} Sentences */

/**
 * @param {StepScene} scene
 * @returns {Record<string, string>}
 */
export function questionOf({ view }) {
  return { ask: 'sentences', other: view.options.other ?? '' };
}

const LONGEST_WORD = 16; // characters of a word that the model has never seen
const LONGEST_LIST = 2000; // characters of a list of edits in a link

export class SentencesView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.latest = new Latest();
    this.label = el('span');
    this.input = el('input', { type: 'text', maxlength: 2000, 'data-part': 'other', onchange: () => this.ask(this.input.value.trim()) });
    this.trouble = el('p', { class: 'compare-trouble', role: 'alert', 'data-part': 'trouble' });
    this.ranking = new Ranking((head) => goHead(desk, head), (name) => desk.set('order', name));
    this.edit = el('button', { type: 'button', 'data-part': 'to-edit', onclick: () => this.patch() });
    this.explore = el('button', { type: 'button', 'data-part': 'to-explore', onclick: () => this.leave() });
    this.bench = new Bench(desk, this.ranking, el('label', {}, el('b', { class: 'badge badge-b' }, 'B'), this.label, this.input), this.trouble, this.edit, this.explore);
    this.node = this.bench.node;
    /** @type {Sentences | null} */
    this.header = null;
    this.emptied = false;
  }

  /** Another sentence B; where nothing is typed the one that the page chooses, which then stands in the box. @param {string} text */
  ask(text) {
    this.emptied = text === '';
    this.desk.change((view) => {
      /** @type {Record<string, string>} */
      const options = { ...view.options, other: text };
      if (!text) delete options.other;
      return { ...view, options };
    });
  }

  keys() {
    return [...headKeys(this.desk), ...this.bench.keys()];
  }

  /** On the page Edit: sentence A with the pattern that this head has in sentence B. */
  patch() {
    const { scene } = this.desk;
    const acts = scene && this.header ? patchOf(scene, this.header) : '';
    if (scene && acts.length <= LONGEST_LIST) this.desk.go('edit', { b: blockHere(scene), f: String(scene.view.head), o_e: acts });
  }

  /** The same head on the page Explore, pointing at the row of the chosen cell. */
  leave() {
    const { scene } = this.desk;
    if (!scene) return;
    const { now, cell } = this.bench.trio;
    const row = cell && now?.three.common?.rows[cell.row]?.one;
    this.desk.go('explore', { b: blockHere(scene), f: String(scene.view.head), ...(typeof row === 'number' ? { q: String(row) } : {}) });
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say } = scene;
    const both = this.latest.of(scene, questionOf(scene));
    write(this.label, say('compare.other'));
    set(this.input, { 'aria-label': say('compare.other') });
    const header = /** @type {Sentences | null} */ (both?.header ?? null);
    write(this.trouble, header ? this.latest.trouble : '');
    this.header = header;
    this.bench.say(header ? '' : this.latest.trouble || say('compare.wait'));
    for (const [door, key] of /** @type {const} */ ([[this.edit, 'compare.to.edit'], [this.explore, 'compare.to.explore']])) {
      door.hidden = header === null;
      write(door, say(key));
    }
    if (!both || !header) return;
    set(this.edit, { title: say('compare.to.edit_sentence', { head: headName(scene, { block: blockHere(scene), head: scene.view.head }) }), disabled: patchOf(scene, header).length > LONGEST_LIST || null });
    if (scene.place.kind !== 'attention') queueMicrotask(() => goHead(this.desk, header.turn ?? header.most ?? { block: blockHere(scene), head: scene.view.head }));
    const active = /** @type {ShadowRoot | Document} */ (this.node.getRootNode()).activeElement;
    const come = this.emptied && answerOf(scene, questionOf(scene)) !== null;
    if ((active !== this.input || come) && !this.latest.trouble) this.input.value = header.other;
    if (come) this.emptied = false;
    set(this.node, { 'data-answered': header.other });
    const { sides, pairs } = header;
    this.bench.tell(findingOf(scene, both, header));
    this.bench.reads.draw([say('compare.reads_a'), say('compare.reads_b')], [readWords(scene, sides[0]), readWords(scene, sides[1])], pairs.src);
    this.bench.writes.draw([rowsAre(scene, sides[0], 'a'), rowsAre(scene, sides[1], 'b')], [writtenWords(sides[0]), writtenWords(sides[1])], pairs.tgt);
    this.drawRanking(scene, both, header);
    this.bench.draw(scene, threeOf(scene, both, header), blockHere(scene));
  }

  /**
   * @param {StepScene} scene
   * @param {Both} both
   * @param {Sentences} header
   */
  drawRanking(scene, both, header) {
    const { say, view } = scene;
    const order = this.desk.option('order', 'most') === 'pass' ? 'pass' : 'most';
    this.ranking.order.draw(say('compare.order.label'), ['most', 'pass'].map((name) => ({ name, text: say(`compare.order.${name}`) })), order);
    const here = blockHere(scene);
    const items = Object.entries(header.changes).flatMap(([block, heads]) => {
      const three = threeOf(scene, both, header, block);
      const size = { rows: three.common?.rows.length ?? 0, cols: three.common?.cols.length ?? 0 };
      return heads.map(({ mean }, head) => {
        const [a, b] = ['a', 'b'].map((side) => cellsOf(both.tensors.get(`${side}.${block}`), head));
        const own = { ...three, a: { ...three.a, at: a }, b: { ...three.b, at: b } };
        const map = { ...size, at: (/** @type {number} */ i, /** @type {number} */ j) => numbersAt(own, i, j).d ?? 0 };
        return { block, head, value: mean, text: mean === null ? '–' : share(mean), here: block === here && head === view.head, map };
      });
    });
    if (order === 'most') items.sort((one, other) => (other.value ?? 0) - (one.value ?? 0));
    this.ranking.draw(scene, say('compare.moved'), items, both);
  }

  /** @param {StepScene} scene */
  table(scene) {
    this.draw(scene);
    return this.bench.trio.table(scene);
  }
}

/**
 * The list of edits that gives this head in sentence A the pattern that it has in sentence B.
 * @param {StepScene} scene
 * @param {Sentences} header
 */
function patchOf(scene, { sides }) {
  return writeActs([act('other', shortPlace(blockHere(scene)), scene.view.head, writeText(sides[1].text))]);
}

/**
 * A head in both passes, on one grid of all words of both sentences.
 * @param {StepScene} scene
 * @param {Both} both
 * @param {Sentences} header
 * @param {string} [block]
 * @returns {import('./common.js').Three}
 */
function threeOf(scene, { tensors }, { sides, pairs, turn }, block = blockHere(scene)) {
  const { say, view } = scene;
  const encoder = block.startsWith('encoder.');
  const masked = closed(sides[0], block);
  const [one, other] = sides.map((side) => wordsOf(side, block));
  const rows = slotsOf(encoder ? pairs.src : pairs.tgt, one.rows, other.rows, WIDE);
  const cols = slotsOf(encoder || block.endsWith('.cross_attn') ? pairs.src : pairs.tgt_in, one.cols, other.cols);
  const name = headName(scene, { block, head: view.head });
  return {
    of: JSON.stringify([block, view.head, sides[0].text, sides[1].text]),
    a: { ...one, at: cellsOf(tensors.get(`a.${block}`), view.head), masked },
    b: { ...other, at: cellsOf(tensors.get(`b.${block}`), view.head), masked },
    common: { rows, cols },
    titles: [name, name],
    row: turn?.block === block && turn.head === view.head ? turn.first : null,
    axes: { rows: rowAxis(scene, block, ...sides), cols: say('compare.axis.keys') },
    why: '',
  };
}

/**
 * What differs in the output. Without a causal mask the decoder is shown the right answer: that is not what it writes.
 * @param {StepScene} scene
 * @param {[import('./comparedata.js').Side, import('./comparedata.js').Side]} sides
 * @param {number} n places that differ
 */
function outputsOf({ say }, sides, n) {
  const given = sides.filter((side) => side.given);
  if (!given.length) return [say(n ? 'compare.finding.flips' : 'compare.finding.same', { n })];
  const shown = given.length > 1 ? say('compare.finding.given') : say('compare.finding.given_one', { side: sides[0].given ? 'A' : 'B' });
  return [shown, say(n ? 'compare.finding.rows_differ' : 'compare.finding.rows_same', { n })];
}

/**
 * One finding, made of numbers.
 * @param {StepScene} scene
 * @param {Both} both
 * @param {Sentences} header
 */
function findingOf(scene, { tensors }, { sides, flips, first, most, turn }) {
  const { say } = scene;
  if (sides[0].text === sides[1].text) return say('compare.finding.equal');
  const said = scene.look.projector && turn ? [] : outputsOf(scene, sides, flips); // one line on the wall
  if (turn && turn.first !== null && turn.second !== null) {
    const [from, to] = [turn.first, turn.second].map((row, i) => {
      const at = cellsOf(tensors.get(`${'ab'[i]}.${turn.block}`), turn.head);
      return wordOf(sides[i].src[mostRead(at, row, sides[i].src.length)]).text;
    });
    const words = { word: wordOf(sides[0].rows[turn.first].word).text, other: wordOf(sides[1].rows[turn.second].word).text };
    said.push(say(from === to ? 'compare.finding.turn_stays' : 'compare.finding.turn', { ...words, head: headName(scene, turn), share: share(turn.moved), from, to }));
  }
  if (scene.look.projector && turn) return together(scene, said);
  if (!first || !most) return together(scene, [...notKnown(scene, sides[1]), ...said, say('compare.finding.never')]);
  said.push(say('compare.finding.parts', { first: headName(scene, first), share: share(first.moved), most: headName(scene, most), largest: share(most.moved) }));
  return together(scene, [...notKnown(scene, sides[1]), ...said]);
}

/**
 * The words of B that the model has never seen; those of A are named beside the tabs.
 * @param {StepScene} scene
 * @param {import('./comparedata.js').Side} side
 * @returns {string[]}
 */
function notKnown({ say, lang }, { src, unknown }) {
  const words = src.filter((_, i) => unknown[i]).map((word) => cut(word, LONGEST_WORD));
  return words.length ? [say('compare.finding.unknown', { words: firstOf(words, lang) })] : [];
}
