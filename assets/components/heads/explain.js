/** Weights are not an explanation: five answers to which source words decided a word, and how far they agree. */

import { positive, ROOMY } from '../chapters/outputparts.js';
import { RowList, rowKeys, rowOf } from '../chapters/outputrows.js';
import { clamp, el, join, listen, put, set, write } from '../dom.js';
import { percent } from '../format.js';
import { signedScale } from '../scales.js';
import { inkOn } from '../step/heatpaint.js';
import { widthOf } from '../tokens.js';
import { Panels } from './panels.js';
import { choose, shortName } from './parts.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{header: {row: number, methods: string[], log_p: number, from_target: number, agreement: (number | null)[][]}, tensors: Map<string, import('../step/parcel.js').Tensor>}} Found */

/** @typedef {{name: string, values: Float32Array, most: number, exponent: number, decimals: number}} Column one method: its numbers, the largest size, in which power of ten they are written */

const ALL = 'all';
const BOTH_SIGNS = ['gradient', 'left_out'];
const SMALL = 0.01; // a column whose largest number is smaller is written in a power of ten
// Pixels of a row; what stands above the rows: name, text and headings; the size of the title.
const DESK = { least: 31, most: 46, above: 132, title: 19 };
const WALL = { least: 25, most: 40, above: 210, title: 26 };
const GAP = 12; // beside the title, or below it

export class ExplainView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.rows = new RowList(desk);
    this.title = el('h3');
    this.layers = el('div', { class: 'switch', role: 'group', 'data-part': 'layers' });
    this.heads = el('div', { class: 'switch', role: 'group', 'data-part': 'heads' });
    this.about = el('p', { class: 'heads-about' });
    this.headings = el('tr');
    this.body = el('tbody');
    this.grid = el('table', { class: 'heads-explain', 'data-part': 'explanations' }, el('thead', {}, this.headings), this.body);
    this.agreeTitle = el('h4');
    this.agreeAbout = el('p', { class: 'quiet' });
    this.agreeHead = el('tr');
    this.agreeBody = el('tbody');
    this.agree = el('table', { class: 'heads-agree', 'data-part': 'agreement' }, el('thead', {}, this.agreeHead), this.agreeBody);
    this.finding = el('p', { class: 'heads-says', 'data-part': 'finding' });
    this.honest = el('p', { class: 'quiet' });
    this.panels = new Panels(desk, ['answers', 'agreement']);
    this.controls = el('div', { class: 'heads-controls' }, this.layers, this.heads);
    this.name = el('div', { class: 'heads-name' }, this.title, this.controls);
    const side = el('div', { class: 'heads-side' }, this.agreeTitle, this.agreeAbout, this.agree, this.finding, this.honest);
    const columns = el('div', { class: 'heads-columns' }, el('div', { class: 'heads-scroll' }, this.grid), side);
    const main = el('div', { class: 'output-main' }, this.name, el('div', { class: 'heads-line' }, this.about, this.panels.node), columns);
    this.node = el('div', { class: 'heads output-page' }, this.rows.node, main);
    listen(this.layers, 'click', '[data-at]', (part) => this.go(part.dataset.at ?? ''));
    listen(this.heads, 'click', '[data-head]', (part) => desk.set('eh', part.dataset.head ?? ALL));
  }

  keys() {
    return [...rowKeys(this.desk), ...this.panels.keys()];
  }

  /** @param {string} at */
  go(at) {
    choose(this.desk, at, this.desk.view?.head ?? 0);
  }

  /** The cross-attention whose weights are read: the one looked at, else the last. @param {StepScene} scene */
  blockNow({ view, model }) {
    return view.at.endsWith('.cross_attn') ? view.at : `decoder.${model.n_decoder_layers - 1}.cross_attn`;
  }

  /** One head, or all of them. @param {{model: any}} scene */
  headNow({ model }) {
    const asked = this.desk.option('eh', ALL);
    return /^\d{1,3}$/.test(asked) && Number(asked) < model.n_heads ? asked : ALL;
  }

  /**
   * @param {StepScene} scene
   * @returns {Found | null}
   */
  ask(scene) {
    const said = this.desk.option('t', '');
    const question = { ask: 'explain', row: String(rowOf(scene)), b: this.blockNow(scene), f: this.headNow(scene), ...(said ? { t: said } : {}) };
    const answer = scene.ask(question);
    if (answer?.trouble) write(this.about, scene.say(answer.trouble.key, answer.trouble.values));
    return answer && !answer.trouble ? /** @type {any} */ (answer) : null;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { words, sentence, view } = scene;
    const block = this.blockNow(scene);
    if (view.at !== block) queueMicrotask(() => this.go(block)); // so that the link keeps the row
    const row = rowOf(scene);
    this.rows.draw(scene, 'p', (at) => ({ text: percent(sentence.p[at]), share: sentence.p[at] }));
    const word = (/** @type {string} */ text) => el('span', { class: 'word' }, text);
    put(this.title, scene.sayWith('heads.explain.title', { reads: word(words.tgtIn[row].text), writes: word(words.tgtOut[row].text) }));
    set(this.node, { 'data-panel': this.panels.draw(scene) });
    this.drawControls(scene, block);
    const found = this.ask(scene);
    if (!found) return;
    set(this.node, { 'data-narrow': !scene.look.projector && scene.look.width < ROOMY ? 'true' : null });
    this.drawGrid(scene, found);
    this.drawAgreement(scene, found);
    this.drawFinding(scene, found);
  }

  /**
   * @param {StepScene} scene
   * @param {string} block
   */
  drawControls({ say, model, look, words, palette }, block) {
    const button = () => el('button', { type: 'button' });
    const layers = Array.from({ length: model.n_decoder_layers }, (_, n) => `decoder.${n}.cross_attn`);
    join(this.layers, layers, button, (node, at) => {
      write(node, shortName(at, say));
      set(node, { 'data-at': at, 'aria-pressed': String(at === block) });
    });
    const asked = this.headNow({ model });
    join(this.heads, [ALL, ...Array.from({ length: model.n_heads }, (_, n) => String(n))], button, (node, head) => {
      write(node, head === ALL ? say('heads.explain.all') : String(Number(head) + 1));
      set(node, { 'data-head': head, 'aria-pressed': String(head === asked), title: head === ALL ? null : say('heads.title', { block: shortName(block, say), head: Number(head) + 1 }) });
    });
    // Where the longest title of the sentence has no room beside many layers, they stand below the title, in every row.
    const font = `700 ${(look.projector ? WALL : DESK).title}px ${palette.fonts.word}`;
    const titles = words.tgtOut.map(({ text }, row) => widthOf(say('heads.explain.title', { reads: words.tgtIn[row].text, writes: text }), font));
    set(this.name, { 'data-crowded': Math.max(...titles) + GAP + this.controls.offsetWidth > this.name.clientWidth ? 'true' : null });
  }

  /**
   * Words under each other, methods beside each other; each column on a scale of its own, signed where it has signs.
   * @param {StepScene} scene
   * @param {Found} found
   */
  drawGrid({ say, words, look }, found) {
    const { methods } = found.header;
    const columns = methods.map((name) => columnOf(name, found));
    const { least, most, above } = look.projector ? WALL : DESK;
    const below = this.name.dataset.crowded ? this.controls.offsetHeight + GAP : 0;
    set(this.grid, { style: `--row:${clamp(Math.floor((look.height - above - below) / words.src.length), least, most)}px` });
    join(
      this.headings,
      [null, ...columns],
      () => el('th', { scope: 'col' }, el('span'), el('small')),
      (node, column) => {
        write(node.children[0], column ? say(`heads.method.${column.name}.${look.width < ROOMY ? 'short' : 'name'}`) : say('heads.explain.words'));
        write(node.children[1], column ? unitOf(column, say) : '');
        set(node, { title: column ? say(`heads.method.${column.name}.about`) : null });
      },
    );
    join(
      this.body,
      words.src,
      () => el('tr'),
      (tr, word, j) =>
        join(
          tr,
          [null, ...columns],
          (_, i) => (i ? el('td', {}, el('span', { class: 'signed' }, el('i')), el('span', { class: 'num' })) : el('th', { scope: 'row', class: 'word' })),
          (cell, column) => {
            if (!column) return write(cell, word.text);
            const { most } = column;
            const value = column.values[j];
            const both = BOTH_SIGNS.includes(column.name);
            const wide = (both ? 50 : 100) * clamp(Math.abs(value) / most, 0, 1);
            const from = both ? (value < 0 ? 50 - wide : 50) : 0;
            set(cell.children[0], { class: both ? 'signed' : 'signed one' });
            set(cell.children[0].children[0], { class: value < 0 ? 'minus' : 'plus', style: `left:${from.toFixed(1)}%;width:${wide.toFixed(1)}%` });
            write(cell.children[1], printed(column, value));
            set(cell, { 'data-top': Math.abs(value) === most ? 'true' : null });
          },
        ),
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Found} found
   */
  drawAgreement({ say, palette }, { header: { methods, agreement } }) {
    const fill = signedScale(palette, palette.scores, palette.negative, 1);
    write(this.agreeTitle, say('heads.explain.agreement'));
    write(this.agreeAbout, say('heads.explain.agreement_long'));
    join(this.agreeHead, ['', ...methods.slice(0, -1)], () => el('th', { scope: 'col' }), (node, name) => {
      write(node, name ? say(`heads.method.${name}.short`) : '');
      set(node, { title: name ? say(`heads.method.${name}.name`) : null });
    });
    join(
      this.agreeBody,
      methods.slice(1),
      () => el('tr'),
      (tr, name, i) =>
        join(
          tr,
          [null, ...methods.slice(0, -1)],
          (_, at) => (at ? el('td', { class: 'num' }) : el('th', { scope: 'row' })),
          (cell, other, at) => {
            if (other === null) return write(cell, say(`heads.method.${name}.short`));
            const value = at - 1 <= i ? agreement[i + 1][at - 1] : undefined;
            const colour = typeof value === 'number' ? fill(value) : null;
            write(cell, value === undefined ? '' : value === null ? '–' : hundredths(value));
            set(cell, { style: colour ? `background:${colour};color:${inkOn(colour)}` : null });
          },
        ),
    );
  }

  /**
   * The word on which most weight lies, and the word without which most is lost. The projector says it above the answers.
   * @param {StepScene} scene
   * @param {Found} found
   */
  drawFinding({ say, sayWith, words, look }, found) {
    const top = (/** @type {string} */ name) => {
      const values = found.tensors.get(name)?.values;
      return values ? values.reduce((best, value, j) => (value > values[best] ? j : best), 0) : null;
    };
    const [looked, lost] = [top('weights'), top('left_out')];
    const word = (/** @type {number | null} */ j) => el('span', { class: 'word' }, j === null ? '' : words.src[j].text);
    const without = words.src.length > 1 ? 'dear' : 'alone'; // why no word was left out
    const key = lost === null ? without : looked === lost ? 'same' : 'other';
    const finding = () => sayWith(`heads.explain.${key}`, { looked: word(looked), lost: word(lost) });
    put(this.finding, finding());
    if (look.projector) put(this.about, finding());
    else write(this.about, say('heads.explain.about'));
    write(this.honest, say('heads.explain.honest', { target: Math.round(100 * found.header.from_target) }));
  }

  /** @param {StepScene} scene */
  table(scene) {
    const { say, words } = scene;
    const found = this.ask(scene);
    const methods = found ? found.header.methods : [];
    const columns = found ? methods.map((name) => columnOf(name, found)) : [];
    const rows = words.src.map(({ full }, j) => ({ name: full, cells: columns.map((column) => printed(column, column.values[j] ?? 0)) }));
    return { caption: this.title.textContent ?? '', columns: columns.map((column) => `${say(`heads.method.${column.name}.name`)} (${unitOf(column, say)})`), rows: found ? rows : [] };
  }
}

/**
 * @param {string} name
 * @param {Found} found
 * @returns {Column}
 */
function columnOf(name, found) {
  const values = found.tensors.get(name)?.values ?? new Float32Array();
  const most = values.reduce((high, value) => Math.max(high, Math.abs(value)), 0) || 1;
  const exponent = most < SMALL ? Math.floor(Math.log10(most)) : 0;
  return { name, values, most, exponent, decimals: exponent || most >= 10 ? 2 : 3 };
}

/**
 * What the numbers of a column are: `share of the row`, `10⁻⁴ nats`.
 * @param {Column} column
 * @param {import('../strings.js').Say} say
 */
function unitOf({ name, exponent }, say) {
  const unit = say(`heads.method.${name}.unit`);
  return exponent ? `${positive(10 ** exponent, 0).replace(/^.*×/u, '')} ${unit}` : unit;
}

/**
 * All numbers of a column have the same decimals.
 * @param {Column} column
 * @param {number} value
 */
function printed({ exponent, decimals }, value) {
  const size = Math.abs(value / 10 ** exponent).toFixed(decimals);
  return (value < 0 && Number(size) ? '−' : '') + size;
}

/** @param {number} value */
function hundredths(value) {
  return (value < 0 ? '−' : '') + Math.abs(value).toFixed(2);
}
