/** Training and inference side by side: the same rows all at once and one by one, then right words read and own words read. */

import { Choice, namesWidth } from '../chapters/masksparts.js';
import { positive } from '../chapters/outputparts.js';
import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { TAIL } from '../step/heatplan.js';
import { nameTokens } from '../tokens.js';
import { Errors } from './examples.js';

import { Gauge, Roads } from './modesparts.js';
import { numberIn, settle } from './session.js';
import { blockName, blockOf, blocksOf, probability, wordOf } from './words.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {{whose: string, gold: number[], free: number[], forced: number[], step: number | null, p: number[][], difference: {logits: number[], weights: number[]}}} Header */
/** @typedef {{header: Header, tensors: Map<string, import('../step/parcel.js').Tensor>}} Compared */

const [LONGEST, PAIR, NARROW] = [1000, 470, 1000];
const CELL = { narrow: 9, wide: 34, least: 13, most: 27 };
const MOST_COLUMNS = 32; // of a matrix; more of them are pages
const ROW = { desk: 25, wall: 33 }; // pixels, the line below it included
/** @type {WeakMap<Element, Roads>} */
const roadsIn = new WeakMap();
// Pixels of the box that are no matrix, the most that slanted words above a matrix take, a pager below it.
const [AROUND, TOP, PAGER] = [250, 110, 30];

export class ModesView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.caption = el('p', { class: 'modes-caption', 'data-part': 'modes-caption' });
    this.input = el('input', { type: 'text', maxlength: LONGEST, spellcheck: 'false', autocomplete: 'off', 'data-part': 'said' });
    this.read = el('button', { type: 'submit' });
    this.reset = el('button', { type: 'button', onclick: () => desk.set('t', '') });
    this.form = el('form', { class: 'modes-form', onsubmit: (/** @type {Event} */ event) => this.submit(event) }, this.input, this.read, this.reset);
    this.groups = el('tr', { class: 'modes-groups' });
    this.heads = el('tr');
    this.body = el('tbody');
    this.scroll = el('div', { class: 'modes-scroll' }, el('table', { 'data-part': 'modes' }, el('thead', {}, this.groups, this.heads), this.body));
    this.gauge = new Gauge();
    this.verdicts = el('div', { class: 'modes-verdicts', 'data-part': 'verdicts' }, el('p'), this.gauge.node, el('p'));
    this.blockChoice = new Choice('block', (name) => desk.change((view) => ({ ...view, at: name })));
    this.errors = new Errors(desk);
    this.headChoice = new Choice('head', (head) => desk.change((view) => ({ ...view, head: Number(head) })));
    this.titles = [el('h3'), el('h3')];
    this.heats = [new Heat(), new Heat()];
    const pair = el('div', { class: 'modes-pair' }, this.blockChoice.node, this.headChoice.node, ...this.heats.flatMap((heat, n) => [this.titles[n], heat.node]));
    const left = el('div', { class: 'modes-left' }, this.scroll, this.verdicts, this.errors.node);
    this.node = el('div', { class: 'generate generate-modes waiting' }, el('div', { class: 'modes-top' }, this.caption, this.form), el('div', { class: 'modes-columns' }, left, pair));
    listen(this.body, 'click', '[data-row]', (part) => this.go(numberOf(part, 'row')));
    /** @type {Compared | null} */
    this.told = null;
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text !== this.desk.option('t', '')) this.desk.set('t', text);
  }

  /**
   * @param {StepScene} scene
   * @returns {Compared | null}
   */
  ask(scene) {
    const said = this.desk.option('t', '');
    const answer = scene.ask({ ask: 'modes', ...(said ? { t: said } : {}) });
    if (answer?.trouble) write(this.caption, scene.say(answer.trouble.key, answer.trouble.values));
    if (!answer || answer.trouble) return null;
    return (this.told = /** @type {any} */ (answer));
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const told = this.ask(scene);
    if (!told) return;
    this.node.classList.remove('waiting');
    const { say } = scene;
    const said = this.desk.option('t', '');
    if (!this.form.matches(':focus-within')) this.input.value = said;
    set(this.input, { placeholder: say('generate.modes.placeholder'), 'aria-label': say('generate.modes.placeholder') });
    write(this.read, say('generate.modes.read'));
    write(this.reset, say('generate.modes.reset'));
    this.reset.disabled = !said;
    write(this.caption, say(`generate.modes.whose_${told.header.whose}`));
    this.drawTable(scene, told);
    this.drawVerdicts(scene, told);
    this.errors.draw(say);
    this.drawPair(scene, told);
  }

  /** @param {Compared} told */
  rowIn({ header }) {
    const usual = header.step === null ? Math.floor(header.gold.length / 2) : Math.min(header.step, header.gold.length - 1);
    return clamp(Math.round(numberIn(this.desk, 'r', usual, 0, header.gold.length - 1)), 0, header.gold.length - 1);
  }

  /**
   * @param {StepScene} scene
   * @param {Compared} told
   */
  drawTable(scene, told) {
    const { say, look } = scene;
    const { step, gold, free: own } = told.header;
    const { groups, columns, rows } = tableOf(scene, told.header, look.width < NARROW);
    const row = this.rowIn(told);
    const fork = columns.length - 2; // the picture of the two roads stands before what they write
    const high = ROW[look.projector ? 'wall' : 'desk'];
    join(
      this.groups,
      groups,
      () => el('th', { scope: 'colgroup' }),
      (th, { text, span }) => {
        write(th, text);
        set(th, { colspan: span });
      },
    );
    join(
      this.heads,
      [...columns.slice(0, fork), '', ...columns.slice(fork)],
      () => el('th', { scope: 'col' }),
      (th, text, i) => {
        write(th, text);
        set(th, { class: classOf(i, fork) });
      },
    );
    join(
      this.body,
      rows,
      () => el('tr', { tabindex: -1 }),
      (tr, { cells, wrong, free }, n) => {
        const one = step === null || n <= step; // up to there both roads read the same words, so they write the same
        join(
          tr,
          [...cells.slice(0, fork), null, ...cells.slice(fork, one ? fork + 1 : fork + 2)],
          () => el('td'),
          (td, text, i) => {
            set(td, { class: classOf(i, fork), colspan: one && i === fork + 1 ? 2 : null, 'data-wrong': (i === fork + 1 && wrong) || (i === fork + 2 && free) ? 'true' : null });
            if (text === null) roadsOf(td).draw(n, step, high, [n < gold.length, n < own.length]);
            else write(td, text);
          },
        );
        set(tr, { 'data-row': n, 'aria-current': n === row ? 'true' : null, 'data-parts': n === step || null, title: n === step ? say('generate.modes.part') : null });
      },
    );
    const here = /** @type {HTMLElement | undefined} */ (this.body.children[row]);
    if (here && (here.offsetTop < this.scroll.scrollTop + 50 || here.offsetTop + here.offsetHeight > this.scroll.scrollTop + this.scroll.clientHeight)) this.scroll.scrollTop = here.offsetTop - this.scroll.clientHeight / 2;
  }

  /**
   * @param {StepScene} scene
   * @param {Compared} told
   */
  drawVerdicts(scene, { header }) {
    const { say } = scene;
    const largest = Math.max(...header.difference.logits, ...header.difference.weights);
    const n = header.gold.length;
    const [rows, , parting] = this.verdicts.children;
    write(rows, say(scene.model.causal === false ? 'generate.modes.rows_without' : 'generate.modes.rows', { n, largest: largest ? positive(largest, 3) : '0' }));
    this.gauge.draw(scene, largest, rows.textContent ?? '');
    write(parting, header.step === null ? say('generate.modes.together') : partingOf(scene, header, header.step));
  }

  /**
   * The weights of one head, all rows at once and as far as the serial decoder has come.
   * @param {StepScene} scene
   * @param {Compared} told
   */
  drawPair(scene, told) {
    const { say, look, model, view } = scene;
    const block = blockOf(scene);
    const cross = block.endsWith('.cross_attn');
    const row = this.rowIn(told);
    const head = Math.min(view.head, model.n_heads - 1);
    const reads = nameTokens([scene.words.tgtIn[0].token, ...told.header.gold.slice(0, -1).map((id) => scene.pass.vocab.tgt[id])]);
    const writes = nameTokens(told.header.gold.map((id) => scene.pass.vocab.tgt[id]));
    const narrow = look.width < NARROW; // there the table alone says what a row writes
    const rows = reads.map(({ text, full, token }, i) => ({ text: narrow ? text : `${text} → ${writes[i].text}`, full: `${full} → ${writes[i].full}`, token }));
    const cols = cross ? scene.words.src : reads;
    this.blockChoice.draw(say('generate.looks.blocks'), blocksOf(scene.places).map((name) => ({ name, text: blockName(scene, name) })), block);
    this.headChoice.draw(say('generate.modes.heads'), Array.from({ length: model.n_heads }, (_, n) => ({ name: String(n), text: say('generate.looks.head', { head: n + 1 }) })), String(head));
    const width = narrow ? 330 : PAIR;
    const wide = clamp(Math.floor((width - namesWidth(scene, rows) - TAIL) / Math.min(cols.length, MOST_COLUMNS)), CELL.narrow, CELL.wide);
    const room = look.height - AROUND;
    const high = clamp(Math.floor(room / 2 / reads.length), CELL.least, CELL.most);
    const shown = Math.min(reads.length, Math.floor(room / 2 / high));
    ['parallel', 'serial'].forEach((kind, n) => {
      const tensor = told.tensors.get(`${kind}.${block}`);
      if (!tensor) return;
      const later = (/** @type {number} */ i, /** @type {number} */ j) => (!cross && j > i && model.causal !== false) || (n === 1 && (i > row || (!cross && j > i)));
      write(this.titles[n], say(`generate.modes.${kind}`, { row: row + 1, all: reads.length }));
      this.heats[n].draw(
        scene,
        {
          rows,
          cols,
          at: (i, j) => tensor.values[(head * tensor.shape[1] + i) * tensor.shape[2] + j],
          masked: later,
          hue: 'weights',
          axes: { rows: say('generate.modes.queries'), cols: say('generate.modes.keys') },
          rowMark: 'solid',
          label: `${say(`generate.modes.${kind}`, { row: row + 1, all: reads.length })}, ${blockName(scene, block)}`,
        },
        { width, height: TOP + shown * high + (shown < reads.length ? PAGER : 0), legend: false, cell: { w: wide, h: high }, largest: { w: wide, h: high }, most: { rows: shown, cols: MOST_COLUMNS } },
        { row, col: -1 },
      );
      const top = this.heats[n].now?.plan.top ?? 0;
      this.heats[n].node.classList.toggle('bare', n === 1);
      this.heats[n].node.style.height = `${top + shown * high + 6 + (shown < reads.length ? PAGER : 0)}px`;
      this.heats[n].node.style.marginTop = n ? `${-top}px` : '0';
    });
  }

  /** @param {number} row */
  go(row) {
    if (this.told) settle(this.desk, { r: String(clamp(row, 0, this.told.header.gold.length - 1)) });
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const move = (/** @type {number} */ by) => this.told && this.go(this.rowIn(this.told) + by);
    return [
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'generate.keys.row', run: (key) => move(key === 'ArrowLeft' ? -1 : 1) },
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'generate.keys.row', run: (key) => move(key === 'ArrowUp' ? -1 : 1) },
      { keys: ['PageUp', 'PageDown'], shown: 'PgUp PgDn', help: 'generate.keys.row', run: (key) => move(key === 'PageUp' ? -1 : 1) },
      { keys: ['Home', 'End'], shown: 'Home End', help: 'generate.keys.first', run: (key) => this.go(key === 'Home' ? 0 : Infinity) },
    ];
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const told = this.ask(scene);
    if (!told) return { caption: '', columns: [], rows: [] };
    const { columns, rows } = tableOf(scene, told.header, false);
    return { caption: scene.say('generate.tab.modes'), columns: columns.slice(1), rows: rows.map(({ cells }) => ({ name: cells[0], cells: cells.slice(1) })) };
  }
}

/**
 * Every row of the decoder as text: what it reads and should write, both probabilities and their difference, both roads.
 * @param {StepScene} scene
 * @param {Header} header
 * @param {boolean} narrow where there is little room the difference alone
 */
function tableOf(scene, { gold, free, forced, p, difference, step }, narrow) {
  const { say, words } = scene;
  const n = Math.max(gold.length, free.length);
  const word = (/** @type {number | undefined} */ id) => (id === undefined ? '' : wordOf(scene, id));
  const groups = [
    { text: '', span: 3 },
    { text: narrow ? '' : say('generate.modes.group_rows'), span: narrow ? 1 : 3 },
    { text: say('generate.modes.group_roads'), span: 3 },
  ];
  const numbered = [say('generate.modes.p_training'), say('generate.modes.p_inference'), say('generate.modes.difference')].slice(narrow ? 2 : 0);
  const columns = ['', say('generate.modes.reads'), say('generate.modes.should'), ...numbered, say('generate.modes.forced'), say('generate.modes.free')];
  const rows = Array.from({ length: n }, (_, t) => {
    const there = t < gold.length;
    const apart = there ? Math.max(difference.logits[t], difference.weights[t]) : 0;
    const numbers = there ? [probability(p[1][t]), probability(p[0][t]), apart ? positive(apart, 3) : '0'] : ['', '', ''];
    const shown = numbers.slice(narrow ? 2 : 0);
    return {
      cells: [String(t + 1), t ? word(gold[t - 1]) : words.tgtIn[0].full, word(gold[t]), ...shown, word(forced[t]), word(free[t])],
      wrong: there && forced[t] !== gold[t],
      free: step !== null && t >= step && free[t] !== gold[t],
    };
  });
  return { groups, columns, rows };
}

/**
 * What stands in a column: a number, a word, or the picture of the roads.
 * @param {number} i
 * @param {number} fork
 */
function classOf(i, fork) {
  if (i === fork) return 'road';
  if (i === fork - 1) return 'num power';
  return i === 0 || (i > 2 && i < fork) ? 'num' : 'word';
}

/** @param {Element} td */
function roadsOf(td) {
  let roads = roadsIn.get(td);
  if (!roads) roadsIn.set(td, (roads = new Roads()));
  if (roads.node.parentNode !== td) td.replaceChildren(roads.node);
  return roads;
}

/**
 * @param {StepScene} scene
 * @param {Header} header
 * @param {number} step
 */
function partingOf(scene, { gold, free, forced }, step) {
  const wrong = forced.filter((id, t) => id !== gold[t]).length;
  const own = Array.from({ length: Math.max(gold.length, free.length) }, (_, t) => free[t] !== gold[t]).filter(Boolean).length;
  return scene.say('generate.modes.apart', { n: step + 1, right: wordOf(scene, gold[step] ?? 2), wrote: wordOf(scene, free[step] ?? 2), forced: wrong, free: own });
}

