/** One head of A, one head of B, and between them the difference of their weights, cell by cell. */

import { blockOf } from '../blocks.js';
import { el, join, listen, put, set, write } from '../dom.js';
import { Doors, doorsOf } from '../doors.js';
import { Heat } from '../step/heat.js';
import { literal, nameTokens } from '../tokens.js';
import { changeOf, differenceOf, mapOf, masks } from './couple.js';
import { count, shortBlock } from './naming.js';
import { differencePalette } from './paint.js';

/** @typedef {import('./compare.js').Compare} Compare */
/** @typedef {import('./compare.js').CompareScene} CompareScene */
/** @typedef {import('./compare.js').Told} Told */
/** @typedef {import('../step/heat.js').Cell} Cell */

const GAP = 24;
const HEIGHT = 306;
const ROOM = 330; // pixels: beside the scale of a narrower matrix the ways on have none
const TWO_DECIMALS_FROM = 36; // pixels of a cell

export class PairView {
  /** @param {Compare} compare */
  constructor(compare) {
    this.compare = compare;
    const point = (/** @type {Cell | null} */ cell) => cell && this.point(cell);
    this.heats = { a: new Heat({ point }), b: new Heat({ point }), d: new Heat({ point }) };
    this.frames = { a: frame('a', this.heats.a.node), b: frame('b', this.heats.b.node), d: frame('d', this.heats.d.node) };
    this.doors = { a: new Doors((page, view) => compare.board.leave(page, view)), b: new Doors((page, view) => compare.board.leave(page, view)) };
    this.frames.a.node.append(this.doors.a.node);
    this.frames.b.node.append(this.doors.b.node);
    this.cannot = el('div', { class: 'cannot-box' }, el('b'), el('p'), el('p', { class: 'word' }), el('p', { class: 'word' }));
    this.frames.d.node.append(this.cannot);
    this.probes = el('div', { class: 'switch probes', role: 'group' });
    this.nearest = el('button', { type: 'button', onclick: () => compare.nearest() });
    this.sentence = el('span', { class: 'word sentence' });
    this.said = el('p', { class: 'said', role: 'status', 'data-part': 'said' });
    const bar = el('div', { class: 'pair-bar' }, this.probes, this.sentence, this.nearest);
    this.node = el('div', { class: 'pair-view', 'data-part': 'pair' }, bar, el('div', { class: 'pair-frames' }, this.frames.a.node, this.frames.b.node, this.frames.d.node), this.said);
    listen(this.probes, 'click', '[data-probe]', (part) => compare.board.change((view) => ({ ...view, probe: Number(part.dataset.probe) })));
    /** @type {Cell} */
    this.cell = { row: 0, col: 0 };
    this.about = '';
  }

  /** @param {CompareScene} scene */
  draw(scene) {
    const { say, look, a, b, pair } = scene;
    this.scene = scene;
    this.drawBar(scene);
    const width = Math.floor((look.width - 2 * GAP) / 3);
    const size = { width, height: look.projector ? look.height - 150 : HEIGHT };
    this.difference = differenceOf(a, b, pair);
    this.settle();
    this.drawSide(scene, a, size);
    this.drawSide(scene, b, size);
    write(this.frames.d.letter, 'B\u2212A');
    const change = changeOf(a, b, pair);
    write(this.frames.d.title, change === null ? '' : say('runs.pair.change', { mean: change.toFixed(3) }));
    this.heats.d.node.hidden = !this.difference;
    this.cannot.hidden = this.difference !== null;
    set(this.cannot, { style: `width:${width}px;height:${size.height}px` });
    if (this.difference) this.drawDifference(scene, size);
    else this.drawRefusal(scene);
    this.point(this.cell);
  }

  /** The cursor begins where the two heads differ most, and stays within what there is. */
  settle() {
    if (!this.scene) return;
    const { a, b, pair } = this.scene;
    const about = [a.block, a.head, b.block, b.head, pair.one.src.join(' '), a.story.run, b.story.run].join();
    const [, rows = 1, cols = 1] = mapOf(a, pair.a)?.shape ?? [];
    this.cell = { row: Math.min(this.cell.row, rows - 1), col: Math.min(this.cell.col, cols - 1) };
    if (about === this.about || !this.difference) return;
    this.about = about;
    let most = -1;
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const size = Math.abs(this.difference.at(row, col));
        if (size > most) [most, this.cell] = [size, { row, col }];
      }
    }
  }

  /** @param {CompareScene} scene */
  drawBar({ say, a, b, pair }) {
    const probes = a.story.frames[a.frame].probes;
    this.probes.hidden = probes.length < 2;
    join(this.probes, probes, () => el('button', { type: 'button' }), (node, _, i) => {
      write(node, say('runs.probe', { n: i + 1 }));
      set(node, { 'data-probe': i, 'aria-pressed': String(i === pair.a) });
    });
    write(this.sentence, nameTokens(pair.one.src).map(({ text }) => text).join(' '));
    this.sentence.title = this.sentence.textContent ?? '';
    write(this.nearest, say('runs.nearest.button', { head: a.head + 1 }));
    set(this.nearest, { title: say('runs.nearest.hint'), hidden: a.story === b.story || !pair.shared ? '' : null });
  }

  /**
   * @param {CompareScene} scene
   * @param {Told} told
   * @param {{width: number, height: number}} size
   */
  drawSide(scene, told, size) {
    const { say, pair } = scene;
    const { letter, title, speech } = this.frames[told.which];
    const map = mapOf(told, pair[told.which]);
    letter.style.color = told.colour;
    write(letter, told.which.toUpperCase());
    const step = count(told.story.frames[told.frame].step);
    write(title, say('runs.pair.title', { block: shortBlock(told.block, say), head: told.head + 1, step }));
    title.title = told.title;
    speak(scene, told, speech);
    this.doors[told.which].draw(say, size.width < ROOM ? [] : doorsOfSide(told));
    if (!map) return;
    const data = { ...axesOf(scene, told.block, told.which === 'a' ? pair.one : pair.other), at: (/** @type {number} */ row, /** @type {number} */ col) => map.at(told.head, row, col), masked: masks(told, told.block), hue: /** @type {const} */ ('weights'), label: `${told.title}, ${title.textContent}` };
    this.heats[told.which].draw(/** @type {any} */ (scene), data, size, this.cell);
  }

  /**
   * @param {CompareScene} scene
   * @param {{width: number, height: number}} size
   */
  drawDifference(scene, size) {
    const { say, a, b, pair, palette } = scene;
    const { difference } = this;
    const { width } = size;
    if (!difference) return;
    const [shutA, shutB] = [masks(a, a.block), masks(b, b.block)];
    const data = {
      ...axesOf(scene, a.block, pair.one),
      at: difference.at,
      masked: (/** @type {number} */ row, /** @type {number} */ col) => shutA(row, col) && shutB(row, col),
      hue: /** @type {const} */ ('scores'),
      max: 1,
      print: (width - 118) / difference.cols >= TWO_DECIMALS_FROM ? signed : brief,
      label: say('runs.pair.difference'),
    };
    this.heats.d.draw(/** @type {any} */ ({ ...scene, palette: differencePalette(palette) }), data, size, this.cell);
    const [low, , high] = this.heats.d.legend.children;
    write(low, say('runs.pair.less'));
    write(high, say('runs.pair.more'));
  }

  /** Why there is nothing to subtract, and what each of the two reads. */
  drawRefusal(scene = this.scene) {
    if (!scene) return;
    const { say, a, b, pair } = scene;
    const [title, text, one, other] = this.cannot.children;
    const kinds = blockOf(a.block).kind !== blockOf(b.block).kind;
    const why = kinds ? 'kinds' : pair.shared ? 'wrote' : 'read';
    write(title, say(`runs.cannot.${why}.title`));
    write(text, say(`runs.cannot.${why}.text`));
    const side = pair.shared && !kinds ? 'tgt_out' : 'src';
    write(one, 'A: ' + nameTokens(pair.one[side]).map((label) => label.text).join(' '));
    write(other, 'B: ' + nameTokens(pair.other[side]).map((label) => label.text).join(' '));
  }

  /**
   * Point at the same cell in all three, and say its numbers.
   * @param {Cell} cell
   */
  point(cell) {
    const { scene } = this;
    if (!scene) return;
    this.cell = cell;
    for (const heat of Object.values(this.heats)) heat.point(cell);
    const { say, a, b, pair } = scene;
    const parts = [a, b].map((told) => {
      const map = mapOf(told, pair[told.which]);
      const [, rows = 0, cols = 0] = map?.shape ?? [];
      if (!map || cell.row >= rows || cell.col >= cols) return '–';
      return masks(told, told.block)(cell.row, cell.col) ? say('explore.masked') : map.at(told.head, cell.row, cell.col).toFixed(2);
    });
    const known = this.difference !== null && this.difference !== undefined && cell.row < this.difference.rows && cell.col < this.difference.cols;
    /** @type {(text: string | undefined) => Node} */
    const word = (text) => el('b', { class: 'word' }, text ?? '–');
    /** @type {(text: string, colour?: string) => Node} */
    const number = (text, colour) => el('b', { class: 'num', style: colour ? `color:${colour}` : null }, text);
    const [one, other] = [axesOf(scene, a.block, pair.one), axesOf(scene, b.block, pair.other)];
    const values = { query: word(one.rows[cell.row]?.full), key: word(one.cols[cell.col]?.full), a: number(parts[0], a.colour), b: number(parts[1], b.colour) };
    if (known && this.difference) put(this.said, scene.sayWith('runs.pair.said', { ...values, d: number(difference(this.difference.at(cell.row, cell.col))) }));
    else put(this.said, scene.sayWith('runs.pair.said_apart', { ...values, query_b: word(other.rows[cell.row]?.full), key_b: word(other.cols[cell.col]?.full) }));
  }
}

/**
 * @param {string} which
 * @param {HTMLElement} heat
 */
function frame(which, heat) {
  const [letter, title, speech] = [el('b', { class: 'letter' }), el('span'), el('p', { class: 'speech' })];
  return { letter, title, speech, node: el('div', { class: `pair-frame of-${which}` }, el('div', { class: 'pair-head' }, letter, title), speech, heat) };
}

/**
 * Where a head of a finished model leads. Before its last step it was not yet what Edit and Heads would show.
 * @param {Told} told
 * @returns {import('../doors.js').Door[]}
 */
function doorsOfSide({ story, frame: at, block, head }) {
  const { run, recipe, results, frames } = story;
  const done = frames[at].step === (results.kept_step ?? frames[frames.length - 1].step);
  return done ? doorsOf({ block, head }, { run, task: recipe.task }) : [];
}

/**
 * What the model itself makes of the first sentence at this step; nothing was kept of the others.
 * @param {CompareScene} scene
 * @param {Told} told
 * @param {Element} node
 */
function speak({ say, sayWith, pair }, told, node) {
  const { step } = told.story.frames[told.frame];
  const line = told.story.lines.find((one) => one.step === step);
  const said = pair[told.which] === 0 && typeof line?.probe === 'string' ? line.probe : null;
  put(node, said === null ? [] : sayWith('runs.pair.says', { text: el('bdi', { class: 'word' }, literal(said)) }));
  set(node, { title: said === null ? null : say('runs.pair.says', { text: said }) });
}

/**
 * Rows are queries, columns are keys. A row of the decoder is named after the word that it writes.
 * @param {CompareScene} scene
 * @param {string} block
 * @param {import('./film.js').Probe} probe
 */
export function axesOf({ say }, block, probe) {
  const { kind } = blockOf(block);
  const rows = nameTokens(kind === 'encoder' ? probe.src : probe.tgt_out);
  const cols = nameTokens(kind === 'decoder' ? probe.tgt_in : probe.src);
  return { rows, cols, axes: { rows: say('runs.axis.queries'), cols: say('runs.axis.keys') } };
}

/**
 * A difference in a cell, with a true minus. What would read as zero is left out.
 * @param {number} value
 */
function signed(value) {
  const size = Math.abs(value);
  if (size < 0.005) return '';
  return (value < 0 ? '\u2212' : '') + (size >= 0.995 ? '1.0' : size.toFixed(2).slice(1));
}

/** @param {number} value */
function brief(value) {
  const size = Math.abs(value);
  if (size < 0.05) return '';
  return (value < 0 ? '\u2212' : '') + (size >= 0.95 ? '1' : size.toFixed(1).slice(1));
}

/**
 * A difference in a sentence or a table: its sign is always written.
 * @param {number} value
 */
export function difference(value) {
  const text = Math.abs(value).toFixed(2);
  return text === '0.00' ? text : (value < 0 ? '\u2212' : '+') + text;
}
