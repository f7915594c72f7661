/** The classic mistakes with masks, each made on this sentence: what the map shows, what becomes of the words, how to notice it. */

import { el, join, listen, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { nameTokens } from '../tokens.js';
import { placeName } from '../step/passbar.js';
import { axesOf, bare, Choice, crossOut, measured, namesWidth, OutputStrip, outputTwin, saidOf, standThere, told } from './masksparts.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('./masksparts.js').Told} Told */
/** @typedef {{name: string, nan: number, flipped: number, moved: number, caught: string[]}} Line */
/** @typedef {{road: string, weight: Told, sum: Told, word: string, p: Told, nan: number}} Road */
/**
 * @typedef {object} Found
 * @property {string} name
 * @property {string} fill
 * @property {string} block
 * @property {number} n_padding
 * @property {{wrong: string, right: string}} code
 * @property {string[]} src
 * @property {{block: string, change: Told, head: number, row: number, col: number}[]} changes
 * @property {boolean} hides
 * @property {{name: string, right: Told, wrong: Told, caught: boolean}[]} checks
 * @property {import('./masksparts.js').RowSaid[]} rows
 * @property {number} nan
 * @property {number} flipped
 * @property {import('./masksparts.js').Written[]} written
 * @property {{block: string, row: number, roads: Road[], fused: Told, half: {largest: Told, becomes: Told, refused: boolean}} | null} hidden
 */
/** @typedef {{header: Found, tensors: Map<string, import('../step/parcel.js').Tensor>}} Mistake */

const [GAP, TAIL, PANEL, SLIM, NARROW] = [8, 34, 410, 330, 1000]; // pixels
const TRIANGLES = ['no_causal', 'turned'];
const NAMES = ['rows', 'no_padding', 'no_causal', 'turned', 'swapped', 'after_softmax', 'big_negative'];

/** A matrix in which some cells are no numbers. */
class CrossedHeat extends Heat {
  /** @param {{point?: (cell: Cell | null) => void}} on */
  constructor(on) {
    super(on);
    /** @type {(row: number, col: number) => boolean} */
    this.lost = () => false;
  }

  /**
   * @param {StepScene} scene
   * @param {import('../step/heat.js').HeatData} data
   * @param {import('../step/heat.js').HeatSize} size
   * @param {Cell | null} cursor
   */
  draw(scene, data, size, cursor) {
    super.draw(scene, data, size, cursor);
    crossOut(this, scene, this.lost);
  }
}

export class MistakesView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.list = el('div', { class: 'masks-gallery', role: 'group', 'data-part': 'mistakes' });
    this.about = el('p', { class: 'masks-about', 'data-part': 'about' });
    this.blocks = new Choice('blocks', (name) => desk.set('block', name), 'masks-chips');
    this.heads = new Choice('head', (name) => desk.change((view) => ({ ...view, head: Number(name), options: { ...view.options, head: name } })));
    this.fill = new Choice('fill', (name) => desk.set('fill', name));
    this.heats = [new CrossedHeat({ point: (cell) => this.point(cell) }), new CrossedHeat({ point: (cell) => this.point(cell) })];
    this.titles = this.heats.map(() => el('h3'));
    const figures = this.heats.map((heat, i) => el('div', { class: 'masks-figure', 'data-heat': i }, this.titles[i], heat.node));
    this.cell = el('p', { class: 'masks-cell num' });
    this.checks = el('tbody');
    this.checksHead = el('tr');
    this.verdict = el('p', { class: 'masks-verdict', 'data-part': 'verdict' });
    this.code = el('div', { class: 'masks-code', 'data-part': 'code' });
    const table = el('table', { 'data-part': 'checks' }, el('thead', {}, this.checksHead), this.checks);
    const panel = el('div', { class: 'masks-panel' }, table, this.verdict, this.cell);
    const bar = el('div', { class: 'masks-bar' }, this.blocks.node, this.heads.node, this.fill.node);
    this.output = new OutputStrip();
    const foot = el('div', { class: 'masks-foot' }, this.output.node, this.code);
    this.node = el('div', { class: 'masks masks-mistakes' }, this.list, this.about, bar, el('div', { class: 'masks-columns' }, el('div', { class: 'masks-three' }, ...figures), panel), foot);
    listen(this.list, 'click', '[data-mistake]', (part) => this.pick(part.dataset.mistake ?? NAMES[0]));
    /** @type {Mistake | null} */
    this.last = null;
    /** @type {StepScene | null} */
    this.scene = null;
  }

  get name() {
    const asked = this.desk.option('mistake', NAMES[0]);
    return NAMES.includes(asked) ? asked : NAMES[0];
  }

  /** Another mistake is looked at where it is seen best. @param {string} name */
  pick(name) {
    this.desk.change((view) => ({ ...view, options: { ...view.options, mistake: name, block: '', head: '', fill: 'inf' } }));
  }

  /** The head as it is, without the mistake. @param {StepScene} scene */
  spot({ view }) {
    return this.last && this.last.header.block === view.at ? { block: view.at, head: this.headOf(this.last.header) } : null;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    this.drawList(scene);
    const found = this.ask(scene);
    if (!found) return;
    const { say, model } = scene;
    const { header } = found;
    const nothing = model.causal === false && TRIANGLES.includes(header.name); // a mask that the model lacks cannot be wrong
    write(this.about, say(nothing ? 'bugs.masks.no_triangle' : `masks.mistake.${header.name}.about`));
    this.drawBar(scene, header);
    this.drawHeats(scene, found);
    this.drawChecks(scene, header);
    this.output.draw(scene, header, [say('masks.output.right'), say('masks.output.wrong')]);
    join(
      this.code,
      /** @type {const} */ (['wrong', 'right']),
      () => el('p', {}, el('b'), el('code', { class: 'num' })),
      (node, side) => {
        write(node.children[0], say(`masks.code.${side}`));
        write(node.children[1], header.code[side]);
        set(node, { 'data-side': side });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @returns {Mistake | null}
   */
  ask(scene) {
    const block = this.desk.option('block', '');
    const fill = this.desk.option('fill', 'inf');
    const answer = scene.ask({ ask: 'mistake', name: this.name, fill, ...(block ? { block } : {}), ...saidOf(scene) });
    if (answer?.trouble) write(this.about, scene.say(answer.trouble.key, answer.trouble.values));
    if (!answer || answer.trouble) return null;
    this.scene = scene;
    this.last = /** @type {Mistake} */ (answer);
    const at = this.last.header.block;
    standThere(this.desk, scene, at);
    return this.last;
  }

  /** The gallery: each mistake with what it does to this sentence. @param {StepScene} scene */
  drawList(scene) {
    const { say } = scene;
    const answer = scene.ask({ ask: 'gallery', ...saidOf(scene) });
    /** @type {Line[]} */
    const lines = answer && !answer.trouble ? answer.header.mistakes : [];
    set(this.list, { 'aria-label': say('masks.mistake.list') });
    join(
      this.list,
      NAMES,
      () => el('button', { type: 'button' }, el('b'), el('span')),
      (node, name) => {
        const line = lines.find((one) => one.name === name);
        write(node.children[0], say(`masks.mistake.${name}.name`));
        write(node.children[1], line ? effect(scene, line) : '…');
        set(node, { 'data-mistake': name, 'aria-pressed': String(name === this.name) });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Found} header
   */
  drawBar(scene, header) {
    const { say, places, model } = scene;
    const items = header.changes.map(({ block, change }) => {
      const place = /** @type {import('../step/itinerary.js').Place} */ (places.find((one) => one.name === block));
      const [stack, layer, part] = block.split('.');
      const text = `${say(`step.layer.${stack}`, { layer: Number(layer) + 1 })} ${say(`step.part.${part}`)} ${weight(change)}`;
      return { name: block, text, title: say('masks.mistake.change', { block: placeName(place, say), change: weight(change) }) };
    });
    this.blocks.draw(say('masks.mistake.blocks'), items, header.block);
    const heads = Array.from({ length: model.n_heads }, (_, i) => ({ name: String(i), text: String(i + 1) }));
    this.heads.draw(say('masks.paint.heads'), heads, String(this.headOf(header)));
    this.fill.node.hidden = !header.hides || header.hidden !== null;
    const fills = ['inf', 'big'].map((name) => ({ name, text: name === 'inf' ? '−∞' : '−1e9' }));
    this.fill.draw(say('masks.mistake.fill'), fills, header.fill);
  }

  /** The head that was asked for, else the one that changes most. @param {Found} header */
  headOf(header) {
    const asked = this.desk.option('head', '');
    const most = header.changes.find(({ block }) => block === header.block)?.head ?? 0;
    const head = asked === '' ? most : Number(asked);
    return Number.isInteger(head) && head >= 0 && head < (this.scene?.model.n_heads ?? 1) ? head : most;
  }

  /**
   * @param {StepScene} scene
   * @param {Mistake} found
   */
  drawHeats(scene, { header, tensors }) {
    const { say, look, words, sentence } = scene;
    const head = this.headOf(header);
    const src = nameTokens(header.src, sentence.unknown);
    const encoder = header.block.startsWith('encoder.');
    const cross = header.block.endsWith('.cross_attn');
    const [rows, cols] = [encoder ? src : words.tgtIn, encoder || cross ? src : words.tgtIn];
    const most = look.projector ? { rows: 10, cols: 18 } : { rows: 32, cols: 32 };
    const left = namesWidth(scene, rows);
    const room = (look.width - (look.projector ? 0 : look.width < NARROW ? SLIM : PANEL) - left - GAP) / 2 - TAIL;
    const width = left + Math.floor(room) + TAIL;
    /** @type {('right' | 'wrong')[]} */ (['right', 'wrong']).forEach((side, n) => {
      const weights = /** @type {import('../step/parcel.js').Tensor} */ (tensors.get(side)).values;
      const mask = /** @type {import('../step/parcel.js').Tensor} */ (tensors.get(`${side}_mask`)).values;
      const flat = (/** @type {number} */ i, /** @type {number} */ j) => i * cols.length + j;
      const at = (/** @type {number} */ i, /** @type {number} */ j) => weights[head * rows.length * cols.length + flat(i, j)];
      this.heats[n].lost = (i, j) => Number.isNaN(at(i, j));
      write(this.titles[n], say(`masks.mistake.title.${side}`, { head: head + 1 }));
      const data = {
        rows,
        cols,
        hue: /** @type {const} */ ('weights'),
        at: (/** @type {number} */ i, /** @type {number} */ j) => at(i, j) || 0, // NaN has no colour: it is crossed out
        // A row that is hidden whole still gets weights, or no numbers: what has a weight is not hatched.
        masked: (/** @type {number} */ i, /** @type {number} */ j) => mask[flat(i, j)] === 0 && at(i, j) === 0,
        axes: axesOf(scene),
        rowMark: /** @type {const} */ ('solid'),
        label: this.titles[n].textContent ?? '',
      };
      this.heats[n].draw(scene, data, { width, height: look.height - (look.projector ? 232 : look.width < NARROW ? 338 : 318), most }, null);
      bare(this.heats[n], n > 0, GAP);
    });
  }

  /** @param {Cell | null} cell */
  point(cell) {
    for (const heat of this.heats) heat.point(cell);
    const { scene } = this;
    const data = this.heats.map((heat) => heat.now?.data);
    if (!cell || !scene || !data[0] || !data[1]) return write(this.cell, '');
    const values = this.heats.map((heat, n) => {
      if (heat.lost(cell.row, cell.col)) return 'NaN';
      return data[n]?.masked?.(cell.row, cell.col) ? scene.say('masks.cell.closed') : three(data[n]?.at(cell.row, cell.col) ?? 0);
    });
    write(this.cell, `${data[0].rows[cell.row].full} × ${data[0].cols[cell.col].full}: ${values[0]} → ${values[1]}`);
  }

  /**
   * @param {StepScene} scene
   * @param {Found} header
   */
  drawChecks({ say }, header) {
    join(this.checksHead, [say('masks.check.title'), say('masks.output.right'), say('masks.output.wrong')], () => el('th', { scope: 'col' }), write);
    const rows = header.hidden ? hiddenRows(say, header.hidden) : header.checks.map((check) => [say(`masks.check.${check.name}`), measured(check.right), `${measured(check.wrong)}${check.caught ? ' ✗' : ''}`]);
    if (header.hidden) join(this.checksHead, [say('masks.hidden.title'), say('masks.hidden.weight'), say('masks.hidden.word')], () => el('th', { scope: 'col' }), write);
    join(
      this.checks,
      rows,
      () => el('tr', {}, el('th', { scope: 'row' }), el('td', { class: 'num' }), el('td', { class: 'num' })),
      (tr, cells, n) => {
        cells.forEach((text, i) => write(tr.children[i], text));
        set(tr, { 'data-caught': (!header.hidden && header.checks[n].caught) || null });
      },
    );
    write(this.verdict, this.judge(say, header));
  }

  /**
   * How to notice it, with what was measured.
   * @param {import('../strings.js').Say} say
   * @param {Found} header
   */
  judge(say, header) {
    const caught = header.checks.filter((check) => check.caught).length;
    const sentences = [say(`masks.mistake.${header.name}.notice`), header.hidden ? '' : say('masks.check.caught', { n: caught, all: header.checks.length })];
    if (header.hidden) sentences.push(say('masks.hidden.half', { largest: String(header.hidden.half.largest), becomes: String(header.hidden.half.becomes) }));
    if (!header.n_padding) sentences.push(say('masks.mistake.full'));
    return sentences.filter(Boolean).join(' ');
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const step = (/** @type {number} */ by) => () => this.pick(NAMES[(NAMES.indexOf(this.name) + by + NAMES.length) % NAMES.length]);
    return [
      { keys: ['ArrowLeft'], shown: '← →', help: 'masks.keys.mistake', run: step(-1) },
      { keys: ['ArrowRight'], shown: '→', help: 'masks.keys.mistake', run: step(1) },
    ];
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const found = this.ask(scene);
    const caption = scene.say(`masks.mistake.${this.name}.name`);
    return { caption, ...(found ? outputTwin(scene, found.header.rows) : { columns: [], rows: [] }) };
  }
}

/**
 * A row that may look at nothing, by three roads.
 * @param {import('../strings.js').Say} say
 * @param {NonNullable<Found['hidden']>} hidden
 */
function hiddenRows(say, { roads }) {
  return roads.map(({ road, weight: each, word, p }) => [say(`masks.hidden.${road}`), weight(each), word === 'NaN' ? '–' : `${word} ${told(p)}`]);
}

/**
 * @param {StepScene} scene
 * @param {Line} line
 */
function effect({ say, words }, { nan, flipped, moved }) {
  if (nan) return say('masks.effect.nan');
  if (flipped) return say('masks.effect.flipped', { n: flipped, all: words.tgtIn.length });
  return moved > 0 ? say('masks.effect.moved', { moved: measured(moved) }) : say('masks.effect.none');
}

/** @param {number} value */
function three(value) {
  return value.toFixed(3);
}

/** @param {Told} value */
function weight(value) {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return value === 0 ? '0' : (value < 0 ? '−' : '') + Math.abs(value).toFixed(3);
}
