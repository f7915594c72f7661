/** The Explore page as a whole: its parts, what a click or a key does, and how a change reaches the screen. */

import { blockOf, rowSide } from './blocks.js';
import { three } from './format.js';
import { mostRead } from './grid.js';
import { listenKeys } from './keys.js';
import { lookOf } from './look.js';
import * as moves from './moves.js';
import { makeParts } from './parts.js';
import { copyLink, save } from './save.js';
import { rowName, sceneOf } from './scene.js';
import { after } from './screens.js';
import { bindingsOf } from './shortcuts.js';
import { readPalette } from './theme.js';
import { writeView } from './view.js';

/** @typedef {import('./payload.js').Payload} Payload */
/** @typedef {import('./payload.js').Notice} Notice */
/** @typedef {import('./view.js').View} View */
/** @typedef {import('./strings.js').Words} Words */
/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {{sentence: (text: string) => void, projector: (on: boolean) => void}} Server what travels to Python */

const LINK_AFTER = 300; // milliseconds without a change, then the address is rewritten

export class Page {
  /**
   * @param {HTMLElement} root
   * @param {Server} server
   */
  constructor(root, server) {
    this.root = root;
    this.server = server;
    /** @type {Payload | null} */
    this.payload = null;
    /** @type {View | null} */
    this.view = null;
    /** @type {Words | null} */
    this.words = null;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {import('./messages.js').News} */
    this.news = { trouble: null, notices: [] };
    this.projector = false;
    this.link = 0;
    this.toastEnd = 0;
    this.palette = readPalette(root);
    this.parts = makeParts(this);
    listenKeys(root, () => bindingsOf(this));
    this.observer = new ResizeObserver(() => this.fitWidth());
    this.observer.observe(root);
  }

  /** Draw anew when the box changes its width; nothing else does that. */
  fitWidth() {
    const width = this.root.clientWidth;
    if (this.scene && width && width !== this.scene.look.width) this.draw();
  }

  stop() {
    this.observer.disconnect();
    clearTimeout(this.link);
    clearTimeout(this.toastEnd);
  }

  look() {
    // Above the picture on the projector: names of the screens, and the heads.
    const room = innerHeight - Math.max(0, this.root.getBoundingClientRect().top + scrollY) - 160;
    return lookOf(this.root.clientWidth || 1156, room, this.projector);
  }

  /** Draw every part. Nodes are kept; what differs is written. */
  draw() {
    const { payload, view, words } = this;
    if (!payload || !view || !words) return;
    this.scene = sceneOf(payload, view, words, this.palette, this.look());
    const { scene } = this;
    this.root.lang = words.lang === 'zh' ? 'zh-CN' : words.lang;
    this.parts.screens.draw(scene, this.root);
    this.parts.strip.draw(scene, this.news);
    this.parts.map.draw(scene);
    this.parts.head.draw(scene);
    this.parts.box.dataset.picture = scene.view.picture;
    const shown = this.projector && this.parts.screens.screen === 'joined' ? { ...scene, view: { ...view, picture: /** @type {const} */ ('joined') } } : scene;
    this.parts.stage.draw(shown);
    this.parts.facts.draw(scene);
    this.parts.pair.draw(scene);
    this.parts.road.draw(scene);
    this.parts.known.draw(scene);
    this.parts.help.draw(bindingsOf(this), words.say);
    this.showPin();
  }

  /** Say what happened, and leave the picture as it is. Before the first picture there is only the box that says it. */
  drawNews() {
    const { scene, words, news } = this;
    if (scene) this.parts.strip.drawMessage(scene, news);
    else if (words && news.trouble) this.parts.stage.refuse(words.say(news.trouble.key, news.trouble.values));
  }

  /**
   * Change what is looked at. The server hears nothing of it.
   * @param {(view: View) => View} move
   */
  change(move) {
    if (!this.view) return;
    this.view = move(this.view);
    this.news = { ...this.news, notices: [] };
    this.parts.tooltip.hide();
    this.draw();
    this.rewriteLink();
  }

  /**
   * Point at something: only attributes change, in one frame.
   * @param {(view: View) => View} move
   */
  point(move) {
    const { payload, view, words, scene } = this;
    if (!payload || !view || !words || !scene) return;
    const next = move(view);
    if (samePoint(view, next)) return;
    const started = performance.now();
    this.view = next;
    this.scene = { ...scene, view: next, row: next.row[rowSide(blockOf(next.block).kind)] };
    for (const part of [this.parts.strip, this.parts.map, this.parts.stage]) part.point(this.scene);
    if (next.pin !== view.pin) this.showPin();
    this.rewriteLink();
    this.count(performance.now() - started);
  }

  /** @param {number} ms */
  count(ms) {
    const counters = window.__lab;
    if (!counters) return;
    counters.points += 1;
    counters.pointMs = ms;
    counters.pointMsMax = Math.max(counters.pointMsMax, ms);
  }

  /**
   * @param {'src' | 'tgt'} side
   * @param {number} row
   */
  pointToken(side, row) {
    this.point((view) => {
      const { kind } = blockOf(view.block);
      if (side === 'src' && kind === 'cross') return { ...view, col: row, byKey: true };
      return { ...view, row: { ...view.row, [side]: row }, col: null, byKey: false };
    });
  }

  /**
   * @param {number} row
   * @param {number} col
   * @param {string} [block]
   */
  pointCell(row, col, block) {
    this.point((view) => {
      const own = block === undefined || rowSide(blockOf(block).kind) === rowSide(blockOf(view.block).kind);
      return own ? moves.pointRow(view, row, block === undefined || block === view.block ? col : null) : view;
    });
  }

  /** The pointer has left: the row stays, a pinned cell comes back, the tooltip goes. */
  letGo() {
    this.point(moves.leave);
    this.showPin();
  }

  /** A pinned cell keeps its tooltip. */
  showPin() {
    const { scene } = this;
    const pin = scene?.view.pin;
    const box = scene && pin && scene.view.picture === 'lines' ? this.parts.stage.matrix.boxOf(pin.row, pin.col) : null;
    if (!scene || !pin || !box) return this.parts.tooltip.hide();
    this.parts.tooltip.show(this.parts.stage.cellLines(pin.row, pin.col), box, this.root);
  }

  flip() {
    const { payload } = this;
    if (!payload || payload.traces.length < 2) return;
    this.change((view) => moves.flip(view, payload));
    this.speak();
  }

  /**
   * A key moves the row.
   * @param {number} step
   */
  stepRow(step) {
    const { scene } = this;
    if (!scene) return;
    this.point((view) => moves.stepRow(view, scene.grid, step));
    if (this.scene) this.parts.stage.reveal(this.scene);
    this.speak();
  }

  /** @param {number} step */
  stepBlock(step) {
    const { payload } = this;
    if (payload) this.change((view) => moves.stepBlock(view, payload, step));
  }

  /** @param {string} screen */
  goScreen(screen) {
    this.parts.screens.screen = screen;
    this.draw();
  }

  /** @param {number} step */
  stepScreen(step) {
    this.goScreen(after(this.parts.screens.screen, step));
  }

  /** Close what is open; else let go of pin, column and row. */
  escape() {
    for (const panel of [this.parts.help, this.parts.known]) if (panel.open) return panel.toggle(false);
    if (!this.parts.screens.blank.hidden) return this.parts.screens.toggleBlank(false);
    this.point((view) => moves.pointRow({ ...view, pin: null }, view.pin ? view.pin.row : null));
    this.parts.tooltip.hide();
  }

  /**
   * Ask the server for another sentence: the only thing here that travels, beside projector mode.
   * @param {string} text
   */
  ask(text) {
    this.setBusy(true);
    this.server.sentence(text);
  }

  /** @param {string} format */
  async keep(format) {
    const { scene, words } = this;
    if (!scene || !words) return;
    if (format !== 'link') return save(format, scene, this.parts.stage.joined);
    this.rewriteLink(0);
    const copied = await copyLink();
    this.say(words.say(copied ? 'explore.save.copied' : 'explore.save.not_copied'));
  }

  /**
   * Say something for a moment, in a place that moves nothing.
   * @param {string} text
   */
  say(text) {
    this.parts.toast.textContent = text;
    this.parts.toast.hidden = false;
    clearTimeout(this.toastEnd);
    this.toastEnd = setTimeout(() => (this.parts.toast.hidden = true), 2500);
  }

  /** Tell a screen reader which row is pointed at, and what its heads read most. */
  speak() {
    const { scene } = this;
    if (!scene || scene.row === null) return;
    const { grid, view, row, say } = scene;
    const best = mostRead(grid, view.head, row);
    const values = { row: rowName(grid, row), key: grid.keys[best]?.text ?? '', head: view.head + 1, weight: three(grid.at(view.head, row, best)) };
    this.parts.live.textContent = say('explore.spoken', values);
  }

  /** @param {number} [after] */
  rewriteLink(after = LINK_AFTER) {
    clearTimeout(this.link);
    const write = () => {
      if (this.view && this.payload) writeView(this.view, this.payload);
    };
    if (after) this.link = setTimeout(write, after);
    else write();
  }

  /**
   * While a sentence is on its way the old picture stays, paler after a moment.
   * @param {boolean} busy
   */
  setBusy(busy) {
    this.root.classList.toggle('busy', busy);
    this.root.setAttribute('aria-busy', String(busy));
  }
}

/**
 * @param {View} a
 * @param {View} b
 */
function samePoint(a, b) {
  return a.row.src === b.row.src && a.row.tgt === b.row.tgt && a.col === b.col && a.byKey === b.byKey && a.pin === b.pin;
}
