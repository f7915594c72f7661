/** The Explore page as a whole: its parts, what a click or a key does, and how a change reaches the screen. */

import { blockOf, rowSide } from './blocks.js';
import { Busy } from './busy.js';
import { doorsOf } from './doors.js';
import { listenKeys } from './keys.js';
import { Link } from './link.js';
import { lookOf } from './look.js';
import * as moves from './moves.js';
import { makeParts } from './parts.js';
import { copyLink, save } from './save.js';
import { pointedRow, sceneOf } from './scene.js';
import { after, pictureOfScreen } from './screens.js';
import { bindingsOf } from './shortcuts.js';
import { readPalette } from './theme.js';
import { rowOf, traceOf, writeView } from './view.js';

/** @typedef {import('./payload.js').Payload} Payload */
/** @typedef {import('./payload.js').Notice} Notice */
/** @typedef {import('./view.js').View} View */
/** @typedef {import('./strings.js').Words} Words */
/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {{sentence: (text: string) => void, projector: (on: boolean) => void, go: (page: string, view: Record<string, string>) => void}} Server what travels to Python */

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
    this.news = { trouble: null, notices: [], passing: [] };
    this.projector = false;
    this.link = new Link(() => this.view && this.payload && writeView(this.view, this.payload));
    this.busy = new Busy(root);
    this.palette = readPalette(root);
    this.parts = makeParts(this);
    listenKeys(root, () => bindingsOf(this));
    this.fit = () => this.fitBox();
    this.observer = new ResizeObserver(this.fit);
    this.observer.observe(root);
    window.addEventListener('resize', this.fit);
  }

  /** Draw anew when the box changes its width, or on the projector the window its height; nothing else does that. */
  fitBox() {
    if (!this.scene || !this.root.clientWidth) return;
    const [now, next] = [this.scene.look, this.look()];
    if (next.width !== now.width || next.height !== now.height) this.draw();
  }

  bytes() {
    return this.payload?.bytes ?? 0;
  }

  stop() {
    this.observer.disconnect();
    window.removeEventListener('resize', this.fit);
    this.link.stop();
    this.busy.stop();
  }

  look() {
    // Above the picture on the projector: names of the screens, and the heads.
    const room = innerHeight - Math.max(0, this.root.getBoundingClientRect().top + scrollY) - 160;
    return lookOf(this.root.clientWidth || 1156, room, this.projector);
  }

  /**
   * The view as it is seen: on the projector the screen says which picture.
   * @param {View} view
   * @returns {View}
   */
  seen(view) {
    return this.projector ? { ...view, picture: pictureOfScreen(this.parts.screens.screen) } : view;
  }

  /** Draw every part. Nodes are kept; what differs is written. */
  draw() {
    const { payload, view, words } = this;
    if (!payload || !view || !words) return;
    this.scene = sceneOf(payload, this.seen(view), words, this.palette, this.look());
    const { scene } = this;
    this.root.setAttribute('aria-label', scene.say('explore.label'));
    this.root.lang = words.lang === 'zh' ? 'zh-CN' : words.lang;
    this.parts.screens.draw(scene, this.root);
    this.parts.strip.draw(scene, this.news);
    this.parts.map.draw(scene);
    this.parts.head.draw(scene);
    this.parts.box.dataset.picture = scene.view.picture;
    this.parts.stage.draw(scene);
    this.parts.facts.draw(scene);
    this.parts.pair.draw(scene);
    this.drawDoors(scene);
    this.parts.road.draw(scene);
    this.parts.known.draw(scene);
    this.parts.help.draw(bindingsOf(this), scene.say);
    this.showPin();
    this.keepFocus();
  }

  /** A part that is no longer seen cannot keep the focus, and without the focus no key would be heard. */
  keepFocus() {
    const active = /** @type {Document | ShadowRoot} */ (this.root.getRootNode()).activeElement;
    if (active && this.root.contains(active) && active.getClientRects().length === 0) this.root.focus({ preventScroll: true });
  }

  /** Say what happened, and leave the picture as it is. Before the first picture there is only the box that says it. */
  drawNews() {
    const { scene, words, news } = this;
    if (scene) this.parts.strip.drawMessage(scene, news);
    if (scene && news.trouble && this.projector) this.parts.voice.say(scene.say(news.trouble.key, news.trouble.values));
    else if (words && news.trouble) this.parts.stage.refuse(words.say(news.trouble.key, news.trouble.values));
  }

  /**
   * Change what is looked at. The server hears nothing of it.
   * @param {(view: View) => View} move
   */
  change(move) {
    if (!this.view) return;
    this.view = move(this.view);
    this.news = { ...this.news, passing: [] };
    this.parts.tooltip.hide();
    this.draw();
    this.link.soon();
  }

  /**
   * Point at something: only attributes change, in one frame.
   * @param {(view: View) => View} move
   */
  point(move) {
    const { payload, view, words, scene } = this;
    if (!payload || !view || !words || !scene) return;
    const next = move(view);
    if (moves.samePoint(view, next)) return;
    const started = performance.now();
    this.view = next;
    this.scene = { ...scene, view: this.seen(next), row: pointedRow(next) };
    for (const part of [this.parts.strip, this.parts.map, this.parts.stage, this.parts.pair]) part.point(this.scene);
    if (next.pin !== view.pin) this.showPin();
    this.link.soon();
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
    if (this.scene) this.parts.voice.speak(this.scene);
  }

  /**
   * A key moves the row.
   * @param {number} step
   */
  stepRow(step) {
    const { scene } = this;
    if (!scene) return;
    this.point((view) => moves.stepRow(view, scene.grid, step));
    if (!this.scene) return;
    this.parts.stage.reveal(this.scene);
    this.parts.voice.speak(this.scene);
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
    const { payload } = this;
    if (payload && !this.news.trouble && payload.traces[payload.header.show].typed === text) {
      return this.change((view) => (view.flip ? moves.flip(view, payload) : view));
    }
    this.busy.wait();
    this.server.sentence(text);
  }

  /** Step into the block that is shown, at this head and row; at a pinned cell, into its weight. */
  stepIn() {
    const { view } = this;
    if (!view) return;
    const row = rowOf(view);
    /** @type {Record<string, string>} */
    const cell = view.pin ? { g: 'weights', q: String(view.pin.row), j: String(view.pin.col) } : {};
    if (row !== null && !view.pin) cell.q = String(row);
    this.goPage('attention', { b: view.block, f: String(view.head), ...cell });
  }

  /** Where the outlined head leads: to Edit, to its passport, and in a pair to both texts side by side. */
  doors() {
    const { view, payload } = this;
    if (!view || !payload) return [];
    const partner = payload.traces.length > 1 ? traceOf(payload, 1 - view.flip).typed : '';
    return doorsOf({ block: view.block, head: view.head, row: rowOf(view) }, { task: payload.header.task, partner });
  }

  /** @param {Scene} scene */
  drawDoors({ say }) {
    const doors = this.doors();
    const { ofStage, ofJoined, ofPair } = this.parts.doors;
    for (const one of [ofStage, ofJoined]) one.draw(say, doors.filter(({ page }) => page !== 'compare'));
    ofPair.draw(say, doors.filter(({ page }) => page === 'compare'));
  }

  /**
   * Go to a step page, through the server. A sentence that was flipped goes along.
   * @param {string} page
   * @param {Record<string, string>} view
   */
  goPage(page, view) {
    const { scene } = this;
    this.link.leave();
    this.busy.wait();
    this.server.go(page, scene?.view.flip ? { ...view, s: scene.trace.typed } : view);
  }

  /** @param {string} format */
  async keep(format) {
    const { scene, words } = this;
    if (!scene || !words) return;
    if (format !== 'link') return save(format, scene, this.parts.stage.joined);
    this.link.now();
    const copied = await copyLink();
    this.parts.voice.say(words.say(copied ? 'explore.save.copied' : 'explore.save.not_copied'));
  }
}
