/**
 * The Explore page of Attention Lab: the entry that Streamlit calls, again and again, on the same element.
 *
 * Python sends which run and which sentence; the trace comes from /lab/trace and is drawn here. Head, row, block, view
 * and hover never travel. The state lives on the root element, and of two calls at once only the newest one wins.
 */

import { el } from './dom.js';
import { Offline } from './net.js';
import { Page } from './page.js';
import { readTrace, Refusal } from './payload.js';
import { nameSkipLink } from './shell.js';
import { readStrings } from './strings.js';
import { loadFonts, readPalette, watchTheme } from './theme.js';
import { carryView, readView } from './view.js';

/** @typedef {{run: string, s: string, lang: string, projector?: boolean, version?: string, notices?: import('./payload.js').Notice[]}} Data */
/** @typedef {{data: Data, parentElement: ParentNode & Node, setTriggerValue: (name: string, value: unknown) => void}} Component */

const FONTS_WITHIN = 600;
const TRIES_APART = [1000, 2000, 4000, 8000];

/** @type {WeakMap<HTMLElement, Mount>} */
const mounts = new WeakMap();

/**
 * Draw, or draw again with new data. Resolves to a function that takes the page down.
 * @param {Component} component
 * @returns {Promise<() => void>}
 */
export async function draw(component) {
  const root = await rootOf(component.parentElement);
  let mount = mounts.get(root);
  if (!mount) mounts.set(root, (mount = new Mount(root)));
  const turn = mount.take(component);
  await mount.show(turn);
  const drawn = mount;
  return () => {
    if (drawn.turn === turn) drawn.stop();
  };
}

/**
 * The element that carries everything. It is made once, and its style sheet is there before anything is drawn.
 * @param {ParentNode & Node} parent
 * @returns {Promise<HTMLElement>}
 */
async function rootOf(parent) {
  const found = /** @type {HTMLElement | null} */ (parent.querySelector('.lab'));
  if (found) return found;
  const root = el('div', { class: 'lab', tabindex: 0, role: 'group' });
  const sheets = ['lab.css', 'explore.css', 'projector.css'].map((name) => el('link', { rel: 'stylesheet', href: new URL(name, import.meta.url).href }));
  const loaded = sheets.map((sheet) => new Promise((resolve) => (sheet.onload = sheet.onerror = resolve)));
  parent.append(...sheets, root);
  await Promise.all(loaded);
  return root;
}

/** One mounted page: what Streamlit last asked for, and how far that has come. */
class Mount {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.turn = 0;
    /** @type {Component | null} */
    this.component = null;
    this.abort = new AbortController();
    this.asked = '';
    this.page = new Page(root, {
      sentence: (text) => this.component?.setTriggerValue('sentence', text),
      projector: (on) => this.component?.setTriggerValue('projector', on),
    });
    this.unwatch = watchTheme(root, () => this.retheme());
    window.__lab ??= { drawn: 0, ms: 0, fetches: 0, bytes: 0, points: 0, pointMs: 0, pointMsMax: 0, firstAt: 0 };
  }

  /**
   * Take over new data; whatever is still under way for older data is dropped.
   * @param {Component} component
   */
  take(component) {
    this.component = component;
    this.turn += 1;
    this.abort.abort();
    this.abort = new AbortController();
    return this.turn;
  }

  /** @param {number} turn */
  async show(turn) {
    const started = performance.now();
    const { data } = /** @type {Component} */ (this.component);
    this.page.wait();
    try {
      await this.load(turn, data);
      if (turn === this.turn) this.count(performance.now() - started);
    } catch (error) {
      if (turn === this.turn) this.refuse(error);
    } finally {
      if (turn === this.turn) this.page.arrived();
    }
  }

  /**
   * Fetch what is missing and draw. A lost connection is tried again until it is back or newer data comes.
   * @param {number} turn
   * @param {Data} data
   */
  async load(turn, data) {
    const { page } = this;
    const asked = JSON.stringify([data.run, data.s]);
    const fonts = loadFonts(page.palette, FONTS_WITHIN);
    const words = await this.insist(turn, () => readStrings(data.lang, data.version));
    if (!words || turn !== this.turn) return;
    page.words = words;
    nameSkipLink(words.say('lab.skip'));
    if (!page.payload) page.parts.stage.drawEmpty(words.say);
    const fresh = asked !== this.asked || !page.payload;
    const payload = fresh ? await this.insist(turn, () => this.fetchTrace(data)) : page.payload;
    await fonts;
    if (!payload || turn !== this.turn) return;
    this.asked = asked;
    const onWall = Boolean(data.projector) && !page.projector;
    page.projector = Boolean(data.projector);
    page.palette = readPalette(this.root);
    page.news = { trouble: null, notices: data.notices ?? [], passing: [] };
    if (!page.payload || !page.view) this.open(payload);
    else if (fresh) page.view = carryView(page.view, payload, page.payload);
    page.payload = payload;
    page.draw();
    if (onWall) this.root.focus({ preventScroll: true });
    page.rewriteLink();
  }

  /**
   * The first sentence: the view comes from the address.
   * @param {import('./payload.js').Payload} payload
   */
  open(payload) {
    const { page } = this;
    const { view, lost } = readView(location.search, payload);
    page.view = view;
    if (lost.length) page.news.passing = [{ key: 'explore.notice.link', values: { names: lost.join(', ') } }];
  }

  /** @param {Data} data */
  async fetchTrace(data) {
    if (window.__lab) window.__lab.fetches += 1;
    return readTrace(data.run, data.s, this.abort.signal);
  }

  /**
   * Try until the connection is back. The picture keeps working meanwhile.
   * @template T
   * @param {number} turn
   * @param {() => Promise<T>} attempt
   * @returns {Promise<T | null>}
   */
  async insist(turn, attempt) {
    for (let n = 0; turn === this.turn; n++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Offline) || turn !== this.turn) throw error;
        this.say({ key: 'explore.reconnecting', values: {} });
        await new Promise((resolve) => setTimeout(resolve, TRIES_APART[Math.min(n, TRIES_APART.length - 1)]));
      }
    }
    return null;
  }

  /**
   * Say in one sentence why there is no new picture. The old one stays.
   * @param {unknown} error
   */
  refuse(error) {
    if (error instanceof Refusal) return this.say({ key: error.key, values: error.values });
    console.error(error);
    this.say({ key: 'explore.error.browser', values: {} });
  }

  /** @param {import('./payload.js').Notice} trouble */
  say(trouble) {
    this.asked = '';
    this.page.news = { trouble, notices: [], passing: [] };
    this.page.drawNews();
  }

  retheme() {
    const before = this.page.palette;
    this.page.palette = readPalette(this.root);
    if (before.dark !== this.page.palette.dark) this.page.draw();
  }

  /** @param {number} ms */
  count(ms) {
    const counters = window.__lab;
    if (!counters) return;
    counters.drawn += 1;
    counters.firstAt ||= performance.now();
    counters.ms = ms;
    counters.bytes = this.page.payload?.bytes ?? 0;
  }

  stop() {
    this.abort.abort();
    this.unwatch();
    this.page.stop();
    mounts.delete(this.root);
    this.root.remove();
  }
}
