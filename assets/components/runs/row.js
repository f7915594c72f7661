/** One run as a line of the list: its name, what it is, how it learned, how good it is, and what can be done with it. */

import { el, set, write } from '../dom.js';
import { share } from '../format.js';
import { literal } from '../tokens.js';
import { count, dateOf, sizeOf, titleOfRun, titleOfTask } from './naming.js';
import { drawSpark, makeSpark } from './spark.js';

/** @typedef {import('./api.js').RunLine} RunLine */
/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./board.js').RunsScene} RunsScene */

const LONGEST_LABEL = 40;

export class RunRow {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    /** @type {RunLine | null} */
    this.run = null;
    this.label = el('bdi', { class: 'label' });
    this.under = el('span', { class: 'under' });
    this.field = el('input', { type: 'text', maxlength: LONGEST_LABEL, dir: 'auto', autocomplete: 'off', spellcheck: 'false' });
    this.keep = el('button', { type: 'submit' });
    this.drop = el('button', { type: 'button', onclick: () => board.rename('') });
    this.form = el('form', { hidden: '', onsubmit: (/** @type {Event} */ event) => this.save(event) }, this.field, this.keep, this.drop);
    this.name = el('td', { class: 'of-name' }, this.label, this.form, this.under);
    this.size = el('div', { class: 'size' });
    this.choices = el('div', { class: 'under choices' });
    this.count = el('div', { class: 'under' });
    this.model = el('td', { class: 'of-model' }, this.size, this.count, this.choices);
    this.spark = makeSpark();
    this.learned = el('td', { class: 'of-learned' }, this.spark);
    this.exact = el('td', { class: 'of-exact' }, el('b', { class: 'num' }), el('span', { class: 'under' }));
    this.kept = el('td', { class: 'of-kept' }, el('span'), el('span', { class: 'num under' }));
    this.explore = el('a', { class: 'act main', onclick: (/** @type {Event} */ event) => board.go(event, 'explore', this.to()) });
    this.film = el('a', { class: 'act', onclick: (/** @type {Event} */ event) => board.go(event, 'train', this.to()) });
    this.compare = el('button', { type: 'button', onclick: () => board.compareWith(this.run?.name ?? '') });
    this.undo = el('button', { type: 'button', onclick: () => void board.deeds.undo(this.run?.name ?? '') });
    this.renameItem = this.item(() => board.rename(this.run?.name ?? ''));
    this.carry = el('a', { download: '', onclick: () => (this.menu.open = false) });
    this.linkItem = this.item(() => void board.deeds.copyRun(this.run?.name ?? ''));
    this.removeItem = this.item(() => void (this.run && board.deeds.remove(this.run)));
    /** @type {HTMLDetailsElement} */
    this.menu = el('details', { class: 'more' }, el('summary'), el('div', { class: 'menu' }, this.renameItem, this.carry, this.linkItem, this.removeItem));
    this.acts = el('td', { class: 'of-acts' }, this.explore, this.film, this.compare, this.menu, this.undo);
    this.trouble = el('td', { class: 'of-trouble', colspan: 4 }, el('b'), el('span'));
    this.node = el('tr', { class: 'run' }, this.name, this.trouble, this.model, this.learned, this.exact, this.kept, this.acts);
  }

  /**
   * One line of the menu, which closes it.
   * @param {() => void} act
   */
  item(act) {
    const close = () => {
      this.menu.open = false;
      act();
    };
    return el('button', { type: 'button', onclick: close });
  }

  /** @returns {Record<string, string>} */
  to() {
    return { run: this.run?.name ?? '' };
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   * @param {string[]} columns
   */
  draw(scene, run, columns) {
    const { board } = scene;
    if (this.run?.name !== run.name) this.menu.open = false;
    this.run = run;
    const gone = board.gone.has(run.name);
    const broken = run.error !== null;
    set(this.node, { 'data-run': run.name, 'data-state': gone ? 'gone' : broken ? 'broken' : null, class: 'run' + (board.arrived === run.name ? ' here' : '') });
    this.drawName(scene, run, gone);
    this.drawTrouble(scene, run, gone);
    const cells = { model: this.model, learned: this.learned, exact: this.exact, kept: this.kept };
    for (const [name, cell] of Object.entries(cells)) cell.hidden = gone || broken || !columns.includes(name);
    set(this.trouble, { colspan: columns.length - 2 });
    if (!gone && !broken) this.drawFacts(scene, run);
    this.drawActs(scene, run, gone, broken);
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   * @param {boolean} gone
   */
  drawName(scene, run, gone) {
    const { say, board } = scene;
    const renaming = board.renaming === run.name && !gone;
    const title = titleOfRun(run, scene);
    if (renaming && this.form.hidden) this.field.value = run.label ?? run.name;
    this.form.hidden = !renaming;
    this.label.hidden = this.under.hidden = renaming;
    write(this.label, title);
    this.label.title = title;
    const task = titleOfTask(run.task, scene);
    const parts = [...(task !== title && !gone ? [task] : []), ...(title !== run.name ? [literal(run.name)] : []), ...(run.nobodys ? [say('runs.nobodys')] : [])];
    write(this.under, parts.join(' · '));
    this.under.title = this.under.textContent ?? '';
    write(this.keep, say('runs.rename.keep'));
    write(this.drop, say('runs.rename.drop'));
    set(this.field, { 'aria-label': say('runs.rename.label', { name: run.name }) });
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   * @param {boolean} gone
   */
  drawTrouble({ say }, run, gone) {
    this.trouble.hidden = !gone && run.error === null;
    write(this.trouble.children[0], say(gone ? 'runs.gone' : 'runs.broken'));
    const { why = '', file = '', said = '' } = gone ? {} : (run.error ?? {});
    write(this.trouble.children[1], why && say(why, { file: literal(file), said: literal(said) }));
    this.trouble.title = said;
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   */
  drawFacts(scene, run) {
    const { say } = scene;
    const [encoder = 0, decoder = 0] = run.layers ?? [];
    const heads = run.heads ?? 0;
    write(this.size, run.layers ? say(heads === 1 ? 'runs.size_one' : 'runs.size', { encoder, decoder, heads, d_model: run.d_model ?? 0 }) : '');
    write(this.count, run.parameters ? say('runs.parameters', { n: count(run.parameters) }) : '');
    write(this.choices, (run.choices ?? []).map((key) => say(key)).join(' · '));
    this.choices.title = this.choices.textContent ?? '';
    this.choices.hidden = !run.choices?.length;
    this.drawCurve(scene, run);
    this.drawResults(scene, run);
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   */
  drawCurve({ say }, { curve: points = [] }) {
    this.spark.style.visibility = points.length > 1 ? 'visible' : 'hidden';
    if (points.length > 1) drawSpark(this.spark, points, say('runs.curve.label', { from: points[0][1].toFixed(2), to: points[points.length - 1][1].toFixed(2), steps: count(points[points.length - 1][0]) }));
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   */
  drawResults({ say, lang }, run) {
    const { exact_match: exact, n_test: n } = run;
    const known = typeof exact === 'number';
    write(this.exact.children[0], known ? share(exact).replaceAll('\u202f', '') : '–'); // a digit's space is too wide
    this.exact.title = known && n ? say('runs.exact_of', { right: count(Math.round(exact * n)), n: count(n) }) : '';
    write(this.exact.children[1], typeof run.steps === 'number' ? say('runs.steps', { steps: count(run.steps), seed: run.seed ?? '–' }) : '');
    write(this.kept.children[0], run.date ? dateOf(run.date, lang) : say('runs.shipped'));
    write(this.kept.children[1], run.bytes ? sizeOf(run.bytes) : '');
  }

  /**
   * @param {RunsScene} scene
   * @param {RunLine} run
   * @param {boolean} gone
   * @param {boolean} broken
   */
  drawActs(scene, run, gone, broken) {
    const { say } = scene;
    const name = encodeURIComponent(run.name);
    const title = titleOfRun(run, scene);
    /** @type {[HTMLElement, string, boolean, Record<string, string>][]} */
    const acts = [
      [this.explore, 'runs.act.explore', !gone && !broken, { href: `/?run=${name}` }],
      [this.film, 'runs.act.film', !gone && !broken && (run.frames ?? 0) > 0, { href: `/train?run=${name}` }],
      [this.compare, 'runs.act.compare', !gone && !broken && (run.frames ?? 0) > 0, {}],
      [this.undo, 'runs.undo', gone, {}],
      [this.renameItem, 'runs.act.rename', run.may, {}],
      [this.carry, 'runs.act.carry', !broken, { href: `/lab/archive?run=${name}` }],
      [this.linkItem, 'runs.act.link', !broken, {}],
      [this.removeItem, 'runs.act.remove', run.may, {}],
    ];
    for (const [node, key, shown, attributes] of acts) {
      node.hidden = !shown;
      write(node, say(key));
      set(node, attributes);
    }
    this.menu.hidden = gone || (broken && !run.may);
    const summary = /** @type {Element} */ (this.menu.firstElementChild);
    write(summary, '⋯');
    set(summary, { 'aria-label': say('runs.act.more', { name: title }), title: say('runs.act.more', { name: title }) });
  }

  /** @param {Event} event */
  save(event) {
    event.preventDefault();
    if (this.run) void this.board.deeds.call(this.run, this.field.value);
  }
}
