/**
 * How a component of Attention Lab lives on its page: Streamlit calls it again and again on the same element, with new
 * data each time. The state lives on the root element, and of two calls at once only the newest one wins.
 */

import { el } from './dom.js';
import { Offline } from './net.js';
import { Refusal } from './payload.js';
import { nameSkipLink } from './shell.js';
import { readStrings } from './strings.js';
import { loadFonts, readPalette, watchTheme } from './theme.js';

/** @typedef {import('./payload.js').Notice} Notice */
/** @typedef {{run: string, s: string, lang: string, projector?: boolean, version?: string, page?: string, notices?: Notice[]}} Data */
/** @typedef {{data: Data, parentElement: ParentNode & Node, setTriggerValue: (name: string, value: unknown) => void}} Component */
/**
 * @typedef {object} Drawable what draws itself into the root
 * @property {import('./theme.js').Palette} palette
 * @property {import('./messages.js').News} news
 * @property {import('./strings.js').Words | null} words
 * @property {boolean} projector
 * @property {() => void} draw
 * @property {() => void} drawNews
 * @property {import('./busy.js').Busy} busy
 * @property {() => void} stop
 * @property {() => number} bytes of what was fetched for the picture
 */

const FONTS_WITHIN = 600;
const TRIES_APART = [1000, 2000, 4000, 8000];

/** @type {WeakMap<HTMLElement, Mount>} */
const mounts = new WeakMap();
/** @type {WeakMap<Node, number>} how often Streamlit has called on each element */
const calls = new WeakMap();

/**
 * Draw, or draw again with new data. Resolves to a function that takes the page down.
 * @param {Component} component
 * @param {string[]} sheets style sheets, as addresses
 * @param {(root: HTMLElement) => Mount} make
 * @returns {Promise<() => void>}
 */
export async function drawOn(component, sheets, make) {
  const call = (calls.get(component.parentElement) ?? 0) + 1;
  calls.set(component.parentElement, call);
  const root = await rootOf(component.parentElement, sheets);
  if (calls.get(component.parentElement) !== call) return () => {}; // a newer call came while the style sheets did
  let mount = mounts.get(root);
  if (!mount) mounts.set(root, (mount = make(root)));
  const turn = mount.take(component);
  await mount.show(turn);
  const drawn = mount;
  return () => {
    if (drawn.turn === turn) drawn.stop();
  };
}

/**
 * The element that carries everything. It is made once, and its style sheets are there before anything is drawn.
 * @param {ParentNode & Node} parent
 * @param {string[]} addresses
 * @returns {Promise<HTMLElement>}
 */
async function rootOf(parent, addresses) {
  const found = /** @type {HTMLElement | null} */ (parent.querySelector('.lab'));
  if (found) return found;
  const root = el('div', { class: 'lab', tabindex: 0, role: 'group' });
  const sheets = addresses.map((href) => el('link', { rel: 'stylesheet', href }));
  const loaded = sheets.map((sheet) => new Promise((resolve) => (sheet.onload = sheet.onerror = resolve)));
  parent.append(...sheets, root);
  await Promise.all(loaded);
  return root;
}

/** One mounted page: what Streamlit last asked for, and how far that has come. A page says what it draws and what it fetches. */
export class Mount {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.turn = 0;
    /** @type {Component | null} */
    this.component = null;
    this.abort = new AbortController();
    this.asked = '';
    this.unwatch = watchTheme(root, () => this.retheme());
    window.__lab ??= { drawn: 0, ms: 0, fetches: 0, bytes: 0, points: 0, pointMs: 0, pointMsMax: 0, firstAt: 0 };
  }

  /** @returns {Drawable} */
  get drawable() {
    throw new Error('a page must say what it draws');
  }

  /**
   * What fetches what is missing and draws.
   * @returns {(turn: number, data: Data) => Promise<void>}
   */
  get loader() {
    throw new Error('a page must say what it loads');
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
    this.drawable.busy.wait();
    try {
      await this.loader(turn, data);
      if (turn === this.turn) this.count(performance.now() - started);
    } catch (error) {
      if (turn === this.turn) this.refuse(error);
    } finally {
      if (turn === this.turn) this.drawable.busy.arrived();
    }
  }

  /**
   * The words of the page, and the fonts on their way. Null when newer data has come meanwhile.
   * @param {number} turn
   * @param {Data} data
   */
  async prepare(turn, data) {
    const fonts = loadFonts(this.drawable.palette, FONTS_WITHIN);
    const words = await this.insist(turn, () => readStrings(data.lang, data.version));
    if (!words || turn !== this.turn) return null;
    this.drawable.words = words;
    nameSkipLink(words.say('lab.skip'));
    return { words, fonts };
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

  /** @param {Notice} trouble */
  say(trouble) {
    this.asked = '';
    this.drawable.news = { trouble, notices: [], passing: [] };
    this.drawable.drawNews();
  }

  retheme() {
    const { drawable } = this;
    const before = drawable.palette;
    drawable.palette = readPalette(this.root);
    if (before.dark !== drawable.palette.dark) drawable.draw();
  }

  /** @param {number} ms */
  count(ms) {
    const counters = window.__lab;
    if (!counters) return;
    counters.drawn += 1;
    counters.firstAt ||= performance.now();
    counters.ms = ms;
    counters.bytes = this.drawable.bytes();
  }

  stop() {
    this.abort.abort();
    this.unwatch();
    this.drawable.stop();
    mounts.delete(this.root);
    this.root.remove();
  }
}
