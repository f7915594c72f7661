/** The list: what is being trained, one's own runs, the shipped ones, and what was deleted and can still come back. */

import { el, join, set, write } from '../dom.js';
import { drawJob, makeJob } from './jobrow.js';
import { dateOf, titleOfRun, titleOfTask } from './naming.js';
import { RunRow } from './row.js';
import { sparkKey } from './spark.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./board.js').RunsScene} RunsScene */
/** @typedef {import('./api.js').RunLine} RunLine */

const COLUMNS = ['name', 'model', 'learned', 'exact', 'kept', 'acts'];
const [WITH_KEPT, WITH_CURVE] = [1060, 900]; // pixels from which there is room for these columns
const SEEK_FROM = 12; // runs: with fewer nobody needs to seek

export class RunList {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.head = el('tr', {}, ...COLUMNS.map((name) => el('th', { scope: 'col', class: `of-${name}` }, ...(name === 'learned' ? [el('span'), sparkKey()] : [el('span')]))));
    this.jobs = section('jobs');
    this.own = section('own');
    this.others = section('others');
    this.shipped = section('shipped');
    this.trash = section('trash');
    this.columns = COLUMNS;
    /** @type {WeakMap<Element, RunRow>} */
    this.rows = new WeakMap();
    const sections = [this.jobs, this.own, this.others, this.shipped, this.trash];
    this.table = el('table', { class: 'shelf' }, el('caption', { class: 'spoken' }), el('thead', {}, this.head), ...sections.flatMap(({ title, nothing, body }) => [title, nothing, body]));
    this.node = el('section', { class: 'runs-list', 'data-part': 'list' }, this.table);
    board.root.addEventListener('pointerdown', (event) => this.closeMenus(event.target));
  }

  /** @param {RunsScene} scene */
  draw(scene) {
    const { say, board } = scene;
    write(/** @type {Element} */ (this.table.caption), say('page.runs'));
    const columns = columnsFor(scene.look);
    [...this.head.children].forEach((node, i) => {
      write(node.children[0], say(`runs.column.${COLUMNS[i]}`));
      set(node, { hidden: columns.includes(COLUMNS[i]) ? null : '' });
    });
    this.columns = columns;
    set(this.head.children[COLUMNS.indexOf('learned')], { title: say('runs.axis.step') });
    for (const node of this.table.querySelectorAll('.shelf-title th, .nothing td')) set(node, { colspan: columns.length });
    const key = this.head.querySelectorAll('.spark-key > span');
    write(key[0], say('runs.curve.loss'));
    write(key[1], say('runs.curve.exact'));
    const { runs, trash } = board.shelf ?? { runs: [], trash: [] };
    board.search.hidden = runs.length < SEEK_FROM && !board.sought;
    const found = runs.filter((run) => this.matches(run, scene));
    const kept = found.filter((run) => !run.shipped).sort((a, b) => (b.date ?? 0) - (a.date ?? 0) || a.name.localeCompare(b.name));
    this.drawJobs(scene);
    const [own, others] = [kept.filter((run) => run.mine || run.nobodys), kept.filter((run) => !run.mine && !run.nobodys)];
    this.drawRuns(scene, this.own, own, say(board.sought ? 'runs.none_found' : 'runs.none_yet'));
    this.drawRuns(scene, this.others, others, '');
    if (!others.length) for (const part of [this.others.title, this.others.nothing]) part.hidden = true;
    this.drawRuns(scene, this.shipped, found.filter((run) => run.shipped), say('runs.none_found'));
    this.drawTrash(scene, trash.filter(({ name }) => !board.gone.has(name)));
  }

  /**
   * @param {RunLine} run
   * @param {RunsScene} scene
   */
  matches(run, scene) {
    const { sought } = scene.board;
    return !sought || [titleOfRun(run, scene), run.name, titleOfTask(run.task, scene)].some((text) => text.toLowerCase().includes(sought));
  }

  /**
   * @param {RunsScene} scene
   * @param {Section} part
   * @param {RunLine[]} runs
   * @param {string} nothing what to say where there is none
   */
  drawRuns(scene, part, runs, nothing) {
    const { say } = scene;
    head(part, say(`runs.section.${part.name}`), String(runs.length), true);
    part.nothing.hidden = runs.length > 0;
    write(/** @type {Element} */ (part.nothing.querySelector('td')), nothing);
    join(
      part.body,
      runs,
      () => {
        const row = new RunRow(this.board);
        this.rows.set(row.node, row);
        return row.node;
      },
      (node, run) => this.rows.get(node)?.draw(scene, run, this.columns),
    );
  }

  /** @param {RunsScene | null} scene */
  drawJobs(scene) {
    if (!scene) return;
    const { board } = scene;
    head(this.jobs, scene.say('runs.section.jobs'), String(board.jobs.length), board.jobs.length > 0);
    join(this.jobs.body, board.jobs, () => makeJob(board), (node, job) => drawJob(node, job, scene, this.columns.length));
  }

  /**
   * @param {RunsScene} scene
   * @param {import('./api.js').Thrown[]} trash
   */
  drawTrash(scene, trash) {
    const { say, lang, board } = scene;
    head(this.trash, say('runs.section.trash'), String(trash.length), trash.length > 0);
    join(
      this.trash.body,
      trash,
      () => {
        const undo = el('button', { type: 'button', onclick: () => void board.deeds.undo(undo.dataset.name ?? '') });
        return el('tr', { class: 'thrown' }, el('td', { class: 'of-name' }, el('bdi')), el('td', { colspan: COLUMNS.length - 2, class: 'quiet' }), el('td', { class: 'of-acts' }, undo));
      },
      (node, thrown) => {
        write(/** @type {Element} */ (node.querySelector('bdi')), titleOfRun(thrown, scene));
        set(node.children[1], { colspan: this.columns.length - 2 });
        write(node.children[1], say('runs.trash.until', { date: dateOf(thrown.until, lang) }));
        const undo = /** @type {Element} */ (node.querySelector('button'));
        write(undo, say('runs.undo'));
        set(undo, { 'data-name': thrown.name });
      },
    );
  }

  /** Put the cursor where a name is written. */
  focusName() {
    const field = /** @type {HTMLInputElement | null} */ (this.node.querySelector('form:not([hidden]) input'));
    field?.focus();
    field?.select();
  }

  /** @param {string} name */
  reveal(name) {
    const row = name ? [...this.node.querySelectorAll('[data-run]')].find((node) => node.getAttribute('data-run') === name) : null;
    row?.scrollIntoView({ block: 'nearest' });
  }

  /**
   * @param {EventTarget | null} [besides] a click in an open menu leaves it open
   * @returns {boolean} was one open?
   */
  closeMenus(besides = null) {
    let closed = false;
    for (const menu of /** @type {NodeListOf<HTMLDetailsElement>} */ (this.node.querySelectorAll('details[open]'))) {
      if (besides instanceof Node && menu.contains(besides)) continue;
      menu.open = false;
      closed = true;
    }
    return closed;
  }
}

/** @typedef {{name: string, title: HTMLTableSectionElement, nothing: HTMLTableSectionElement, body: HTMLTableSectionElement}} Section */

/**
 * @param {string} name
 * @returns {Section}
 */
function section(name) {
  const title = el('tbody', { class: 'shelf-title' }, el('tr', {}, el('th', { colspan: COLUMNS.length, scope: 'colgroup' }, el('span'), el('span', { class: 'num quiet' }))));
  const nothing = el('tbody', { class: 'nothing', hidden: '' }, el('tr', {}, el('td', { colspan: COLUMNS.length })));
  return { name, title, nothing, body: el('tbody', { 'data-section': name }) };
}

/**
 * @param {Section} part
 * @param {string} text
 * @param {string} count
 * @param {boolean} shown
 */
function head({ title, body }, text, count, shown) {
  title.hidden = body.hidden = !shown;
  const [name, number] = /** @type {Element} */ (title.querySelector('th')).children;
  write(name, text);
  write(number, count);
}

/**
 * The columns that there is room for.
 * @param {import('./board.js').Look} look
 */
function columnsFor({ projector, width }) {
  if (projector) return ['name', 'exact', 'acts'];
  return COLUMNS.filter((name) => (name !== 'kept' || width >= WITH_KEPT) && (name !== 'learned' || width >= WITH_CURVE));
}
