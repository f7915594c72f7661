/** Shifted right: what each row of the decoder reads, which words it may look at, and the word that it must write. */

import { el, join, set, svg, write } from '../dom.js';
import { percent } from '../format.js';
import { fit, literal } from '../tokens.js';
import { followed, Pager, stepRow, windowOf } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */

const LONGEST = 1000; // characters that the address keeps

export class ShiftedView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.seen = { top: 0, high: 1, first: 0, last: 0 };
    this.asked = '';
    this.label = el('span');
    this.input = el('input', { type: 'text', maxlength: LONGEST, 'data-choice': 'said', spellcheck: 'false', autocomplete: 'off' });
    this.read = el('button', { type: 'submit' });
    this.reset = el('button', { type: 'button', onclick: () => this.say('') });
    this.form = el('form', { class: 'said-form', onsubmit: (/** @type {Event} */ event) => this.submit(event) }, el('label', {}, this.label, this.input), this.read, this.reset);
    this.pager = new Pager('rows', (row) => this.pick(row));
    this.about = el('p', { class: 'about' });
    this.hatch = svg('pattern', { id: 'shifted-hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, svg('rect', { width: 6, height: 6, class: 'ground' }), svg('path', { d: 'M0,0V6', class: 'stroke' }));
    this.closed = svg('path', { class: 'closed' });
    this.open = svg('path', { class: 'open' });
    this.here = svg('rect', { class: 'row-edge' });
    this.glow = svg('rect', { class: 'row-glow' });
    this.cols = svg('g');
    this.rows = svg('g');
    this.heads = svg('g', { class: 'axis' });
    this.svg = svg('svg', { class: 'shifted', role: 'img' }, svg('defs', {}, this.hatch), this.closed, this.open, this.glow, this.here, this.cols, this.rows, this.heads);
    this.svg.addEventListener('click', (event) => {
      const box = this.svg.getBoundingClientRect();
      const { top, high, first, last } = this.seen;
      const row = Math.floor((event.clientY - box.top - top) / high) + first;
      if (row >= first && row < last) this.pick(row);
    });
    this.told = el('p', { class: 'told' });
    this.node = el('div', { class: 'layers layers-shifted', 'data-view': 'shifted' }, el('div', { class: 'line' }, this.form, this.pager.node), this.about, this.svg, this.told);
  }

  keys() {
    return [stepRow(this.desk, 'tgt')];
  }

  /** @param {number} row */
  pick(row) {
    this.desk.change((view) => ({ ...view, row: { ...view.row, tgt: row } }));
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    this.say(this.input.value.trim());
  }

  /** @param {string} text */
  say(text) {
    if (text === this.desk.option('t', '')) return;
    this.desk.set('t', text);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { say, sentence, words, look } = scene;
    write(this.label, say('decoder.shifted.input'));
    write(this.read, say('decoder.shifted.read'));
    write(this.reset, say('decoder.shifted.own'));
    const said = this.desk.option('t', '');
    if (this.asked !== said || !this.form.matches(':focus-within')) this.input.value = said;
    this.asked = said;
    set(this.input, { placeholder: sentence.output });
    this.reset.disabled = !said;
    write(this.about, say(sentence.forced ? 'decoder.shifted.about_forced' : 'decoder.shifted.about'));
    const n = words.tgtIn.length;
    const row = followed(scene, 'tgt', n);
    const rowHeight = look.projector ? 34 : 27;
    const room = look.height - (look.projector ? 160 : 136);
    const rows = windowOf(n, (room - (look.projector ? 116 : 92)) / rowHeight, row);
    this.pager.draw(scene, rows, 'step.rows');
    this.drawField(scene, rows, row, { width: look.width, height: room, rowHeight });
    this.tell(scene, row);
  }

  /**
   * @param {Scene} scene
   * @param {{first: number, last: number, all: number}} rows
   * @param {number} here
   * @param {{width: number, height: number, rowHeight: number}} size
   */
  drawField(scene, rows, here, { width, height, rowHeight }) {
    const { palette, look, pass, words, sentence, say } = scene;
    const n = words.tgtIn.length;
    const note = look.projector ? 20 : 13;
    const word = look.projector ? 22 : 16;
    const left = look.projector ? 210 : 150;
    const right = look.projector ? 470 : 400;
    const cols = windowOf(n, (width - left - right) / (look.projector ? 26 : 16), here);
    const w = Math.min(look.projector ? 44 : 34, Math.floor((width - left - right) / (cols.last - cols.first)));
    const top = look.projector ? 116 : 92;
    const h = rowHeight;
    this.seen = { top, high: h, first: rows.first, last: rows.last };
    const [open, closed] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    const shownRows = Array.from({ length: rows.last - rows.first }, (_, i) => rows.first + i);
    const shownCols = Array.from({ length: cols.last - cols.first }, (_, j) => cols.first + j);
    shownRows.forEach((i, y) =>
      shownCols.forEach((j, x) => (pass.at('tgt_mask', i, j) > 0 ? open : closed).push(`M${left + x * w},${top + y * h}h${w - 1}v${h - 1}h${1 - w}Z`)),
    );
    const end = left + shownCols.length * w;
    const drawn = Math.min(height, top + shownRows.length * h + 12);
    set(this.svg, { width, height: drawn, viewBox: `0 0 ${width} ${drawn}`, 'aria-label': say('decoder.shifted.label') });
    set(this.open, { d: open.join('') });
    set(this.closed, { d: closed.join('') });
    const mark = { x: 2, y: top + (here - rows.first) * h - 1.5, width: end + right - 20, height: h + 1 };
    for (const node of [this.glow, this.here]) set(node, mark);
    join(
      this.cols,
      shownCols,
      () => svg('text'),
      (node, j, x) => {
        const shown = fit(words.tgtIn[j].text, (top - 30) / 0.75, { size: word, smallest: note, family: palette.fonts.word, weight: 400 });
        write(node, shown.text);
        set(node, { transform: `translate(${left + (x + 0.5) * w + 4},${top - 7}) rotate(-48)`, 'font-size': shown.size, 'font-family': palette.fonts.word, class: j === here ? 'strong' : null });
      },
    );
    join(
      this.rows,
      shownRows,
      () => svg('g', {}, svg('text', { class: 'num' }), svg('text', { 'text-anchor': 'end' }), svg('text'), svg('text', { class: 'num', 'text-anchor': 'end' }), svg('rect', { class: 'p-track' }), svg('rect', { class: 'p-bar' }), svg('text')),
      (node, i, y) => {
        const [count, reads, writes, p, track, bar, best] = node.children;
        const base = top + (y + 0.5) * h + word * 0.34;
        /** @param {Element} text @param {string} shown @param {number} x @param {string} family @param {number} size */
        const put = (text, shown, x, family, size) => {
          write(text, shown);
          set(text, { x, y: base, 'font-family': family, 'font-size': size });
        };
        put(count, String(i), 8, palette.fonts.num, note);
        put(reads, fit(words.tgtIn[i].text, left - 44, { size: word, smallest: note, family: palette.fonts.word, weight: 400 }).text, left - 10, palette.fonts.word, word);
        put(writes, `→ ${fit(words.tgtOut[i].text, look.projector ? 150 : 120, { size: word, smallest: note, family: palette.fonts.word, weight: 700 }).text}`, end + 12, palette.fonts.word, word);
        set(writes, { class: 'strong' });
        const at = end + (look.projector ? 290 : 232);
        put(p, percent(sentence.p[i]), at, palette.fonts.num, note);
        const bars = { x: at + 8, y: base - note * 0.75, height: note * 0.7 };
        set(track, { ...bars, width: 60 });
        set(bar, { ...bars, width: 60 * sentence.p[i] });
        const first = sentence.top[i][0][0];
        const other = first !== sentence.tgt_out[i];
        put(best, other ? fit(say('decoder.shifted.rather', { word: literal(first) }), right - (at - end) - 90, { size: note, smallest: note, family: palette.fonts.ui, weight: 400 }).text : '', at + 76, palette.fonts.ui, note);
      },
    );
    const heads = [
      { text: `${say('decoder.shifted.may')} →`, x: left - 10, y: top - 12 - note * 1.3, anchor: 'end' },
      { text: `${say('decoder.shifted.reads')} ↓`, x: left - 10, y: top - 8, anchor: 'end' },
      { text: `${say('decoder.shifted.writes')} ↓`, x: end + 20, y: top - 8, anchor: 'start' },
      { text: 'p ↓', x: end + (look.projector ? 290 : 232), y: top - 8, anchor: 'end' },
    ];
    join(
      this.heads,
      heads,
      () => svg('text'),
      (node, { text, x, y, anchor }) => {
        write(node, text);
        set(node, { x, y, 'text-anchor': anchor, 'font-size': note, 'font-weight': 700 });
      },
    );
  }

  /**
   * The followed row in a sentence.
   * @param {Scene} scene
   * @param {number} row
   */
  tell({ sayWith, words, model }, row) {
    /** @param {string} text */
    const word = (text) => el('span', { class: 'word' }, text);
    const last = seenBy(model, words.tgtIn.length, row);
    const reads = words.tgtIn.slice(Math.max(0, last - 12), last).map((label) => label.text).join('  ');
    this.told.replaceChildren(...sayWith('decoder.shifted.told', { row, reads: word((last > 12 ? '…  ' : '') + reads), writes: word(words.tgtOut[row].text), n: last }));
  }

  /** @param {Scene} scene */
  table(scene) {
    const { say, words, sentence, model } = scene;
    const rows = words.tgtIn.map((reads, i) => ({
      name: String(i),
      cells: [reads.full, words.tgtIn.slice(0, seenBy(model, words.tgtIn.length, i)).map((label) => label.full).join(' '), words.tgtOut[i].full, percent(sentence.p[i]), literal(sentence.top[i][0][0])],
    }));
    const columns = ['reads', 'may', 'writes', 'p', 'first'].map((key) => say('decoder.shifted.' + key));
    return { caption: say('decoder.shifted.label'), columns, rows };
  }
}

/**
 * How many words a row may look at: those up to its own, or all where no mask hides the later ones.
 * @param {{causal?: boolean}} model
 * @param {number} n
 * @param {number} row
 */
function seenBy({ causal }, n, row) {
  return causal === false ? n : row + 1;
}
