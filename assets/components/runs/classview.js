/** The class: for whoever has the server's key, every training in one list that keeps itself up to date, each of which can be stopped. */

import { el, join, set, write } from '../dom.js';
import { Refusal } from '../payload.js';
import { literal } from '../tokens.js';
import { isOpen, keepKey, keyOf, readClass, stopJob } from './api.js';
import { dateOf, titleOfTask } from './naming.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./board.js').RunsScene} RunsScene */
/** @typedef {import('./api.js').Job} Job */

const [WHILE_BUSY, WHILE_QUIET] = [1500, 5000]; // milliseconds between two looks
const COLUMNS = ['training', 'state', 'since', 'acts'];
const ORDER = ['running', 'waiting', 'paused'];

export class ClassView {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    /** @type {Job[] | null} null before the key has opened the list */
    this.jobs = null;
    this.timer = this.turn = 0;
    this.asking = false;
    this.title = el('label', { for: 'server-key' });
    this.field = el('input', { id: 'server-key', type: 'password', autocomplete: 'off', spellcheck: 'false', maxlength: 200, 'data-part': 'key' });
    this.enter = el('button', { type: 'submit', class: 'dark' });
    this.where = el('p', { class: 'quiet' });
    this.form = el('form', { class: 'key-form', onsubmit: (/** @type {Event} */ event) => this.open(event) }, this.title, el('div', {}, this.field, this.enter), this.where);
    this.count = el('b');
    this.leave = el('button', { type: 'button', onclick: () => this.close() });
    this.bar = el('div', { class: 'class-bar' }, this.count, this.leave);
    this.head = el('tr', {}, ...COLUMNS.map((name) => el('th', { scope: 'col', class: `of-${name}` })));
    this.body = el('tbody');
    this.table = el('table', { class: 'shelf class-list' }, el('thead', {}, this.head), this.body);
    this.empty = el('p', { class: 'empty' });
    this.node = el('section', { class: 'runs-class', 'data-part': 'class', hidden: '' }, this.form, this.bar, this.table, this.empty);
  }

  /** @param {RunsScene} scene */
  draw(scene) {
    const { say } = scene;
    const open = this.jobs !== null;
    if (!open && keyOf() && !this.asking) void this.look();
    this.form.hidden = open;
    this.bar.hidden = !open;
    write(this.title, say('runs.class.key'));
    write(this.enter, say('runs.class.enter'));
    write(this.where, say('runs.class.where'));
    write(this.leave, say('runs.class.leave'));
    [...this.head.children].forEach((node, i) => write(node, say(`runs.class.column.${COLUMNS[i]}`)));
    this.drawJobs(scene);
  }

  /** @param {RunsScene} scene */
  drawJobs(scene) {
    const { say } = scene;
    const jobs = [...(this.jobs ?? [])].sort((a, b) => rankOf(a) - rankOf(b) || (a.place ?? 0) - (b.place ?? 0) || b.created - a.created);
    const [running, waiting] = ['running', 'waiting'].map((state) => jobs.filter((job) => job.state === state).length);
    write(this.count, say('runs.class.count', { running, waiting, all: jobs.length }));
    this.table.hidden = !jobs.length;
    this.empty.hidden = this.jobs === null || jobs.length > 0;
    write(this.empty, say('runs.class.none'));
    join(this.body, jobs, () => this.makeRow(), (node, job) => this.drawRow(node, job, scene));
  }

  makeRow() {
    const { board } = this;
    /** @param {(id: string) => void} act */
    const button = (act) => el('button', { type: 'button', onclick: () => act(row.dataset.job ?? '') });
    const watch = el('a', { class: 'act main', onclick: (/** @type {Event} */ event) => board.go(event, 'train', { job: row.dataset.job ?? '' }) });
    const acts = el('td', { class: 'of-acts' }, button((id) => void this.halt(id)), button((id) => void this.share(id)), watch);
    const state = el('td', { class: 'of-state' }, el('span'), el('span', { class: 'progress', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100 }, el('i')));
    const row = el('tr', { class: 'job' }, el('td', { class: 'of-name' }, el('bdi', { class: 'label' }), el('span', { class: 'under' })), state, el('td', { class: 'of-since' }), acts);
    return row;
  }

  /**
   * @param {HTMLTableRowElement} node
   * @param {Job} job
   * @param {RunsScene} scene
   */
  drawRow(node, job, scene) {
    const { say, lang } = scene;
    const [name, state, since, acts] = node.children;
    const [stop, share, watch] = acts.children;
    set(node, { 'data-job': job.id, 'data-open': isOpen(job) ? 'true' : null });
    write(name.children[0], literal(job.label));
    write(name.children[1], titleOfTask(job.task, scene));
    write(state.children[0], say(job.says.key, job.says.values));
    set(state.children[0], { title: state.children[0].textContent });
    const done = isOpen(job) && job.steps ? Math.round((100 * job.step) / job.steps) : 100;
    set(state.children[1], { 'aria-valuenow': done, 'aria-label': say('runs.job.progress'), hidden: isOpen(job) ? null : '' });
    set(state.children[1].children[0], { style: `width:${done}%` });
    write(since, dateOf(job.created, lang));
    write(watch, say('runs.act.watch'));
    set(watch, { href: `/train?job=${job.id}` });
    write(share, say('runs.class.link'));
    write(stop, say(job.wish === 'stop' && isOpen(job) ? 'runs.class.stopping' : 'runs.class.stop'));
    set(stop, { disabled: job.wish === 'stop' ? '' : null, style: isOpen(job) ? null : 'visibility:hidden' });
  }

  // --- what a teacher does --------------------------------------------------------------------------------------------

  /** @param {Event} event */
  open(event) {
    event.preventDefault();
    const key = this.field.value.trim();
    if (key) void this.look(key);
  }

  close() {
    this.stop();
    this.turn += 1;
    this.asking = false;
    this.jobs = null;
    keepKey('');
    this.field.value = '';
    void this.board.refresh();
  }

  stop() {
    clearTimeout(this.timer);
  }

  /**
   * Look at all trainings, and again after a while. A key that does not fit is forgotten.
   * @param {string} [key]
   */
  async look(key = keyOf()) {
    const { board } = this;
    clearTimeout(this.timer);
    const turn = ++this.turn;
    this.asking = true;
    const first = this.jobs === null;
    await this.fetch(key, turn);
    if (turn !== this.turn) return; // another key was entered meanwhile, or none any more
    this.asking = false;
    if (!board.root.isConnected || board.view?.tab !== 'class') return;
    if (first && this.jobs) void board.refresh(); // what the key shows in the list of runs
    else if (board.scene) this.draw(board.scene);
    this.field.value = '';
    board.drawNews();
    if (!keyOf()) return this.field.focus();
    this.timer = setTimeout(() => void this.again(), this.jobs?.some(isOpen) ? WHILE_BUSY : WHILE_QUIET);
  }

  /**
   * @param {string} key
   * @param {number} turn
   */
  async fetch(key, turn) {
    const { board } = this;
    try {
      const first = this.jobs === null;
      const jobs = await readClass(key);
      if (turn !== this.turn) return;
      this.jobs = jobs;
      keepKey(key);
      if (first || board.news.trouble?.key === 'explore.reconnecting') board.news = { trouble: null, notices: [], passing: [] };
    } catch (error) {
      if (turn !== this.turn) return;
      if (error instanceof Refusal) this.jobs = null;
      if (error instanceof Refusal) keepKey('');
      board.refuse(error);
    }
  }

  /** Nobody looks at a window that is hidden, or at another view. */
  async again() {
    if (!this.board.root.isConnected || !keyOf()) return;
    if (document.visibilityState === 'visible' && this.board.view?.tab === 'class') return this.look();
    this.timer = setTimeout(() => void this.again(), WHILE_QUIET);
  }

  /** @param {string} id */
  async halt(id) {
    await this.board.deeds.attempt(id, async () => void (await stopJob(id)));
    await this.look();
  }

  /**
   * A link that shows this training to the whole class.
   * @param {string} id
   */
  async share(id) {
    const copied = await navigator.clipboard.writeText(`${location.origin}/train?job=${id}`).then(() => true, () => false);
    this.board.tell(copied ? 'runs.class.copied' : 'explore.save.not_copied');
  }
}

/** @param {Job} job */
function rankOf({ state }) {
  const rank = ORDER.indexOf(state);
  return rank < 0 ? ORDER.length : rank;
}
