/** The Train page as a whole: what is chosen, what is shown, what a click does. What is asked of the server is in deeds.js. */

import { Busy } from '../busy.js';
import { el } from '../dom.js';
import { Help, listenKeys } from '../keys.js';
import { Link } from '../link.js';
import { copyLink } from '../save.js';
import { readPalette } from '../theme.js';
import { Toast } from '../toast.js';
import { act, choose, reopenPairs, startTwin, usePairs } from './acts.js';
import { applyAddress, readAddress, writeAddress } from './address.js';
import { noticeOf, Planner } from './deeds.js';
import { Draft, OWN } from './draft.js';
import { bindingsOf } from './keys.js';
import { Layout } from './layout.js';
import { besideName } from './notices.js';
import { PairsData } from './pairsdata.js';
import { Player } from './player.js';
import { PICTURES } from './pictures.js';
import { Reels } from './reels.js';
import { firstHead, sceneOf } from './scene.js';

/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {import('./reel.js').Job} Job */
/** @typedef {import('./reels.js').Source} Source */
/** @typedef {import('./draft.js').Menu} Menu */
/** @typedef {import('./controls.js').Deed} Deed */
/** @typedef {import('./deeds.js').Notice} Notice */
/** @typedef {{projector: (on: boolean) => void, go: (page: string, view: Record<string, string>) => void}} Server */

export class TrainDesk {
  /**
   * @param {HTMLElement} root
   * @param {Server} server
   */
  constructor(root, server) {
    this.root = root;
    this.server = server;
    this.palette = readPalette(root);
    this.busy = new Busy(root);
    this.projector = false;
    /** @type {import('../strings.js').Words | null} */
    this.words = null;
    /** @type {import('../messages.js').News} */
    this.news = { trouble: null, notices: [], passing: [] };
    this.lost = false;
    /** @type {Draft | null} */
    this.draft = null;
    /** @type {Reel | null} what is shown */
    this.reel = null;
    /** @type {Reel | null} */
    this.beside = null;
    /** @type {Reel | null} one's own training that works or waits, shown or not */
    this.own = null;
    this.run = '';
    /** @type {{reel: Reel, recipe: Record<string, any>, text: string | null} | null} the normal training to start beside one with a bug */
    this.twin = null;
    this.asking = false;
    this.touched = false;
    /** @type {import('./scene.js').TrainView} */
    this.view = { at: null, head: { block: '', head: 0 }, probe: 0, picture: PICTURES[0], table: false, screen: 'curves' };
    this.workbench = false;
    this.reopening = false;
    this.link = new Link(() => this.writeLink());
    this.frame = 0;
    this.reels = new Reels({ changed: (reel) => this.came(reel), lost: (lost) => this.hearLost(lost), trouble: (reel, error) => this.hearTrouble(reel, error) });
    this.planner = new Planner(() => this.drawSoon());
    this.pairs = new PairsData(() => this.drawSoon(), (lost) => this.hearLost(lost));
    this.player = new Player(this);
    this.help = new Help();
    this.toast = new Toast();
    this.blank = el('div', { class: 'blank', hidden: '', onclick: () => (this.blank.hidden = true) });
    this.layout = new Layout(this);
    root.classList.add('train');
    root.append(el('div', { class: 'busy-bar', 'aria-hidden': 'true' }), this.layout.node, this.help.node, this.toast.node, this.blank);
    listenKeys(root, () => bindingsOf(this));
    this.fit = () => this.layout.fits(this) || this.draw();
    this.observer = new ResizeObserver(this.fit);
    this.observer.observe(root);
    window.addEventListener('resize', this.fit);
  }

  bytes() {
    return this.reel?.bytes ?? 0;
  }

  stop() {
    this.observer.disconnect();
    window.removeEventListener('resize', this.fit);
    for (const part of [this.reels, this.planner, this.player, this.busy]) part.stop();
    this.link.stop();
    cancelAnimationFrame(this.frame);
  }

  /**
   * Open the page: what the link asks for, else one's own training that works, else the film of the run in the sidebar.
   * @param {Menu} menu
   * @param {string} run
   */
  open(menu, run) {
    const asked = readAddress(location.search);
    this.draft = new Draft(menu);
    this.run = run;
    const own = menu.visitor_has.running ?? menu.visitor_has.waiting;
    if (own) this.own = this.reels.of({ job: own });
    Object.assign(this.view, asked.view);
    const [kind, name] = asked.beside?.split(':') ?? [];
    if (name) this.beside = this.reels.of(kind === 'job' ? { job: name } : { run: name });
    this.draft.choose(asked.film ?? run); // a shipped run is called as its task, so that nothing has to wait for its history
    if (asked.task) this.touched = this.draft.choose(asked.task);
    applyAddress(this.draft, asked);
    if (asked.text) void reopenPairs(this, asked);
    const job = asked.job ?? own;
    this.show(job ? { job } : asked.text && !asked.film ? { new: true } : { run: asked.film ?? run }, this.beside);
  }

  /**
   * The sidebar has chosen another run: its film is shown.
   * @param {string} run
   */
  follow(run) {
    if (run === this.run) return;
    this.run = run;
    this.touched = false;
    this.show({ run });
  }

  /**
   * Show a training, with another one beside it or none.
   * @param {Source} source
   * @param {Reel | null} [beside]
   */
  show(source, beside = null) {
    const reel = this.reels.of(source);
    if (reel !== this.reel && this.reel) this.view = { ...this.view, at: null, head: { block: '', head: 0 } };
    reel.wanted = this.view.at;
    this.reel = reel;
    this.beside = beside === reel ? null : beside;
    this.workbench = false;
    this.news = { trouble: null, notices: [], passing: [] };
    this.player.stop();
    this.reels.use([reel, this.beside, this.own]);
    this.came(reel);
  }

  /**
   * Something new is known about a training.
   * @param {Reel} reel
   */
  came(reel) {
    this.keepOwn(reel);
    if (this.twin?.reel === reel) void startTwin(this);
    if (reel === this.reel) {
      if (!this.touched && reel.recipe && this.draft) this.touched = this.draft.adopt(reel.recipe, Boolean(reel.job?.mine));
      if (!this.view.head.block && reel.frames.length) this.view.head = reel.active ? { block: reel.blocks.at(-1) ?? '', head: 0 } : firstHead(reel);
    }
    this.drawSoon();
  }

  /**
   * Which of one's own trainings works: the one that is shown before others.
   * @param {Reel} reel
   */
  keepOwn(reel) {
    if (reel.job?.mine && reel.active && (reel === this.reel || !this.own?.active)) this.own = reel;
    else if (this.own === reel && !reel.active) this.own = null;
  }

  /** @param {boolean} lost */
  hearLost(lost) {
    if (lost === this.lost) return;
    this.lost = lost;
    this.drawSoon();
  }

  /**
   * @param {Reel} reel
   * @param {unknown} error
   */
  hearTrouble(reel, error) {
    const trouble = noticeOf(error);
    this.reels.all.delete(reel.key);
    if (reel === this.own) this.own = null;
    if (reel === this.beside) this.beside = null;
    if (reel === this.reel && reel.key !== `run:${this.run}`) this.show({ run: this.run });
    else reel.complete = true; // nothing more will come
    this.news = { ...this.news, trouble };
    this.drawSoon();
  }

  /** One's own training that works, as its job; one that works beside the one that is shown needs no way back. @returns {Job | null} */
  get mine() {
    return this.own && this.own !== this.beside ? this.own.job : null;
  }

  /** Is it known which settings belong to what is shown? Until then none can be changed. */
  get settled() {
    const { reel, touched, reopening } = this;
    return !reopening && (touched || (reel !== null && (reel.recipe !== null || reel.complete)));
  }

  get ready() {
    return this.settled && this.draft !== null && this.planner.trouble === null && (this.draft.task !== OWN || this.draft.text !== null);
  }

  /** @param {Deed} deed */
  async act(deed) {
    await act(this, deed);
  }

  /** @param {string} task */
  choose(task) {
    choose(this, task);
  }

  usePairs() {
    usePairs(this);
  }

  closePairs() {
    this.workbench = false;
    this.changed();
  }

  /**
   * Change what is looked at. The server hears nothing of it.
   * @param {Partial<import('./scene.js').TrainView>} change
   */
  look(change) {
    this.view = { ...this.view, ...change };
    this.changed();
  }

  /**
   * Go some frames on or back from where the cursor is.
   * @param {number} by
   */
  move(by) {
    const { reel } = this;
    const scene = this.scene();
    if (!reel?.frames.length || !scene) return;
    this.player.stop();
    this.pick(reel.frames[Math.max(0, Math.min(reel.frames.length - 1, scene.index + by))].step);
  }

  /**
   * A person moves the cursor: it stays there, whatever comes.
   * @param {number} step
   */
  scrub(step) {
    this.player.stop();
    this.pick(step);
  }

  /** What the other training is called. */
  nameBeside() {
    const { reel, beside, words } = this;
    return words && reel ? besideName(reel, beside, words) : '';
  }

  /**
   * Put the cursor at a step: it snaps to the nearest snapshot. At the newest of a training that works it follows on.
   * @param {number} step
   */
  pick(step) {
    this.look({ at: step });
  }

  /** The settings have changed. */
  edited() {
    this.touched = true;
    this.news = { trouble: null, notices: [], passing: [] };
    this.changed();
  }

  changed() {
    this.draw();
    this.link.soon();
  }

  scene() {
    const { reel, beside, view, palette, words } = this;
    return reel && words ? sceneOf({ reel, beside, view, palette, look: this.layout.look(this) }, words) : null;
  }

  draw() {
    const scene = this.scene();
    if (!scene || !this.draft) return;
    this.planner.ask(this.draft, this.own?.job ?? null);
    this.layout.draw(this, scene);
    this.help.draw(bindingsOf(this), scene.say);
  }

  drawNews() {
    this.draw();
  }

  drawSoon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
    this.link.soon();
  }

  escape() {
    if (this.help.open) return this.help.toggle(false);
    if (!this.blank.hidden) return void (this.blank.hidden = true);
    if (this.workbench) return this.closePairs();
    this.look({ table: false });
  }

  writeLink() {
    const { reel, draft } = this;
    if (reel && draft && !this.reopening) writeAddress(this.view, reel.source, this.run, this.beside?.key ?? null, draft);
  }

  async copyLink() {
    this.link.now();
    const copied = await copyLink();
    if (this.words) this.toast.say(this.words.say(copied ? 'explore.save.copied' : 'explore.save.not_copied'));
  }
}
