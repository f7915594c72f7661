/** Training and inference side by side: the same rows all at once and one by one, then right words read and own words read. */

import { namesWidth } from '../chapters/masksparts.js';
import { positive } from '../chapters/outputparts.js';
import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { TAIL } from '../step/heatplan.js';
import { nameTokens } from '../tokens.js';
import { Errors } from './examples.js';
import { Gauge, MOST_COLUMNS, Roads, roomFor, topOf } from './modesparts.js';
import { Pick } from './pick.js';
import { numberIn, settle } from './session.js';
import { blockName, blockOf, blocksOf, probability, wordOf } from './words.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {{whose: string, gold: number[], free: number[], forced: number[], step: number | null, p: number[][], difference: {logits: number[], weights: number[]}}} Header */
/** @typedef {{header: Header, tensors: Map<string, import('../step/parcel.js').Tensor>}} Compared */

const [LONGEST, PAIR, NARROW_PAIR, NARROW] = [1000, 470, 330, 1000];
const CELL = { narrow: 9, wide: 34 }; // the widths of a cell
const ROW = { desk: 25, wall: 33 }; // pixels, the line below it included
/** @type {WeakMap<Element, Roads>} */
const roadsIn = new WeakMap();
const AROUND = 153; // pixels of the box that belong to no matrix
const MOST_BLOCKS = 4; // as buttons
const MOST_HEADS = { narrow: 5, wide: 8 };

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
    this.blockChoice = new Pick('block', (name) => desk.change((view) => ({ ...view, at: name })));
    this.errors = new Errors(desk);
    this.headChoice = new Pick('head', (head) => desk.change((view) => ({ ...view, head: Number(head) })));
    this.titles = [el('h3'), el('h3')];
    this.heats = [new Heat(), new Heat()];
    const pair = el('div', { class: 'modes-pair' }, ...this.blockChoice.nodes, ...this.headChoice.nodes, ...this.heats.flatMap((heat, n) => [this.titles[n], heat.node]));
    const left = el('div', { class: 'modes-left' }, this.scroll, this.verdicts, this.errors.node);
    this.node = el('div', { class: 'generate generate-modes waiting' }, el('div', { class: 'modes-top' }, this.caption, this.form), el('div', { class: 'modes-columns' }, left, pair));
    listen(this.body, 'click', '[data-row]', (part) => this.go(numberOf(part, 'row')));
    for (const heat of this.heats) listen(heat.node, 'click', '.pager button', () => this.turned(heat));
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
    this.drawChoices(scene, block, head);
    const width = narrow ? NARROW_PAIR : PAIR;
    const wide = clamp(Math.floor((width - namesWidth(scene, rows) - TAIL) / Math.min(cols.length, MOST_COLUMNS)), CELL.narrow, CELL.wide);
    const axes = { rows: say('generate.modes.queries'), cols: say('generate.modes.keys') };
    const above = topOf(scene, { rows, cols, at: () => 0, hue: 'weights', axes }, width, wide);
    const { shown, high, foot } = roomFor(look.height - AROUND - above, reads.length, cols.length);
    ['parallel', 'serial'].forEach((kind, n) => {
      const tensor = told.tensors.get(`${kind}.${block}`);
      if (!tensor) return;
      const later = (/** @type {number} */ i, /** @type {number} */ j) => (!cross && j > i && model.causal !== false) || (n === 1 && (i > row || (!cross && j > i)));
      const title = say(`generate.modes.${kind}`, { row: row + 1, all: reads.length });
      write(this.titles[n], title);
      const heat = this.heats[n];
      heat.draw(
        scene,
        { rows, cols, at: (i, j) => tensor.values[(head * tensor.shape[1] + i) * tensor.shape[2] + j], masked: later, hue: 'weights', axes, rowMark: 'solid', label: `${title}, ${blockName(scene, block)}` },
        { width, height: above + shown * high + foot, legend: false, cell: { w: wide, h: high }, largest: { w: wide, h: high }, most: { rows: shown, cols: MOST_COLUMNS } },
        { row, col: -1 },
      );
      heat.node.classList.toggle('bare', n === 1);
      const hidden = n ? (heat.now?.plan.top ?? 0) : 0; // the columns' names stand above the first matrix only
      heat.node.style.height = `${(n ? hidden : above) + shown * high + foot}px`;
      heat.node.style.marginTop = `${-hidden}px`;
    });
  }

  /**
   * @param {StepScene} scene
   * @param {string} block
   * @param {number} head
   */
  drawChoices(scene, block, head) {
    const { say, look, model, places } = scene;
    const heads = Array.from({ length: model.n_heads }, (_, n) => ({ name: String(n), text: say('generate.looks.head', { head: n + 1 }) }));
    this.blockChoice.draw(say('generate.looks.blocks'), blocksOf(places).map((name) => ({ name, text: blockName(scene, name) })), block, MOST_BLOCKS);
    this.headChoice.draw(say('generate.modes.heads'), heads, String(head), MOST_HEADS[look.width < NARROW ? 'narrow' : 'wide']);
  }

  /** Who turns a page turns it in both matrices: they are there to be compared. @param {Heat} turned */
  turned(turned) {
    for (const heat of this.heats) heat.from = { ...turned.from };
    if (this.desk.scene && this.told) this.drawPair(this.desk.scene, this.told);
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

