/** Two heads of one model on one sentence: how far apart their rows are, and which head is most like this one. */

import { el, join, set, write } from '../dom.js';
import { standThere } from '../chapters/masksparts.js';
import { act, shortPlace, writeActs } from '../notation.js';
import { mapOf } from '../heads/parts.js';
import { Bench } from './bench.js';
import { sameSlots } from './common.js';
import { blockHere, cellsOf, closed, goHead, headName, headKeys, Latest, rowAxis, rowsAre, wordsOf } from './comparedata.js';
import { Ranking } from './ranking.js';
import { readWords, writtenWords } from './strips.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./comparedata.js').Both} Both */
/** @typedef {import('./comparedata.js').Head} Head */
/** @typedef {{sides: [import('./comparedata.js').Side, import('./comparedata.js').Side], a: Head, b: Head, js: number[] | null, correlation: number | null, same: number | null, order: [string, number, number][], tops: number[]}} TwoHeads */

/**
 * @param {StepScene} scene
 * @returns {Record<string, string>}
 */
export function questionOf(scene) {
  const { view, places, model } = scene;
  const { c = '', g = '' } = view.options; // a link may name a head that this model does not have: then the one most like A
  const known = /^\d{1,3}$/.test(g) && Number(g) < model.n_heads && places.some(({ kind, name }) => kind === 'attention' && name === c);
  return { ask: 'heads', b: blockHere(scene), f: String(view.head), ...(known ? { c, g } : {}) };
}

export class HeadsView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.latest = new Latest();
    this.pickers = /** @type {const} */ (['a', 'b']).map((which) => {
      const select = el('select', { 'data-part': `head-${which}`, onchange: () => this.choose(which, select.value) });
      return select;
    });
    const labels = this.pickers.map((select, i) => el('label', {}, el('b', { class: `badge badge-${'ab'[i]}` }, 'AB'[i]), select));
    this.swapper = el('button', { type: 'button', 'data-part': 'swap', onclick: () => this.swap() }, '⇄');
    this.ranking = new Ranking((head) => this.choose('b', `${head.block}~${head.head}`));
    this.edit = el('button', { type: 'button', 'data-part': 'to-edit', onclick: () => this.patch() });
    this.bench = new Bench(desk, this.ranking, labels[0], this.swapper, labels[1], this.edit);
    this.node = this.bench.node;
    /** @type {TwoHeads | null} */
    this.header = null;
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    return [...headKeys(this.desk), ...this.bench.keys(), { keys: ['x'], shown: 'x', help: 'compare.keys.swap', run: () => this.swap() }];
  }

  /**
   * @param {'a' | 'b'} which
   * @param {string} value block~head
   */
  choose(which, value) {
    const [block, head] = value.split('~');
    if (which === 'a') return goHead(this.desk, { block, head: Number(head) });
    this.desk.change((view) => ({ ...view, options: { ...view.options, c: block, g: head } }));
  }

  swap() {
    const { header } = this;
    if (!header) return;
    const { a, b } = header;
    this.desk.change((view) => ({ ...view, at: b.block, head: b.head, stage: 'weights', options: { ...view.options, c: a.block, g: String(a.head) } }));
  }

  /** On the page Edit: head A with the pattern of head B. */
  patch() {
    if (!this.header) return;
    const { a, b } = this.header;
    this.desk.go('edit', { b: a.block, f: String(a.head), o_e: writeActs([act(`from`, shortPlace(a.block), a.head, shortPlace(b.block), b.head)]) });
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say, places, model } = scene;
    standThere(this.desk, scene, blockHere(scene));
    const both = this.latest.of(scene, questionOf(scene));
    const header = /** @type {TwoHeads | null} */ (both?.header ?? null);
    this.header = header;
    this.bench.say(header ? '' : this.latest.trouble || say('compare.wait'));
    if (!both || !header) return;
    set(this.swapper, { 'aria-label': say('compare.keys.swap'), title: say('compare.keys.swap') });
    set(this.node, { 'data-answered': `${spot(header.a)} ${spot(header.b)}` });
    const all = places.filter(({ kind }) => kind === 'attention').flatMap(({ name }) => Array.from({ length: model.n_heads }, (_, head) => ({ block: name, head })));
    this.pickers.forEach((select, i) => {
      join(select, all, () => el('option'), (node, one) => {
        write(node, headName(scene, one));
        set(node, { value: spot(one) });
      });
      select.value = spot(i ? header.b : header.a);
      set(select, { 'aria-label': say(i ? 'compare.head_b' : 'compare.head_a') });
    });
    const { a, b } = header;
    this.edit.hidden = !header.js || spot(a) === spot(b);
    write(this.edit, say('compare.to.edit'));
    set(this.edit, { title: say('compare.to.edit_head', { a: headName(scene, a), b: headName(scene, b) }) });
    this.bench.tell(findingOf(scene, header));
    const [side] = header.sides;
    const pairs = side.src.map((_, i) => /** @type {import('./comparedata.js').Pair} */ ([i, i, 'equal']));
    const rows = side.rows.map((_, i) => /** @type {import('./comparedata.js').Pair} */ ([i, i, 'equal']));
    this.bench.reads.draw([say('compare.reads'), ''], [readWords(scene, side), []], pairs, { single: true });
    this.bench.writes.draw([rowsAre(scene, side), ''], [writtenWords(side), []], rows, { single: true });
    this.drawRanking(scene, header);
    this.bench.draw(scene, threeOf(scene, both, header), a.block);
  }

  /**
   * @param {StepScene} scene
   * @param {TwoHeads} header
   */
  drawRanking(scene, header) {
    const { a, b, order, sides } = header;
    const items = order.map(([block, head, js]) => {
      const [one, other] = [mapOf(scene, a.block, a.head), mapOf(scene, block, head)];
      const fits = !scene.view.options.t && one.rows.length === (a.block.startsWith('encoder.') ? sides[0].src.length : sides[0].rows.length);
      const map = { rows: one.rows.length, cols: one.cols.length, at: (/** @type {number} */ i, /** @type {number} */ j) => other.at(i, j) - one.at(i, j) };
      return { block, head, value: js, text: js.toFixed(2), here: block === b.block && head === b.head, map: fits ? map : null };
    });
    this.ranking.draw(scene, scene.say('compare.nearest'), items, scene.pass.ids.src + spot(a));
  }

  /** @param {StepScene} scene */
  table(scene) {
    this.draw(scene);
    const { header } = this;
    const twin = this.bench.trio.table(scene);
    if (!header?.js) return twin;
    const js = header.js;
    return { ...twin, columns: [scene.say('compare.divergence'), ...twin.columns], rows: twin.rows.map(({ name, cells }, i) => ({ name, cells: [js[i].toFixed(3), ...cells] })) };
  }
}

/** @param {Head} head */
function spot({ block, head }) {
  return `${block}~${head}`;
}

/**
 * @param {StepScene} scene
 * @param {Both} both
 * @param {TwoHeads} header
 * @returns {import('./common.js').Three}
 */
function threeOf(scene, { tensors }, { sides, a, b, js }) {
  const { say } = scene;
  const [one, other] = [wordsOf(sides[0], a.block), wordsOf(sides[1], b.block)];
  return {
    of: JSON.stringify([a, b, sides[0].text]),
    a: { ...one, at: cellsOf(tensors.get('a'), 0), masked: closed(sides[0], a.block) },
    b: { ...other, at: cellsOf(tensors.get('b'), 0), masked: closed(sides[1], b.block) },
    common: js ? { rows: sameSlots(one.rows), cols: sameSlots(one.cols) } : null,
    titles: [headName(scene, a), headName(scene, b)],
    axes: { rows: rowAxis(scene, a.block, sides[0]), cols: say('compare.axis.keys') },
    why: say('compare.other_words'),
  };
}

/**
 * @param {StepScene} scene
 * @param {TwoHeads} header
 */
function findingOf(scene, { a, b, js, correlation, same, sides }) {
  const { say } = scene;
  const names = { a: headName(scene, a), b: headName(scene, b) };
  if (!js) return say('compare.heads.no', names);
  const mean = js.reduce((sum, x) => sum + x, 0) / js.length;
  const far = js.indexOf(Math.max(...js));
  const { rows } = wordsOf(sides[0], a.block);
  const values = { ...names, mean: mean.toFixed(2), same: same ?? 0, n: js.length, row: rows[far].full, far: js[far].toFixed(2), r: correlation === null ? '–' : (correlation < 0 ? '−' : '') + Math.abs(correlation).toFixed(2) };
  return say(scene.look.projector ? 'compare.heads.finding_short' : 'compare.heads.finding', values);
}
