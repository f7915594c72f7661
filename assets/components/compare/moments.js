/** One model at two moments of its training: the film of a probe sentence, and every head in order of how much it changed. */

import { clamp, el, join, set, write } from '../dom.js';
import { standThere } from '../chapters/masksparts.js';
import { changeOf, mapOf, masks, pairOf } from '../runs/couple.js';
import { readStory } from '../runs/film.js';
import { count } from '../runs/naming.js';
import { literal, nameTokens } from '../tokens.js';
import { Bench } from './bench.js';
import { sameSlots } from './common.js';
import { blockHere, goHead, headKeys, headName } from './comparedata.js';
import { Ranking } from './ranking.js';
import { wordOf } from './strips.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../runs/film.js').Story} Story */
/** @typedef {import('../runs/compare.js').Told} Told */

/** @type {WeakMap<StepScene, import('./ranking.js').Item[]>} */
export const measured = new WeakMap(); // what a scene showed, for the question about it

const AGAIN_AFTER = 3000; // milliseconds

export class MomentsView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {{run: string, story: Story | null, trouble: unknown}} */
    this.film = { run: '', story: null, trouble: null };
    this.sliders = /** @type {const} */ (['a', 'b']).map((which) => {
      const input = el('input', { type: 'range', min: 0, step: 1, 'data-part': `moment-${which}`, oninput: () => this.goFrame(which, Number(input.value)) });
      return { which, input, said: el('span', { class: 'num' }) };
    });
    this.probe = el('select', { 'data-part': 'probe', onchange: () => desk.set('probe', this.probe.value) });
    this.door = el('button', { type: 'button', 'data-part': 'open-runs', onclick: () => this.leave() });
    this.ranking = new Ranking((head) => goHead(desk, head));
    const labels = this.sliders.map(({ which, input, said }) => el('label', {}, el('b', { class: `badge badge-${which}` }, which.toUpperCase()), input, said));
    this.bench = new Bench(desk, this.ranking, ...labels, this.probe, this.door);
    this.bench.writes.node.hidden = true;
    this.node = this.bench.node;
    /** @type {{a: Told, b: Told} | null} */
    this.now = null;
  }

  keys() {
    return [...headKeys(this.desk), ...this.bench.keys()];
  }

  /**
   * The film of the run: fetched once, tried again after a while where that failed.
   * @param {string} run
   */
  async fetch(run) {
    this.film = { run, story: null, trouble: null };
    try {
      this.film.story = await readStory(run, '');
    } catch (error) {
      if (this.film.run !== run) return;
      this.film.trouble = error;
      setTimeout(() => (this.film = { ...this.film, run: this.film.run === run ? '' : this.film.run }), AGAIN_AFTER);
    }
    this.desk.drawSoon();
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say, header } = scene;
    standThere(this.desk, scene, blockHere(scene));
    if (this.film.run !== header.run) void this.fetch(header.run);
    const { story, trouble } = this.film;
    const frames = story?.frames ?? [];
    this.bench.say(frames.length ? '' : troubleOf(scene, story !== null, trouble));
    this.bench.controls.hidden = frames.length === 0;
    this.now = null;
    if (!story || !frames.length) return;
    const [a, b] = this.sliders.map((slider) => this.told(scene, story, slider));
    const pair = pairOf(a, b, clamp(Number(this.desk.option('probe', '0')) || 0, 0, 9));
    this.now = { a, b };
    set(this.node, { 'data-answered': `${frames[a.frame].step} ${frames[b.frame].step}` });
    join(this.probe, frames[a.frame].probes, () => el('option'), (node, { src }, i) => {
      write(node, src.map(literal).join(' '));
      set(node, { value: i });
    });
    this.probe.value = String(pair.a);
    set(this.probe, { 'aria-label': say('compare.moments.probe') });
    write(this.door, say('compare.moments.open'));
    this.bench.reads.draw([say('compare.reads_both'), ''], [pair.one.src.map(wordOf), []], pair.one.src.map((_, i) => [i, i, 'equal']), { single: true });
    const items = itemsOf(a, b, pair);
    measured.set(scene, items);
    this.bench.tell(findingOf(scene, a, b, items));
    this.ranking.draw(scene, say('compare.moments.changed'), items, this.node.dataset.answered + String(pair.a) + header.run);
    this.bench.draw(scene, threeOf(scene, a, b, pair), a.block);
  }

  /**
   * One moment: at first the untrained model as A, the finished one as B.
   * @param {StepScene} scene
   * @param {Story} story
   * @param {{which: 'a' | 'b', input: HTMLInputElement, said: HTMLElement}} slider
   * @returns {Told}
   */
  told(scene, story, { which, input, said }) {
    const { frames } = story;
    const asked = Number(this.desk.option(`${which}s`, which === 'a' ? '0' : '-1'));
    const found = frames.findIndex(({ step }) => step === asked);
    const frame = found < 0 ? (which === 'a' ? 0 : frames.length - 1) : found;
    set(input, { max: frames.length - 1, disabled: frames.length < 2 || null, 'aria-label': scene.say('runs.side.step', { side: which.toUpperCase() }) });
    input.value = String(frame);
    write(said, scene.say('compare.moments.step', { step: count(frames[frame].step) }));
    const block = story.blocks.includes(blockHere(scene)) ? blockHere(scene) : story.blocks[0];
    return { which, story, frame, block, head: Math.min(scene.view.head, story.heads - 1), title: '', colour: '' };
  }

  /**
   * @param {'a' | 'b'} which
   * @param {number} frame
   */
  goFrame(which, frame) {
    const step = this.film.story?.frames[frame]?.step;
    if (step !== undefined) this.desk.set(`${which}s`, String(step));
  }

  /** The same two moments on the page Runs, with the curves of the training. */
  leave() {
    if (!this.now) return;
    const { a, b } = this.now;
    const place = `${a.block}~${a.head}`;
    const step = (/** @type {Told} */ { story, frame }) => String(story.frames[frame].step);
    this.desk.go('runs', { v: 'compare', a: a.story.run, b: b.story.run, as: step(a), bs: step(b), ah: place, bh: place, p: this.probe.value });
  }

  /** @param {StepScene} scene */
  table(scene) {
    this.draw(scene);
    return this.bench.trio.table(scene);
  }
}

/**
 * @param {StepScene} scene
 * @param {boolean} come has the film come?
 * @param {unknown} trouble
 */
function troubleOf({ say }, come, trouble) {
  const { key, values } = /** @type {{key?: string, values?: import('../strings.js').Values}} */ (trouble ?? {});
  if (key) return say(key, values);
  return say(come ? 'compare.moments.none' : trouble ? 'explore.reconnecting' : 'compare.wait');
}

/**
 * @param {StepScene} scene
 * @param {Told} a
 * @param {Told} b
 * @param {import('../runs/couple.js').Couple} pair
 * @returns {import('./common.js').Three}
 */
function threeOf(scene, a, b, pair) {
  const { say } = scene;
  const encoder = a.block.startsWith('encoder.');
  const cross = a.block.endsWith('.cross_attn');
  const [one, other] = [gridOf(a, pair.a, pair.one), gridOf(b, pair.b, pair.other)];
  const step = (/** @type {Told} */ { story, frame }) => say('compare.moments.step', { step: count(story.frames[frame].step) });
  const name = headName(scene, a);
  return {
    of: JSON.stringify([a.block, a.head, a.story.run, a.frame, b.frame, pair.a]),
    ...{ a: one, b: other },
    common: changeOf(a, b, pair) === null ? null : { rows: sameSlots(one.rows), cols: sameSlots(one.cols) },
    titles: [`${name} · ${step(a)}`, `${name} · ${step(b)}`],
    axes: { rows: say(encoder ? 'compare.axis.queries' : 'compare.axis.writes'), cols: say('compare.axis.keys') },
    why: say(cross || !encoder ? 'compare.moments.other_words' : 'compare.other_words'),
  };

  /**
   * @param {Told} told
   * @param {number} n
   * @param {import('../runs/film.js').Probe} probe
   * @returns {import('./comparedata.js').Grid}
   */
  function gridOf(told, n, probe) {
    const map = mapOf(told, n);
    const [src, tgt] = [nameTokens(probe.src), nameTokens(probe.tgt_out ?? [])];
    const rows = encoder ? src : tgt;
    return { rows, cols: encoder || cross ? src : nameTokens(probe.tgt_in ?? []), at: (i, j) => map?.at(told.head, i, j) ?? 0, masked: masks(told, told.block) };
  }
}

/**
 * @param {StepScene} scene
 * @param {Told} a
 * @param {Told} b
 * @param {import('./ranking.js').Item[]} items sorted
 */
function findingOf(scene, a, b, items) {
  const { say } = scene;
  const known = items.filter(({ value }) => value !== null);
  const [most, least] = [known[0], known[known.length - 1]];
  const steps = { from: count(a.story.frames[a.frame].step), to: count(b.story.frames[b.frame].step) };
  if (!most) return say('compare.moments.other_words');
  return say('compare.moments.finding', { ...steps, most: headName(scene, most), size: most.text, least: headName(scene, least), small: least.text });
}

/**
 * @param {Told} a
 * @param {Told} b
 * @param {import('../runs/couple.js').Couple} pair
 * @returns {import('./ranking.js').Item[]}
 */
function itemsOf(a, b, pair) {
  const { blocks, heads } = a.story;
  return blocks
    .flatMap((block) => Array.from({ length: heads }, (_, head) => ({ block, head, mean: changeOf({ ...a, block, head }, { ...b, block, head }, pair) })))
    .sort((one, other) => (other.mean ?? -1) - (one.mean ?? -1))
    .map(({ block, head, mean }) => {
      const [one, other] = [mapOf(a, pair.a, block), mapOf(b, pair.b, block)];
      const map = one && other && mean !== null ? { rows: one.shape[1], cols: one.shape[2], at: (/** @type {number} */ i, /** @type {number} */ j) => other.at(head, i, j) - one.at(head, i, j) } : null;
      return { block, head, value: mean, text: mean === null ? '–' : mean.toFixed(3), here: block === a.block && head === a.head, map };
    });
}
