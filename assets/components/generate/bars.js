/** The next word: every candidate with its probability before the filters (outline) and after them (solid), and the sliders. */

import { Slider } from '../chapters/outputparts.js';
import { el, join, listen, numberOf, set, write } from '../dom.js';
import { OPEN, weigh } from './filters.js';
import { RANGES, settle } from './session.js';
import { probability, wordOf } from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./filters.js').Weighed} Weighed */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */

const ROWS = { desk: 10, wall: 6 };
const PAD = 0;
const REST = 250; // milliseconds
const NAMES = { temperature: 'temp', topK: 'k', topP: 'p' }; // in the address

export class Bars {
  /**
   * @param {Desk} desk
   * @param {(word: number) => void} force
   * @param {(scene: StepScene, session: Session, weighed: Weighed[]) => void} weighed what else shows the words behind the filters
   */
  constructor(desk, force, weighed) {
    this.desk = desk;
    this.weighed = weighed;
    this.title = el('h3');
    this.after = el('span', { class: 'quiet' });
    this.about = el('p', { class: 'quiet bars-about' });
    this.list = el('div', { class: 'bars-list', 'data-part': 'bars', role: 'group' });
    this.none = el('p', { class: 'bars-list', 'data-part': 'none', role: 'status', hidden: '' });
    this.search = el('input', { type: 'search', class: 'bars-search', 'data-part': 'search', maxlength: 40, oninput: () => this.find() });
    this.sliders = {
      temperature: new Slider('temperature', (value) => this.slide('temperature', value)),
      topK: new Slider('top-k', (value) => this.slide('topK', value >= this.most() ? 0 : value)),
      topP: new Slider('top-p', (value) => this.slide('topP', value)),
    };
    const sliders = el('div', { class: 'bars-sliders' }, ...Object.values(this.sliders).map(({ node }) => node));
    this.kept = el('p', { class: 'quiet', 'data-part': 'kept' });
    this.node = el('section', { class: 'generate-bars' }, el('div', { class: 'bars-head' }, this.title, this.after), this.about, this.list, this.none, this.search, sliders, this.kept);
    listen(this.list, 'click', '[data-word]', (part) => force(numberOf(part, 'word')));
    /** @type {{scene: StepScene, session: Session} | null} */
    this.now = null;
    /** @type {Partial<import('./filters.js').Filters>} what a slider says that has not come to rest */
    this.moving = {};
    this.rest = setTimeout(() => {}, 0);
  }

  most() {
    return this.now?.scene.model.tgt_vocab_size ?? 1;
  }

  /**
   * A slider moves: the bars follow at once. A sample is drawn anew when the slider has come to rest.
   * @param {keyof typeof NAMES} filter
   * @param {number} value
   */
  slide(filter, value) {
    const text = String(Math.round(value * 100) / 100);
    this.moving = { ...this.moving, [filter]: Number(text) };
    clearTimeout(this.rest);
    const take = () => {
      const changes = Object.entries(this.moving).map(([name, now]) => [NAMES[/** @type {keyof typeof NAMES} */ (name)], now === OPEN[/** @type {keyof typeof NAMES} */ (name)] ? null : String(now)]);
      this.moving = {};
      settle(this.desk, Object.fromEntries(changes));
    };
    if (this.now?.session.mode !== 'sample') return take();
    this.rest = setTimeout(take, REST);
    this.draw(this.now.scene, this.now.session);
  }

  /** Show the words that begin as what was typed. */
  find() {
    if (this.now) this.draw(this.now.scene, this.now.session);
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   */
  draw(scene, session) {
    this.now = { scene, session };
    const { say, look, words } = scene;
    const { road, row } = session;
    const filters = { ...session.filters, ...this.moving };
    const all = weigh(road.logits(row), filters, PAD);
    this.weighed(scene, session, all);
    const before = row ? wordOf(scene, road.ids[row - 1]) : words.tgtIn[0].full;
    write(this.title, say('generate.bars.title'));
    write(this.after, say('generate.bars.after', { word: before }));
    write(this.about, say('generate.bars.about'));
    this.about.title = this.about.textContent ?? '';
    set(this.list, { 'aria-label': say('generate.bars.label') });
    set(this.search, { placeholder: say('generate.bars.search'), 'aria-label': say('generate.bars.search') });
    const shown = this.shown(scene, all, road.ids[row], ROWS[look.projector ? 'wall' : 'desk']);
    this.list.hidden = !shown.length;
    this.none.hidden = shown.length > 0;
    write(this.none, shown.length ? '' : say('generate.bars.none', { typed: this.search.value.trim() }));
    join(
      this.list,
      shown,
      () => el('button', { type: 'button' }, el('span', { class: 'word', dir: 'auto' }), el('span', { class: 'bar' }, el('i'), el('i')), el('span', { class: 'num' })),
      (node, { id, before: was, after }) => {
        const [word, bar, number] = node.children;
        write(word, wordOf(scene, id));
        set(bar.children[0], { style: `width:${(after * 100).toFixed(2)}%` });
        set(bar.children[1], { style: `width:${(was * 100).toFixed(2)}%` });
        write(number, after > 0 ? probability(after) : say('generate.bars.cut'));
        const title = say('generate.bars.force', { word: wordOf(scene, id), before: probability(was), after: after > 0 ? probability(after) : say('generate.bars.cut') });
        set(node, { 'data-word': id, 'data-cut': after > 0 ? null : 'true', 'aria-current': id === road.ids[row] ? 'true' : null, title, 'aria-label': title, disabled: id === PAD || null });
      },
    );
    this.drawSliders(scene, filters);
    const kept = all.filter(({ after }) => after > 0);
    const share = kept.reduce((sum, { before: was }) => sum + was, 0);
    write(this.kept, say(kept.length === 1 ? 'generate.bars.kept_one' : 'generate.bars.kept', { n: kept.length, all: all.length, p: probability(Math.min(1, share)) }));
  }

  /**
   * The most probable words, the chosen one always among them; or those that begin as what was typed.
   * @param {StepScene} scene
   * @param {Weighed[]} all
   * @param {number} chosen
   * @param {number} rows
   */
  shown(scene, all, chosen, rows) {
    const typed = this.search.value.trim().toLowerCase();
    if (typed) return all.filter(({ id }) => wordOf(scene, id).toLowerCase().startsWith(typed)).slice(0, rows);
    const best = all.slice(0, rows);
    if (best.some(({ id }) => id === chosen)) return best;
    return [...best.slice(0, rows - 1), ...all.filter(({ id }) => id === chosen)];
  }

  /**
   * @param {StepScene} scene
   * @param {import('./filters.js').Filters} filters
   */
  drawSliders({ say }, filters) {
    const { temperature, share } = RANGES;
    const most = this.most();
    this.sliders.temperature.draw(say('generate.bars.temperature'), { ...temperature, value: filters.temperature, text: filters.temperature.toFixed(1) });
    this.sliders.topK.draw(say('generate.bars.top_k'), { min: 1, max: most, step: 1, value: filters.topK || most, text: filters.topK ? String(filters.topK) : say('generate.bars.all') });
    this.sliders.topP.draw(say('generate.bars.top_p'), { ...share, value: filters.topP, text: filters.topP.toFixed(2) });
  }
}
