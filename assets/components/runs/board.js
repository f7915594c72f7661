/** The Runs page as a whole: the list of runs and the comparison of two, what a key or a click does, what is asked of the server. */

import { Busy } from '../busy.js';
import { el, listen, set, write } from '../dom.js';
import { Help, listenKeys } from '../keys.js';
import { Link } from '../link.js';
import { Offline } from '../net.js';
import { Refusal } from '../payload.js';
import { copyLink } from '../save.js';
import { readPalette } from '../theme.js';
import { Toast } from '../toast.js';
import { readJobs, readShelf } from './api.js';
import { sideOf, TABS, writeAddress } from './address.js';
import { boardKeys } from './boardkeys.js';
import { Compare } from './compare.js';
import { Deeds, MOST_BYTES } from './deeds.js';
import { ClassView } from './classview.js';
import { RunList } from './list.js';

/** @typedef {import('./address.js').RunsView} RunsView */
/** @typedef {{projector: boolean, width: number, height: number}} Look */
/** @typedef {import('../strings.js').Words & {view: RunsView, palette: import('../theme.js').Palette, look: Look, board: Board}} RunsScene */
/** @typedef {{projector: (on: boolean) => void, go: (page: string, view: Record<string, string>) => void}} Server */

const POLL_EVERY = 2000; // while a training is under way
const [LOWEST, AROUND] = [420, 150];

export class Board {
  /**
   * @param {HTMLElement} root
   * @param {Server} server
   */
  constructor(root, server) {
    this.root = root;
    this.server = server;
    /** @type {import('./api.js').Shelf | null} */
    this.shelf = null;
    /** @type {import('./api.js').Job[]} */
    this.jobs = [];
    /** @type {Set<string>} runs deleted since the list was read: they keep their place */
    this.gone = new Set();
    /** @type {string} the run whose name is being written */
    this.renaming = '';
    /** @type {string} the run that has just come */
    this.arrived = '';
    this.sought = '';
    this.model = '';
    /** @type {RunsView | null} */
    this.view = null;
    /** @type {import('../strings.js').Words | null} */
    this.words = null;
    /** @type {RunsScene | null} */
    this.scene = null;
    /** @type {import('../messages.js').News} */
    this.news = { trouble: null, notices: [], passing: [] };
    this.projector = false;
    this.link = new Link(() => this.view && writeAddress(this.view));
    this.poll = 0;
    this.palette = readPalette(root);
    this.busy = new Busy(root);
    this.tabs = el('div', { class: 'switch tabs', role: 'group', 'data-part': 'tabs' }, ...TABS.map(tab));
    this.message = el('p', { class: 'step-message', role: 'status', 'data-part': 'message' });
    this.search = el('input', { type: 'search', class: 'seek', 'data-part': 'seek', oninput: () => this.seek() });
    this.file = el('input', { type: 'file', accept: '.zip,application/zip', hidden: '', 'data-part': 'file', onchange: () => void this.deeds.bringIn(this.file.files?.[0]) });
    this.bring = el('button', { type: 'button', 'data-part': 'bring', onclick: () => this.file.click() });
    this.deeds = new Deeds(this);
    this.list = new RunList(this);
    this.compare = new Compare(this);
    this.classroom = new ClassView(this);
    this.help = new Help();
    this.toast = new Toast();
    this.blank = el('div', { class: 'blank', hidden: '', onclick: () => (this.blank.hidden = true) });
    const line = el('div', { class: 'step-line' }, this.tabs, this.compare.screens, this.message, this.search, this.file, this.bring);
    root.classList.add('step', 'runs');
    root.append(el('div', { class: 'busy-bar', 'aria-hidden': 'true' }), line, this.list.node, this.compare.node, this.classroom.node, this.help.node, this.toast.node, this.blank);
    listen(this.tabs, 'click', '[data-tab]', (part) => this.show(TABS.find((name) => name === part.dataset.tab) ?? 'list'));
    listenKeys(root, () => boardKeys(this));
    this.deeds.listenDrops();
    root.addEventListener('focusout', () => set(root, { 'data-held': null }));
    this.fit = () => this.fitBox();
    this.observer = new ResizeObserver(this.fit);
    this.observer.observe(root);
    window.addEventListener('resize', this.fit);
    this.back = () => void (document.visibilityState === 'visible' && this.refresh());
    document.addEventListener('visibilitychange', this.back);
  }

  // --- what is there --------------------------------------------------------------------------------------------------

  async fetch() {
    const [shelf, jobs] = await Promise.all([readShelf(), readJobs().catch(() => [])]);
    this.shelf = shelf;
    this.jobs = jobs;
    this.gone.clear();
    this.keepPolling();
    return shelf;
  }

  /** Look again: another window may have changed something. A list that cannot be had leaves the old one standing. */
  async refresh() {
    if (!this.shelf || this.renaming) return;
    await this.fetch().catch((error) => this.refuse(error));
    this.draw();
  }

  keepPolling() {
    clearTimeout(this.poll);
    if (this.jobs.length && this.root.isConnected) this.poll = setTimeout(() => void this.lookAtJobs(), POLL_EVERY);
  }

  /** A training that is over has left a run. */
  async lookAtJobs() {
    const before = this.jobs.map(({ id }) => id).join();
    if (document.visibilityState === 'visible') this.jobs = await readJobs().catch(() => this.jobs);
    if (this.jobs.map(({ id }) => id).join() !== before) return this.refresh();
    this.list.drawJobs(this.scene);
    this.keepPolling();
  }

  /** @param {string} name */
  lineOf(name) {
    return this.shelf?.runs.find((run) => run.name === name) ?? null;
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  fitBox() {
    if (!this.scene || !this.root.clientWidth) return;
    const [now, next] = [this.scene.look, this.look()];
    if (next.width !== now.width || next.height !== now.height) this.draw();
  }

  /** @returns {Look} */
  look() {
    const above = Math.max(0, this.root.getBoundingClientRect().top + scrollY);
    return { projector: this.projector, width: this.root.clientWidth || 1156, height: this.projector ? Math.max(LOWEST, innerHeight - above - AROUND) : 640 };
  }

  draw() {
    const { words, view, root } = this;
    if (!words || !view || !this.shelf) return;
    const { activeElement } = /** @type {Document | ShadowRoot} */ (root.getRootNode());
    const held = root.contains(activeElement) ? activeElement : null;
    this.scene = { ...words, view, palette: this.palette, look: this.look(), board: this };
    const { say, lang } = this.scene;
    set(root, { 'data-mode': this.projector ? 'projector' : null, 'data-tab': view.tab, 'aria-label': say('page.runs'), lang: lang === 'zh' ? 'zh-CN' : lang });
    for (const node of this.tabs.children) {
      const name = node.getAttribute('data-tab') ?? '';
      write(node, say(`runs.tab.${name}`));
      set(node, { 'aria-pressed': String(name === view.tab) });
    }
    write(this.bring, say('runs.bring.button'));
    set(this.bring, { title: say('runs.bring.hint', { most: MOST_BYTES / 1024 ** 2 }), hidden: view.tab === 'list' ? null : '' });
    set(this.search, { placeholder: say('runs.seek'), 'aria-label': say('runs.seek'), hidden: view.tab === 'list' ? null : '' });
    this.list.node.hidden = view.tab !== 'list';
    this.compare.node.hidden = this.compare.screens.hidden = view.tab !== 'compare';
    this.classroom.node.hidden = view.tab !== 'class';
    if (view.tab === 'list') this.list.draw(this.scene);
    else if (view.tab === 'compare') this.compare.draw(this.scene);
    else this.classroom.draw(this.scene);
    this.help.draw(boardKeys(this), say);
    this.drawNews();
    this.keepFocus(held);
  }

  /**
   * What had the keyboard may be hidden now, and then no key would be heard any more: the page takes it back.
   * @param {Element | null} held
   */
  keepFocus(held) {
    if (!held || held === this.root || held.checkVisibility()) return;
    set(this.root, { 'data-held': '' });
    this.root.focus({ preventScroll: true });
  }

  drawNews() {
    const { words, news } = this;
    if (!words) return;
    const said = news.trouble ? [news.trouble] : [...news.passing, ...news.notices];
    write(this.message, said.map(({ key, values }) => words.say(key, values)).join(' '));
    this.message.title = this.message.textContent ?? '';
    this.message.classList.toggle('alarm', news.trouble !== null);
  }

  bytes() {
    return 0;
  }

  stop() {
    this.link.stop();
    clearTimeout(this.poll);
    this.classroom.stop();
    this.observer.disconnect();
    window.removeEventListener('resize', this.fit);
    document.removeEventListener('visibilitychange', this.back);
    this.busy.stop();
  }

  // --- moving about ---------------------------------------------------------------------------------------------------

  /** @param {(view: RunsView) => RunsView} move */
  change(move) {
    if (!this.view) return;
    this.view = move(this.view);
    this.news = { trouble: null, notices: [], passing: [] };
    this.draw();
    this.link.soon();
  }

  /** @param {RunsView['tab']} tab */
  show(tab) {
    this.renaming = '';
    this.change((view) => ({ ...view, tab }));
  }

  /**
   * Compare a run: with the one that is there already, or with its own beginning.
   * @param {string} name
   */
  compareWith(name) {
    this.change((view) => {
      const other = view.a.run && view.a.run !== name ? view.a : null;
      return { ...view, tab: 'compare', a: other ?? sideOf(name, 0), b: sideOf(name) };
    });
  }

  seek() {
    this.sought = this.search.value.trim().toLowerCase();
    if (this.scene) this.list.draw(this.scene);
  }

  /**
   * Go to another page, through the server. A click that opens a new window does that itself.
   * @param {Event} event
   * @param {string} page
   * @param {Record<string, string>} view
   */
  go(event, page, view) {
    if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    this.leave(page, view);
  }

  /**
   * @param {string} page
   * @param {Record<string, string>} view
   */
  leave(page, view) {
    this.link.leave();
    this.busy.wait();
    this.server.go(page, view);
  }

  escape() {
    if (this.help.open) return this.help.toggle(false);
    if (!this.blank.hidden) return void (this.blank.hidden = true);
    if (this.renaming) return this.rename('');
    if (this.list.closeMenus()) return;
    if (this.view?.table) this.change((view) => ({ ...view, table: false }));
  }

  async copyLink() {
    this.link.now();
    this.tell((await copyLink()) ? 'explore.save.copied' : 'explore.save.not_copied');
  }

  /**
   * @param {string} key
   * @param {import('../strings.js').Values} [values]
   */
  tell(key, values) {
    if (this.words) this.toast.say(this.words.say(key, values));
  }

  /** @param {unknown} error */
  refuse(error) {
    if (error instanceof Refusal) this.news = { trouble: this.spelt(error), notices: [], passing: [] };
    else if (error instanceof Offline) this.news = { trouble: { key: 'explore.reconnecting', values: {} }, notices: [], passing: [] };
    else throw error;
    this.drawNews();
  }

  /**
   * A reason within a sentence is a sentence of its own, in the language of the page.
   * @param {Refusal} refusal
   */
  spelt({ key, values }) {
    const why = typeof values.why === 'string' ? this.words?.say(values.why, values) : undefined;
    return { key, values: why === undefined ? values : { ...values, said: why } };
  }

  /** @param {string} name the run to write a new name for, nothing to stop that */
  rename(name) {
    this.renaming = name;
    this.draw();
    if (name) this.list.focusName();
    else this.root.focus({ preventScroll: true });
  }
}

/** @param {string} name */
function tab(name) {
  return el('button', { type: 'button', 'data-tab': name });
}
