/** A step page as a whole: the bar of the pass, the page's views, what a key or a click does, and what is asked of the server. */

import { el, join, listen, set, write } from '../dom.js';
import { Busy } from '../busy.js';
import { Doors, doorsOf } from '../doors.js';
import { Help, listenKeys } from '../keys.js';
import { Link } from '../link.js';
import { copyLink } from '../save.js';
import { readPalette } from '../theme.js';
import { Toast } from '../toast.js';
import { wordingOf } from '../wording.js';
import { writeAddress } from './address.js';
import { Answers } from './answers.js';
import { bindingsOf } from './deskkeys.js';
import { GuessLine } from './guess.js';
import { placesOf } from './itinerary.js';
import { newsOf } from './news.js';
import { PassBar } from './passbar.js';
import { Twin } from './twin.js';

/** @typedef {import('./pass.js').Pass} Pass */
/** @typedef {import('./address.js').StepView} StepView */
/** @typedef {import('./scene.js').StepLook} StepLook */
/** @typedef {import('./scene.js').StepScene} StepScene */
/** @typedef {import('./scene.js').ChapterView} ChapterView */
/** @typedef {import('./scene.js').Chapter} Chapter */
/** @typedef {{sentence: (text: string) => void, projector: (on: boolean) => void, go: (page: string, view: Record<string, string>) => void}} Server */

const BOX = 640; // pixels: the height of a view on the desk
const [LOWEST, AROUND] = [420, 150]; // on the projector: the lowest box, and what stands above and below it
const CROWD = 4; // more tabs leave little room beside them
const FIRST_BLOCK = 'encoder.0.self_attn'; // its keys are source words, as those of most places

export class Desk {
  /**
   * @param {HTMLElement} root
   * @param {Chapter} chapter
   * @param {Server} server
   */
  constructor(root, chapter, server) {
    this.root = root;
    this.chapter = chapter;
    this.server = server;
    /** @type {Pass | null} */
    this.pass = null;
    /** @type {StepView | null} */
    this.view = null;
    /** @type {import('../strings.js').Words | null} */
    this.words = null;
    /** @type {StepScene | null} */
    this.scene = null;
    /** @type {import('../messages.js').News} */
    this.news = { trouble: null, notices: [], passing: [] };
    this.asking = { run: '', s: '' };
    /** @type {(said: string) => void} what to do when the decoder is to read other words */
    this.reload = () => {};
    this.answers = new Answers(() => this.drawSoon());
    this.projector = false;
    this.link = new Link(() => this.view && this.scene && writeAddress(this.view, this.scene.place, this.chapter.views[0].name));
    this.busy = new Busy(root);
    /** @type {'nothing' | 'answer' | 'refusal'} what the view that is shown lacks of what it asked for */
    this.lacks = 'nothing';
    this.frame = 0;
    /** @type {StepLook | null} */
    this.measured = null;
    this.palette = readPalette(root);
    this.message = el('p', { class: 'step-message', role: 'status', 'data-part': 'message' });
    this.doors = new Doors((page, view) => this.go(page, view));
    this.bar = new PassBar((at) => this.goPlace(at));
    this.tabs = el('div', { class: 'switch tabs', role: 'group', 'data-part': 'tabs' });
    this.views = this.chapter.views.map(({ name, make }) => ({ name, view: make(this) }));
    this.twin = new Twin();
    this.box = el('section', { class: 'step-box', 'data-part': 'box' }, ...this.views.map(({ view }) => view.node), this.twin.node);
    this.pending = new Busy(this.box);
    this.guess = new GuessLine();
    this.help = new Help();
    this.toast = new Toast();
    this.blank = el('div', { class: 'blank', hidden: '', onclick: () => (this.blank.hidden = true) });
    listen(this.tabs, 'click', '[data-tab]', (part) => this.change((view) => ({ ...view, tab: part.dataset.tab ?? view.tab })));
    const line = el('div', { class: this.views.length > CROWD ? 'step-line crowded' : 'step-line' }, this.tabs, this.message, this.doors.node);
    this.root.classList.add('step');
    this.root.append(el('div', { class: 'busy-bar', 'aria-hidden': 'true' }), this.bar.node, line, this.box, this.guess.node, this.help.node, this.toast.node, this.blank);
    listenKeys(root, () => bindingsOf(this));
    this.fit = () => this.fitBox();
    this.observer = new ResizeObserver(this.fit);
    this.observer.observe(root);
    window.addEventListener('resize', this.fit);
  }

  /** Draw anew when the box changes its width, or on the projector the window its height; nothing else does that. */
  fitBox() {
    if (!this.scene || !this.root.clientWidth) return;
    const now = this.scene.look;
    this.measured = null;
    const next = this.look();
    if (next.width !== now.width || next.height !== now.height) this.draw();
  }

  bytes() {
    return this.pass?.bytes ?? 0;
  }

  stop() {
    this.observer.disconnect();
    window.removeEventListener('resize', this.fit);
    this.link.stop();
    this.busy.stop();
    this.pending.stop();
    cancelAnimationFrame(this.frame);
  }

  /**
   * How much room there is. To measure makes the browser lay the page out, so it is done when the room changes only.
   * @returns {StepLook}
   */
  look() {
    if (this.measured?.projector === this.projector) return this.measured;
    const above = Math.max(0, this.root.getBoundingClientRect().top + scrollY);
    const height = this.projector ? Math.max(LOWEST, innerHeight - above - AROUND) : BOX;
    this.measured = { projector: this.projector, width: this.root.clientWidth || 1156, height };
    return this.measured;
  }

  /**
   * Take a new pass over: what was asked about the last one is forgotten, parameters of the same model are kept.
   * @param {Pass} pass
   */
  take(pass) {
    const sameRun = this.pass?.header.run === pass.header.run;
    this.answers.forget((key) => sameRun && key.startsWith('/lab/parameters'));
    this.pass = pass;
    this.places = placesOf(pass);
  }

  /** @returns {StepScene | null} */
  makeScene() {
    const { pass, view, words, places = [] } = this;
    if (!pass || !view || !words) return null;
    const place = places.find((one) => one.name === view.at) ?? places[0];
    const stageNow = place.stages.find((stage) => stage.name === view.stage) ?? place.stages[0];
    const about = place.kind === 'attention' ? place.name : FIRST_BLOCK;
    return {
      ...wordingOf(words, pass.header, about),
      ...{ pass, view, place, places, stageNow, header: pass.header, model: pass.model, sentence: pass.sentence, words: pass.words },
      palette: this.palette,
      look: this.look(),
      parameters: (at) => /** @type {any} */ (this.answers.ask('/lab/parameters', { run: pass.header.run, at }))?.tensors ?? null,
      ask: (question) => this.heard(this.answers.ask('/lab/chapter', { page: this.chapter.page, ...this.asking, ...question })),
    };
  }

  /** Draw every part. Nodes are kept; what differs is written. */
  draw() {
    this.scene = this.makeScene();
    const { scene } = this;
    if (!scene) return;
    const { say, look, view } = scene;
    set(this.root, { 'data-mode': look.projector ? 'projector' : null, 'data-tab': view.tab, 'aria-label': say(`page.${this.chapter.page}`) });
    set(this.root, { style: `--box:${look.height}px`, lang: scene.lang === 'zh' ? 'zh-CN' : scene.lang });
    const at = this.chapter.views.find(({ name }) => name === view.tab)?.at;
    this.bar.draw(scene, at === undefined ? view.at : at);
    this.drawTabs(scene);
    this.drawViews(scene);
    this.doors.draw(say, this.doorsNow());
    this.guess.draw(scene, this.chapter.guess?.(scene) ?? null);
    this.help.draw(bindingsOf(this), say);
    this.drawNews();
    this.keepFocus();
  }

  /** @param {StepScene} scene */
  drawTabs({ say, view }) {
    join(
      this.tabs,
      this.chapter.views,
      () => el('button', { type: 'button' }),
      (node, { name, title }) => {
        write(node, say(title));
        set(node, { 'data-tab': name, 'aria-pressed': String(name === view.tab) });
      },
    );
  }

  /** @param {StepScene} scene */
  drawViews(scene) {
    const shown = this.shown();
    const table = scene.view.table && shown?.table ? shown.table.bind(shown) : null;
    for (const { view } of this.views) view.node.hidden = view !== shown || table !== null;
    this.twin.node.hidden = table === null;
    const before = this.lacks;
    this.lacks = 'nothing';
    if (table) this.twin.draw(scene, table(scene));
    else shown?.draw(scene);
    this.markLack(before);
  }

  /** @param {Desk['lacks']} before */
  markLack(before) {
    if (this.lacks === before) return;
    if (this.lacks === 'answer') this.pending.wait();
    else this.pending.arrived();
    this.box.classList.toggle('stale', this.lacks === 'refusal');
  }

  /**
   * A view keeps its old picture until an answer is there: meanwhile, and after a refusal, that picture is paler.
   * @param {import('./answers.js').Asked | null} answer
   */
  heard(answer) {
    if (answer?.trouble) this.lacks = 'refusal';
    else if (!answer && this.lacks === 'nothing') this.lacks = 'answer';
    return answer;
  }

  /** The view that is shown. */
  shown() {
    return (this.views.find(({ name }) => name === this.view?.tab) ?? this.views[0])?.view;
  }

  /** Say beside the picture what a person must know, and leave the picture as it is. */
  drawNews() {
    const { scene, words, news } = this;
    if (!words) return;
    write(this.message, newsOf(scene, words, news));
    this.message.title = this.message.textContent ?? '';
    this.message.classList.toggle('alarm', news.trouble !== null);
  }

  /** A part that is no longer seen cannot keep the focus, and without the focus no key would be heard. */
  keepFocus() {
    const active = /** @type {Document | ShadowRoot} */ (this.root.getRootNode()).activeElement;
    if (active && active !== this.root && this.root.contains(active) && active.getClientRects().length === 0) this.root.focus({ preventScroll: true });
  }

  /**
   * Change what is looked at. The server hears nothing of it.
   * @param {(view: StepView) => StepView} move
   */
  change(move) {
    if (!this.view) return;
    this.view = move(this.view);
    this.news = { ...this.news, passing: [] };
    this.draw();
    this.link.soon();
  }

  /**
   * What a view keeps in the address under a name of its own.
   * @param {string} name
   * @param {string} fallback
   */
  option(name, fallback) {
    return this.view?.options[name] ?? fallback;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    this.change((view) => ({ ...view, options: { ...view.options, [name]: value } }));
    if (name === 't') this.reload(value);
  }

  /**
   * Go to a place of the pass: here if this page can step through it, else on its own page.
   * @param {string} at
   * @param {Partial<StepView>} [more]
   */
  goPlace(at, more = {}) {
    const place = this.places?.find((one) => one.name === at);
    if (!place) return;
    const open = place.stages.find((stage) => !stage.missing) ?? place.stages[0];
    if (!this.chapter.views.some(({ name }) => name === 'step')) return this.go(place.page, { b: at });
    this.change((view) => ({ ...view, at, stage: open.name, tensor: 0, col: 0, tab: 'step', ...more }));
  }

  /**
   * Go to another page, through the server.
   * @param {string} page
   * @param {Record<string, string>} view what its address says beside run, sentence and language
   */
  go(page, view) {
    this.link.leave();
    this.busy.wait();
    this.server.go(page, view);
  }

  /** Where the head leads that the view looks at; nowhere if it looks at none. */
  doorsNow() {
    const { scene } = this;
    const spot = scene && this.shown()?.spot?.(scene);
    return spot ? doorsOf(spot, { task: scene.header.task, said: this.option('t', '') }) : [];
  }

  escape() {
    if (this.help.open) return this.help.toggle(false);
    if (!this.blank.hidden) return void (this.blank.hidden = true);
    if (this.view?.table) this.change((view) => ({ ...view, table: false }));
  }

  async copyLink() {
    this.link.now();
    const copied = await copyLink();
    if (this.words) this.toast.say(this.words.say(copied ? 'explore.save.copied' : 'explore.save.not_copied'));
  }


  /** Draw once in the next frame, however many answers come before it. */
  drawSoon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }
}
