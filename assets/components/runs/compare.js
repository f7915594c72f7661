/** Two models, or one at two moments: their curves on one axis, all their heads, and one head of each with what is between them. */

import { clamp, el, join, listen, set, write } from '../dom.js';
import { blockOf } from '../blocks.js';
import { Twin } from '../step/twin.js';
import { SCREENS, sideOf } from './address.js';
import { changeOf, fitted, nearestHead, pairOf } from './couple.js';
import { CurvesBox } from './curvesbox.js';
import { frameAt, readStory } from './film.js';
import { HeadGrid } from './headgrid.js';
import { titleOfRun } from './naming.js';
import { PairView } from './pairview.js';
import { SidePicker } from './sidepicker.js';
import { curvesTwin, weightsTwin } from './twins.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./board.js').RunsScene} RunsScene */
/** @typedef {import('./film.js').Story} Story */
/** @typedef {import('./address.js').Side} Side */
/** @typedef {'a' | 'b'} Which */
/** @typedef {{which: Which, story: Story, frame: number, block: string, head: number, title: string, colour: string}} Told one side, with its story */
/** @typedef {RunsScene & {a: Told, b: Told, pair: import('./couple.js').Couple}} CompareScene */

export class Compare {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    /** @type {Map<string, Story>} */
    this.stories = new Map();
    /** @type {Map<string, unknown>} what went wrong with a run's film */
    this.troubles = new Map();
    /** @type {CompareScene | null} */
    this.scene = null;
    this.pickers = { a: new SidePicker('a', this), b: new SidePicker('b', this) };
    this.swapper = el('button', { type: 'button', class: 'swap', onclick: () => this.swap() }, '⇄');
    this.screens = el('div', { class: 'switch screens-of', role: 'group' });
    this.curves = new CurvesBox(this);
    this.grid = new HeadGrid(this);
    this.pair = new PairView(this);
    this.twins = { curves: new Twin(), weights: new Twin() };
    this.tables = el('div', { class: 'twins', hidden: '' }, this.twins.weights.node, this.twins.curves.node);
    for (const twin of Object.values(this.twins)) twin.node.hidden = false;
    this.empty = el('p', { class: 'empty' });
    this.body = el('div', { class: 'body' }, this.grid.node, this.pair.node, this.curves.node, this.tables);
    const sides = el('div', { class: 'sides' }, this.pickers.a.node, this.swapper, this.pickers.b.node);
    this.node = el('section', { class: 'runs-compare', 'data-part': 'compare', hidden: '' }, sides, this.empty, this.body);
    listen(this.screens, 'click', '[data-screen]', (part) => board.change((view) => ({ ...view, screen: SCREENS.find((name) => name === part.dataset.screen) ?? view.screen })));
  }

  /** @param {RunsScene} scene */
  draw(scene) {
    this.begin(scene);
    const { say, view, palette } = scene;
    set(this.swapper, { 'aria-label': say('runs.keys.swap'), title: say('runs.keys.swap') });
    const [a, b] = [this.told(scene, 'a'), this.told(scene, 'b')];
    this.pickers.a.draw(scene, a);
    this.pickers.b.draw(scene, b);
    this.drawScreens(scene);
    const trouble = this.troubles.get(view.a.run) ?? this.troubles.get(view.b.run);
    const ready = a !== null && b !== null;
    this.empty.hidden = ready;
    this.body.hidden = !ready;
    write(this.empty, trouble ? this.sentence(trouble, scene) : say('runs.compare.loading'));
    this.scene = null;
    if (!ready) return;
    const { probe } = view;
    this.scene = { ...scene, a: { ...a, colour: palette.q }, b: { ...b, colour: palette.k }, pair: pairOf(a, b, probe) };
    this.drawBody(this.scene);
  }

  /** @param {CompareScene} scene */
  drawBody(scene) {
    const { view, look } = scene;
    /** @param {RunsScene['view']['screen']} screen */
    const shown = (screen) => !view.table && (!look.projector || view.screen === screen);
    this.curves.node.hidden = !shown('curves');
    this.grid.node.hidden = !shown('heads');
    this.pair.node.hidden = !shown('head');
    this.tables.hidden = !view.table;
    if (shown('curves')) this.curves.draw(scene);
    if (shown('heads')) this.grid.draw(scene);
    if (shown('head')) this.pair.draw(scene);
    if (!view.table) return;
    this.twins.weights.draw(/** @type {any} */ (scene), weightsTwin(scene));
    this.twins.curves.draw(/** @type {any} */ (scene), curvesTwin(scene));
    write(this.twins.weights.head.children[0], scene.say('runs.axis.queries'));
  }

  /** @param {RunsScene} scene */
  drawScreens({ say, view, look }) {
    this.screens.hidden = !look.projector || view.tab !== 'compare';
    join(this.screens, SCREENS, () => el('button', { type: 'button' }), (node, name) => {
      write(node, say(`runs.screen.${name}`));
      set(node, { 'data-screen': name, 'aria-pressed': String(name === view.screen) });
    });
  }

  /**
   * @param {unknown} error
   * @param {RunsScene} scene
   */
  sentence(error, { say }) {
    const refusal = /** @type {{key?: string, values?: import('../strings.js').Values}} */ (error);
    return refusal.key ? say(refusal.key, refusal.values) : say('explore.reconnecting');
  }

  /**
   * At first the model of the sidebar is compared with its own beginning. What is not there yet is fetched.
   * @param {RunsScene} scene
   */
  begin({ view, board }) {
    if (!view.a.run && !view.b.run && board.model) view.a = sideOf(board.model, 0);
    view.a.run ||= view.b.run;
    view.b.run ||= view.a.run;
    for (const { run } of [view.a, view.b]) if (run && !this.stories.has(run) && !this.troubles.has(run)) void this.fetch(run);
  }

  /** @param {string} run */
  async fetch(run) {
    const line = this.board.lineOf(run);
    try {
      this.stories.set(run, await readStory(run, `${line?.date} ${line?.bytes}`));
      this.troubles.delete(run);
    } catch (error) {
      this.troubles.set(run, error);
      setTimeout(() => this.troubles.delete(run), 3000);
    }
    if (this.board.root.isConnected && this.board.view?.tab === 'compare') this.board.draw();
  }

  /**
   * One side with its story, every number of it brought to what is there.
   * @param {RunsScene} scene
   * @param {Which} which
   * @returns {Told | null}
   */
  told({ view, board, ...words }, which) {
    const side = view[which];
    const story = this.stories.get(side.run);
    if (!story?.frames.length) return null;
    const line = board.lineOf(side.run) ?? { name: side.run, label: null };
    const frame = frameAt(story, side.step);
    const { block, head } = fitted(story, side);
    return { which, story, frame, block, head, title: titleOfRun(line, words), colour: '' };
  }

  // --- what a person does ---------------------------------------------------------------------------------------------

  /**
   * @param {Which} which
   * @param {Partial<Side>} change
   */
  set(which, change) {
    this.board.change((view) => ({ ...view, [which]: { ...view[which], ...change } }));
  }

  /**
   * @param {Which} which
   * @param {string} run
   */
  choose(which, run) {
    this.set(which, { run, step: Infinity });
  }

  /**
   * @param {Which} which
   * @param {number} frame number of a frame
   */
  goFrame(which, frame) {
    const told = this.scene?.[which];
    if (!told) return;
    const { frames } = told.story;
    const at = clamp(frame, 0, frames.length - 1);
    this.set(which, { step: at === frames.length - 1 ? Infinity : frames[at].step });
  }

  /**
   * @param {Which} which
   * @param {number} by
   */
  stepFrame(which, by) {
    if (this.scene) this.goFrame(which, this.scene[which].frame + by);
  }

  /**
   * Both models at one step of their training.
   * @param {number} step
   */
  goStep(step) {
    this.board.change((view) => ({ ...view, a: { ...view.a, step }, b: { ...view.b, step } }));
  }

  /**
   * Look at a head: of both models, or of one.
   * @param {Which | 'both'} which
   * @param {string} block
   * @param {number} head
   */
  goHead(which, block, head) {
    const place = { block, head };
    this.board.change((view) => ({ ...view, a: which === 'b' ? this.placed(view.a, 'a') : { ...view.a, ...place }, b: which === 'a' ? this.placed(view.b, 'b') : { ...view.b, ...place }, screen: view.screen === 'heads' ? 'head' : view.screen }));
  }

  /**
   * What is shown of the other side stays what it is.
   * @param {Side} side
   * @param {Which} which
   */
  placed(side, which) {
    const told = this.scene?.[which];
    return told ? { ...side, block: told.block, head: told.head } : side;
  }

  /** @param {number} by */
  stepHead(by) {
    const told = this.scene?.a;
    if (!told) return;
    const { blocks, heads } = told.story;
    const at = clamp(blocks.indexOf(told.block) * heads + told.head + by, 0, blocks.length * heads - 1);
    this.goHead('both', blocks[Math.floor(at / heads)], at % heads);
  }

  swap() {
    this.board.change((view) => ({ ...view, a: view.b, b: view.a }));
  }

  /** Two trainings learn the same things in different places: find the head of B that is most like the one of A. */
  nearest() {
    const { scene } = this;
    const found = scene && nearestHead(scene.a, scene.b, scene.pair);
    if (!scene || !found) return;
    this.goHead('b', found.block, found.head);
    const { say } = scene;
    this.board.tell('runs.nearest.found', { head: found.head + 1, layer: blockOf(found.block).layer + 1, mean: found.mean.toFixed(3), before: changeOf(scene.a, scene.b, scene.pair)?.toFixed(3) ?? say('runs.nearest.unknown') });
  }
}
