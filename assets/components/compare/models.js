/** One sentence through two models that know the same words: what each writes, and which of their heads are alike. */

import { el, join, set, write } from '../dom.js';
import { standThere } from '../chapters/masksparts.js';
import { shortName } from '../heads/parts.js';
import { readShelf } from '../runs/api.js';
import { cut, literal } from '../tokens.js';
import { Bench } from './bench.js';
import { sameSlots } from './common.js';
import { answerOf, blockHere, cellsOf, closed, goHead, headKeys, headName, Latest, rowAxis, rowsAre, share, together, wordsOf } from './comparedata.js';
import { Ranking } from './ranking.js';
import { readWords, writtenWords } from './strips.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./comparedata.js').Both} Both */
/** @typedef {import('./comparedata.js').Side} Side */
/** @typedef {{block: string, head: number, to: [string, number], moved: number}} Match */
/** @typedef {{name: string | null, known: string[], sides: [Side, Side], alone: Side, pairs: {src: import('./comparedata.js').Pair[], tgt: import('./comparedata.js').Pair[]}, flips: number, match: Match[]}} Models */

const LONGEST = { desk: 64, wall: 36 }; // characters of what a model writes: the strip below has all of it
const WALL = 60; // characters that leave room for a second sentence on the wall's one line

/**
 * @param {StepScene} scene
 * @returns {Record<string, string>}
 */
export function questionOf({ view }) {
  return { ask: 'runs', other: view.options.run ?? '' };
}

export class ModelsView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.latest = new Latest();
    /** @type {import('../runs/api.js').RunLine[] | null} */
    this.own = null;
    this.label = el('span');
    this.select = el('select', { 'data-part': 'run', onchange: () => desk.set('run', this.select.value) });
    this.picker = el('label', {}, el('b', { class: 'badge badge-b' }, 'B'), this.label, this.select);
    this.trouble = el('p', { class: 'compare-trouble', role: 'alert', 'data-part': 'trouble' });
    this.door = el('button', { type: 'button', 'data-part': 'train', onclick: () => desk.go('train', {}) });
    this.ranking = new Ranking((head) => goHead(desk, head));
    this.bench = new Bench(desk, this.ranking, this.picker, this.trouble);
    this.bench.empty.append(this.door);
    this.node = this.bench.node;
  }

  keys() {
    return [...headKeys(this.desk), ...this.bench.keys()];
  }

  /** The visitor's own runs are in the list of the page Runs; they are asked for once. */
  async askOwn() {
    this.own = [];
    this.own = (await readShelf().catch(() => ({ runs: [] }))).runs.filter(({ mine, error }) => mine && !error);
    this.desk.drawSoon();
  }

  /** @param {StepScene} scene */
  draw(scene) {
    if (!this.own) void this.askOwn();
    standThere(this.desk, scene, blockHere(scene));
    const both = this.latest.of(scene, questionOf(scene));
    const header = /** @type {Models | null} */ (both?.header ?? null);
    write(this.trouble, header ? this.latest.trouble : '');
    this.bench.say(this.missing(scene, header, this.drawPicker(scene, header)));
    if (!both || !header) return;
    set(this.node, { 'data-answered': header.name ?? '' });
    if (header.name) this.drawBoth(scene, both, header);
  }

  /**
   * @param {StepScene} scene
   * @param {Both} both
   * @param {Models} header
   */
  drawBoth(scene, both, header) {
    const { say } = scene;
    const { sides, alone: free, pairs } = header;
    this.bench.tell(findingOf(scene, header, this.titleOf(scene, header.name ?? '')));
    this.bench.reads.draw([say('compare.reads_both'), ''], [readWords(scene, sides[0]), []], pairs.src, { single: true });
    this.bench.writes.draw([rowsAre(scene, sides[0], 'a'), rowsAre(scene, free, 'b')], [writtenWords(sides[0]), writtenWords(free)], pairs.tgt, { place: ([row]) => row });
    this.drawRanking(scene, both, header);
    this.bench.draw(scene, threeOf(scene, both, header), blockHere(scene));
  }

  /**
   * What is said instead of pictures while there is nothing to compare.
   * @param {StepScene} scene
   * @param {Models | null} header
   * @param {number} others how many models could be compared
   */
  missing(scene, header, others) {
    const { say } = scene;
    const { trouble } = this.latest;
    this.door.hidden = others > 0 || Boolean(header?.name) || (!header && !trouble);
    write(this.door, say('compare.models.train'));
    if (header?.name) return '';
    const hint = say(others ? 'compare.models.choose' : 'compare.models.none');
    return header ? hint : trouble ? together(scene, [trouble, hint]) : say('compare.wait');
  }

  /**
   * @param {StepScene} scene
   * @param {string} name
   */
  titleOf({ has, say }, name) {
    const line = this.own?.find((one) => one.name === name);
    return has(`run.${name}`) ? say(`run.${name}`) : literal(line?.label || name);
  }

  /**
   * The models that know the same words: those open to all, one's own, and the one that a link names if it can be compared.
   * @param {StepScene} scene
   * @param {Models | null} header
   * @returns {number} how many there are
   */
  drawPicker(scene, header) {
    const { run, task } = scene.header;
    const asked = this.desk.option('run', '');
    const refused = this.latest.trouble !== '';
    const known = /** @type {string[]} */ ((header ?? (refused ? answerOf(scene, { ask: 'runs', other: '' })?.header : null))?.known ?? []);
    const own = (this.own ?? []).filter((line) => line.name !== run && line.task === task).map(({ name }) => name);
    const names = [...new Set([...known, ...own, ...(asked ? [asked] : [])])].filter((name) => !refused || name !== asked);
    const chosen = refused ? '' : asked || (header?.name ?? '');
    this.picker.hidden = names.length === 0;
    write(this.label, scene.say('compare.other_run'));
    const items = chosen ? names : ['', ...names];
    join(this.select, items, () => el('option'), (node, name) => {
      write(node, name ? this.titleOf(scene, name) : '–');
      set(node, { value: name });
    });
    this.select.value = chosen;
    set(this.select, { 'aria-label': scene.say('compare.other_run') });
    return names.length;
  }

  /**
   * @param {StepScene} scene
   * @param {Both} both
   * @param {Models} header
   */
  drawRanking(scene, { tensors }, { match, name }) {
    const here = blockHere(scene);
    const items = [...match]
      .sort((one, other) => one.moved - other.moved)
      .map(({ block, head, to, moved }) => {
        const [a, b] = [tensors.get(`a.${block}`), tensors.get(`b.${to[0]}`)];
        const [one, other] = [cellsOf(a, head), cellsOf(b, to[1])];
        const [, rows, cols] = a?.shape ?? [0, 0, 0];
        const map = { rows, cols, at: (/** @type {number} */ i, /** @type {number} */ j) => other(i, j) - one(i, j) };
        return { block, head, value: moved, text: share(moved), more: `→ ${shortName(to[0], scene.say)} ${to[1] + 1}`, here: block === here && head === scene.view.head, map };
      });
    this.ranking.draw(scene, scene.say('compare.matched'), items, `${name} ${scene.pass.ids.src}`);
  }

  /** @param {StepScene} scene */
  table(scene) {
    this.draw(scene);
    return this.bench.trio.table(scene);
  }
}

/**
 * @param {StepScene} scene
 * @param {Both} both
 * @param {Models} header
 * @returns {import('./common.js').Three}
 */
function threeOf(scene, { tensors }, { sides, match, name }) {
  const { say, view } = scene;
  const block = blockHere(scene);
  const to = match.find((one) => one.block === block && one.head === view.head)?.to ?? [block, view.head];
  const words = wordsOf(sides[0], block);
  const [one, other] = [cellsOf(tensors.get(`a.${block}`), view.head), cellsOf(tensors.get(`b.${to[0]}`), to[1])];
  return {
    of: JSON.stringify([block, view.head, to, name, sides[0].text]),
    a: { ...words, at: one, masked: closed(sides[0], block) },
    b: { ...words, at: other, masked: closed(sides[1], to[0]) },
    common: { rows: sameSlots(words.rows), cols: sameSlots(words.cols) },
    titles: [headName(scene, { block, head: view.head }), headName(scene, { block: to[0], head: to[1] })],
    axes: { rows: rowAxis(scene, block, sides[0]), cols: say('compare.axis.keys') },
    why: '',
  };
}

/**
 * @param {StepScene} scene
 * @param {Models} header
 * @param {string} name
 */
function findingOf(scene, { sides, alone, flips, match }, name) {
  const { say } = scene;
  const best = match.reduce((one, other) => (other.moved < one.moved ? other : one));
  const near = match.filter(({ moved }) => moved < 0.1).length;
  const [a, b] = [sides[0], alone].map((side) => cut(side.written, LONGEST[scene.look.projector ? 'wall' : 'desk']) || '–');
  const written = { a, b, name };
  const outputs = say(sides[0].written === alone.written ? 'compare.models.same' : 'compare.models.differ', written);
  const told = say(sides.every(({ causal }) => causal) ? 'compare.models.told' : 'compare.models.told_open', { flips, n: sides[0].rows.length });
  if (scene.look.projector) return together(scene, outputs.length > WALL ? [outputs] : [outputs, told]); // one line
  const heads = say(near ? 'compare.models.heads' : 'compare.models.heads_none', { near, n: match.length, one: headName(scene, best), other: headName(scene, { block: best.to[0], head: best.to[1] }), share: share(best.moved) });
  return together(scene, [outputs, told, heads]);
}
