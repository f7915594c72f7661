/** The first view of Generate: the sentence as it is written, the tree, the ends of the search, the next word, where the heads look. */

import { Choice, standThere } from '../chapters/masksparts.js';
import { clamp, el, set, write } from '../dom.js';
import { Tooltip } from '../tooltip.js';
import { Bars } from './bars.js';
import { DRAW_HEIGHT, DrawPicture } from './draw.js';
import { Ends, linesOf } from './ends.js';
import { Examples } from './examples.js';
import { findingOf } from './finding.js';
import { Looks } from './looks.js';
import { MODES, ranked } from './roads.js';
import { forgetWords, numberIn, sessionOf, settle, wayTo, WIDEST, WIDTH } from './session.js';
import { GenerateStrip } from './strip.js';
import { Tree } from './tree.js';
import { blockOf, labelsOf, logProbability, probability, wordOf } from './words.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('./session.js').Session} Session */

const SIDE = { desk: 300, narrow: 250, wall: 400 };
const [NARROW, LARGEST_SEED] = [1000, 999_999];
const TREE = { desk: 270, least: 220 };
const PANELS = ['tree', 'ends', 'heads']; // on the projector: one thing at a time

export class WriteView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.strip = new GenerateStrip({ go: (row) => this.go(row), step: (by) => this.step(by), free: () => this.forget() });
    this.modes = new Choice('modes', (mode) => settle(desk, { m: mode === 'beam' ? null : mode, h: null }));
    this.fewer = el('button', { type: 'button', 'data-part': 'fewer', onclick: () => this.widen(-1) }, '−');
    this.wider = el('button', { type: 'button', 'data-part': 'wider', onclick: () => this.widen(1) }, '+');
    this.width = el('span', { 'data-part': 'width' });
    this.widths = el('div', { class: 'bar-group' }, this.fewer, this.width, this.wider);
    this.seed = el('span', { 'data-part': 'seed' });
    this.again = el('button', { type: 'button', 'data-part': 'again', onclick: () => this.drawAgain() });
    this.seeds = el('div', { class: 'bar-group' }, this.seed, this.again);
    this.legend = el('span', { class: 'quiet bar-legend' });
    this.panels = new Choice('panels', (name) => desk.set('panel', name));
    this.ends = new Ends(desk, (ids) => this.choose(ids));
    this.bar = el('div', { class: 'generate-bar' }, this.modes.node, this.widths, this.seeds, this.legend, this.panels.node);
    this.tree = new Tree({ pick: (node) => this.pick(node), point: (node, box) => this.point(node, box) });
    this.looks = new Looks(desk);
    this.picture = new DrawPicture();
    this.bars = new Bars(desk, (word) => this.force(word), (scene, session, weighed) => this.picture.draw(scene, session, weighed, this.mainWidth(scene)));
    this.finding = el('p', { class: 'generate-finding', 'data-part': 'finding' });
    this.examples = new Examples(desk);
    this.tooltip = new Tooltip();
    const main = el('div', { class: 'generate-main' }, this.bar, this.picture.node, this.tree.node, this.ends.node, this.looks.node);
    const side = el('div', { class: 'generate-side' }, this.bars.node, this.finding, this.examples.node);
    this.columns = el('div', { class: 'generate-columns' }, main, side);
    this.said = el('p', { role: 'status', 'data-part': 'trouble' });
    this.without = el('button', { type: 'button', 'data-part': 'without', onclick: () => this.forget() });
    this.trouble = el('div', { class: 'generate-trouble', hidden: '' }, this.said, this.without);
    this.node = el('div', { class: 'generate generate-write waiting' }, this.strip.node, this.trouble, this.columns, this.looks.door.node, this.tooltip.node);
    this.asked = '';
    /** @type {StepScene | null} */
    this.scene = null;
    /** @type {Session | null} */
    this.session = null;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const asked = JSON.stringify([scene.header.run, scene.sentence.read]);
    if (this.asked && this.asked !== asked) forgetWords(this.desk);
    this.asked = asked;
    const session = sessionOf(this.desk, scene);
    const trouble = session && 'trouble' in session ? session.trouble : null;
    write(this.said, trouble ? scene.say(trouble.key, trouble.values) : '');
    write(this.without, scene.say('generate.refused.without'));
    this.trouble.hidden = !trouble;
    if (!session || 'trouble' in session) return;
    [this.scene, this.session] = [scene, session];
    this.node.classList.remove('waiting');
    standThere(this.desk, scene, blockOf(scene));
    this.strip.draw(scene, session);
    this.drawBar(scene, session);
    this.drawPanels(scene, session);
    this.ends.draw(scene, session);
    this.looks.draw(scene, session);
    this.bars.draw(scene, session);
    write(this.finding, findingOf(scene, session));
    this.examples.draw(scene.say, session.tree.header.examples);
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   */
  drawPanels(scene, session) {
    const { look } = scene;
    const wall = look.projector;
    set(this.node, { 'data-panel': wall ? this.panel() : null, 'data-narrow': !wall && look.width < NARROW ? 'true' : null, style: `--side:${sideOf(look)}px` });
    const all = wall ? Math.max(TREE.least, look.height - 144) : TREE.desk;
    const draw = session.u.length ? DRAW_HEIGHT[wall ? 'wall' : 'desk'] + 3 : 0;
    this.tree.draw(scene, session, { width: this.mainWidth(scene), height: all - draw });
  }

  /** @param {StepScene} scene */
  mainWidth({ look }) {
    return look.width - sideOf(look) - 28;
  }

  panel() {
    const asked = this.desk.option('panel', '');
    return PANELS.find((name) => name === asked) ?? PANELS[0];
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   */
  drawBar({ say, look }, { mode, width, seed }) {
    this.modes.draw(say('generate.mode.label'), MODES.map((name) => ({ name, text: say(`generate.mode.${name}`), title: say(`generate.mode.about_${name}`) })), mode);
    this.widths.hidden = mode !== 'beam';
    this.seeds.hidden = mode !== 'sample';
    write(this.width, say('generate.bar.width', { n: width }));
    set(this.fewer, { disabled: width === 1 || null, 'aria-label': say('generate.bar.fewer') });
    set(this.wider, { disabled: width === WIDEST || null, 'aria-label': say('generate.bar.wider') });
    write(this.seed, say('generate.bar.seed', { seed }));
    write(this.again, say('generate.bar.again'));
    write(this.legend, say('generate.bar.legend'));
    this.panels.node.hidden = !look.projector;
    this.panels.draw(say('generate.panel.label'), PANELS.map((name) => ({ name, text: say(`generate.panel.${name}`) })), this.panel());
  }

  // --- what a person does ---------------------------------------------------------------------------------------------

  /** Nothing is forced or chosen any more. */
  forget() {
    settle(this.desk, { force: null, h: null, i: null });
  }

  /** @param {number} row */
  go(row) {
    if (this.session) settle(this.desk, { i: String(clamp(row, 0, this.session.road.ids.length - 1)) });
  }

  /** @param {number} by */
  step(by) {
    this.go((this.session?.row ?? 0) + by);
  }

  /** @param {number} by */
  widen(by) {
    settle(this.desk, { w: String(clamp(numberIn(this.desk, 'w', WIDTH, 1, WIDEST) + by, 1, WIDEST)), h: null });
  }

  /** A new seed, also where the last one's sentence is still on its way. */
  drawAgain() {
    settle(this.desk, { seed: String((numberIn(this.desk, 'seed', 1, 0, LARGEST_SEED) + 1) % LARGEST_SEED) });
  }

  sample() {
    if (this.desk.option('m', '') === 'sample') this.drawAgain();
    else settle(this.desk, { m: 'sample', h: null });
  }

  /** Force a word where we are, and let the model go on from there. @param {number} word */
  force(word) {
    if (!this.session) return;
    const { road, row } = this.session;
    const force = [...road.ids.slice(0, row), word];
    this.bars.search.value = '';
    settle(this.desk, { force: force.join(','), i: String(row), h: null });
  }

  /** Choose a road of the tree: through a node that was kept to its best end, or to a node that was dropped. @param {number} id */
  pick(id) {
    const { session } = this;
    if (!session) return;
    const node = session.nodes[id];
    const ids = wayTo(session.nodes, id);
    const step = node.step - 1;
    if (session.mode !== 'beam') return node.state === 'dropped' ? this.pickDropped(ids, step) : this.go(step);
    const through = node.state === 'dropped' ? null : ranked(session.tree, session.alpha).find((end) => ids.every((word, i) => end.ids[i] === word));
    settle(this.desk, { h: (through?.ids ?? ids).join(','), i: String(step) });
  }

  /**
   * Without a beam there is no road through a word that was not taken: look at its row.
   * @param {number[]} ids
   * @param {number} step
   */
  pickDropped(ids, step) {
    settle(this.desk, { m: null, h: ids.join(','), i: String(step) });
  }

  /** @param {number[]} ids */
  choose(ids) {
    if (!this.session) return;
    const greedy = String(ids) === String(this.session.tree.header.greedy.ids);
    const listed = this.session.tree.header.ends.some((/** @type {{ids: number[]}} */ end) => String(end.ids) === String(ids));
    if (this.session.mode === 'beam' && !listed && greedy) settle(this.desk, { m: 'greedy', h: null });
    else if (this.session.mode === 'beam') settle(this.desk, { h: ids.join(',') });
    else if (greedy) settle(this.desk, { m: 'greedy' });
  }

  /**
   * @param {number | null} id
   * @param {DOMRect | null} box
   */
  point(id, box) {
    const { scene, session } = this;
    if (id === null || !box || !scene || !session) return this.tooltip.hide();
    const node = session.nodes[id];
    const labels = labelsOf(scene, wayTo(session.nodes, id));
    const { say } = scene;
    const lines = [
      `${wordOf(scene, node.word)}  ${probability(Math.exp(node.logP))}`,
      say('generate.tip.total', { total: logProbability(node.total), rank: node.rank + 1 }),
      say(`generate.tip.${node.forced ? 'forced' : node.state}`),
      labels.map((label) => label.text).join(' '),
    ];
    this.tooltip.show(lines, box, this.node);
  }

  /** Move up or down in the column of the tree. @param {number} by */
  climb(by) {
    const { session } = this;
    if (!session) return;
    const level = session.nodes.filter(({ step }) => step === session.row + 1);
    const order = [...level.filter(({ state }) => state !== 'dropped'), ...level.filter(({ state }) => state === 'dropped')];
    const at = order.findIndex(({ id }) => session.chosen.has(id));
    const next = order[clamp(at + by, 0, order.length - 1)];
    if (next && next.id !== order[at]?.id) this.pick(next.id);
  }

  /** @param {string} key */
  hypothesis(key) {
    const { session } = this;
    const end = session && session.mode === 'beam' ? ranked(session.tree, session.alpha)[Number(key) - 1] : null;
    if (end) this.choose(end.ids);
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const { desk } = this;
    const beam = { keys: ['b'], shown: 'b', help: 'generate.keys.beam', run: () => settle(desk, { m: null, h: null }) };
    return [
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'generate.keys.step', run: (key) => this.step(key === 'ArrowLeft' ? -1 : 1) },
      { keys: ['PageUp', 'PageDown'], shown: 'PgUp PgDn', help: 'generate.keys.step', run: (key) => this.step(key === 'PageUp' ? -1 : 1) },
      { keys: ['Home', 'End'], shown: 'Home End', help: 'generate.keys.first', run: (key) => this.go(key === 'Home' ? 0 : Infinity) },
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'generate.keys.climb', run: (key) => this.climb(key === 'ArrowUp' ? -1 : 1) },
      { keys: ['1', '2', '3', '4', '5', '6'], shown: '1–6', help: 'generate.keys.hypothesis', run: (key) => this.hypothesis(key) },
      { keys: ['g'], shown: 'g', help: 'generate.keys.greedy', run: () => settle(desk, { m: 'greedy', h: null }) },
      ...(desk.projector ? [] : [beam]),
      { keys: ['s'], shown: 's', help: 'generate.keys.sample', run: () => this.sample() },
      { keys: ['+', '-'], shown: '+ −', help: 'generate.keys.width', run: (key) => this.widen(key === '+' ? 1 : -1) },
      { keys: ['a'], shown: 'a', help: 'generate.keys.panel', run: () => desk.set('panel', PANELS[(PANELS.indexOf(this.panel()) + 1) % PANELS.length]) },
    ];
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    this.draw(scene);
    const { session } = this;
    if (!session) return { caption: '', columns: [], rows: [] };
    const { say } = scene;
    const ends = linesOf(scene, session).map((line) => ({ name: line.text, cells: ['', line.tag, logProbability(line.logP), probability(Math.exp(line.logP))] }));
    const nodes = session.nodes.slice(1).map((node) => ({
      name: wayTo(session.nodes, node.id).map((id) => wordOf(scene, id)).join(' '),
      cells: [String(node.step), say(`generate.state.${node.forced ? 'forced' : node.state}`), logProbability(node.total), probability(Math.exp(node.logP))],
    }));
    return { caption: say('generate.table.caption'), columns: [say('generate.table.step'), say('generate.table.state'), 'log P', 'P'], rows: [...ends, ...nodes] };
  }
}

/** How wide the column of the next word is. @param {import('../step/scene.js').StepLook} look */
function sideOf(look) {
  if (look.projector) return SIDE.wall;
  return look.width < NARROW ? SIDE.narrow : SIDE.desk;
}
