/** What the views of the page Masks share: the block that is looked at, its words, and small pictures of masks. */

import { clamp, el, join, set, write } from '../dom.js';
import { hatch, penOf } from '../draw.js';
import { widthOf } from '../tokens.js';
import { positive } from './outputparts.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('../step/itinerary.js').Place} Place */
/** @typedef {number | 'NaN' | '−∞' | '∞' | null} Told a number as the server tells it */
/** @typedef {{word: string, before: Told, after: Told, first: string, first_p: Told, best: string, best_p: Told, flipped: boolean}} RowSaid */
/** @typedef {{text: string, stop: string, same: boolean}} Written */

/**
 * The attention block that is looked at. The page may be opened at any place of the pass; then it is the first of the decoder.
 * @param {StepScene} scene
 * @returns {Place}
 */
export function blockNow({ place, places }) {
  if (place.kind === 'attention') return place;
  return places.find((one) => one.name === 'decoder.0.self_attn') ?? places.filter((one) => one.kind === 'attention')[0];
}

/**
 * Let the bar of the pass say where we are.
 * @param {Desk} desk
 * @param {StepScene} scene
 * @param {string} [at]
 */
export function standThere(desk, scene, at = blockNow(scene).name) {
  if (scene.view.at !== at) queueMicrotask(() => desk.change((view) => ({ ...view, at, stage: 'weights' })));
}

/**
 * The words of a block's rows and columns. A row of the decoder reads one word and writes the next.
 * @param {StepScene} scene
 * @param {Place} block
 */
export function sidesOf({ words, model }, block) {
  const encoder = block.side === 'src';
  const cross = block.name.endsWith('.cross_attn');
  return {
    rows: encoder ? words.src : words.tgtIn.map((reads, i) => arrow(reads, words.tgtOut[i])),
    cols: encoder || cross ? words.src : words.tgtIn,
    causal: !encoder && !cross && model.causal !== false,
    behind: !encoder && !cross,
  };
}

/**
 * @param {Label} reads
 * @param {Label} writes
 * @returns {Label}
 */
function arrow(reads, writes) {
  return { text: `${reads.text} → ${writes.text}`, full: `${reads.full} → ${writes.full}`, token: reads.token };
}

/**
 * What the decoder is made to read, as part of a question.
 * @param {StepScene} scene
 * @returns {Record<string, string>}
 */
export function saidOf({ view }) {
  return view.options.t ? { t: view.options.t } : {};
}

/**
 * The axis words of a block.
 * @param {StepScene} scene
 */
export function axesOf({ say }) {
  return { rows: say('masks.axis.queries'), cols: say('masks.axis.keys') };
}

/**
 * A probability as it was told: NaN stays NaN, and nothing is rounded up to certainty.
 * @param {Told} p
 */
export function told(p) {
  if (p === null) return '–';
  if (typeof p === 'string') return p;
  if (p > 0.999) return '>\u202f99.9\u202f%';
  if (p > 0 && p < 0.001) return '<\u202f0.1\u202f%';
  return (p * 100).toFixed(1) + '\u202f%';
}

/**
 * A small measured number.
 * @param {Told} value
 */
export function measured(value) {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return value === 0 ? '0' : (value < 0 ? '−' : '') + positive(Math.abs(value), 3);
}

/**
 * Draw a mask very small: open cells light, closed ones hatched.
 * @param {HTMLCanvasElement} canvas
 * @param {StepScene} scene
 * @param {number} size
 * @param {{rows: number, cols: number, open: (row: number, col: number) => boolean}} mask
 */
export function paintMini(canvas, { palette }, size, { rows, cols, open }) {
  const pen = penOf(canvas, size, size);
  hatch(pen, palette, 0, 0, size, size, 4);
  const [w, h] = [size / cols, size / rows];
  pen.fillStyle = palette.paper;
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) if (open(i, j)) pen.fillRect(j * w, i * h, w + 0.5, h + 0.5);
  pen.strokeStyle = palette.ink2;
  pen.strokeRect(0.5, 0.5, size - 1, size - 1);
}

/**
 * How much room the names of the rows take in a matrix; matrices beside each other share the names of the first.
 * @param {StepScene} scene
 * @param {Label[]} rows
 */
export function namesWidth({ palette, look }, rows) {
  const font = `400 ${look.projector ? 21 : 15}px ${palette.fonts.word}`;
  const widest = rows.reduce((most, label) => Math.max(most, widthOf(label.text, font)), 0);
  return clamp(Math.ceil(widest * 1.06) + 14, look.projector ? 90 : 84, look.projector ? 240 : 170);
}

/**
 * Hide the names of the rows, which stand beside the matrix to the left.
 * @param {import('../step/heat.js').Heat} heat
 * @param {boolean} on
 * @param {number} gap
 */
export function bare(heat, on, gap) {
  heat.node.classList.toggle('bare', on);
  heat.node.style.marginLeft = on && heat.now ? `${gap - heat.now.plan.left}px` : '0';
}

/**
 * Cross out what is no number, on a matrix that was just drawn: NaN is neither 0 nor forbidden.
 * @param {import('../step/heat.js').Heat} heat
 * @param {StepScene} scene
 * @param {(row: number, col: number) => boolean} lost
 */
export function crossOut(heat, { palette }, lost) {
  if (!heat.now) return;
  const { rows, cols, w, h } = heat.now.plan;
  const pen = /** @type {CanvasRenderingContext2D} */ (heat.canvas.getContext('2d'));
  pen.strokeStyle = palette.ink2;
  pen.lineWidth = 1.2;
  pen.beginPath();
  rows.forEach((row, i) =>
    cols.forEach((col, j) => {
      if (!lost(row, col)) return;
      const [x, y, pad] = [j * w, i * h, Math.min(w, h) * 0.28];
      pen.moveTo(x + pad, y + pad);
      pen.lineTo(x + w - pad, y + h - pad);
      pen.moveTo(x + w - pad, y + pad);
      pen.lineTo(x + pad, y + h - pad);
    }),
  );
  pen.stroke();
}

/** A group of buttons of which one is chosen. */
export class Choice {
  /**
   * @param {string} part
   * @param {(name: string) => void} pick
   * @param {string} [look]
   */
  constructor(part, pick, look = 'switch') {
    this.node = el('div', { class: look, role: 'group', 'data-part': part });
    this.node.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('[data-name]') : null;
      if (button) pick(button.getAttribute('data-name') ?? '');
    });
  }

  /**
   * @param {string} label
   * @param {{name: string, text: string, title?: string}[]} items
   * @param {string | null} chosen
   */
  draw(label, items, chosen) {
    set(this.node, { 'aria-label': label });
    const chip = this.node.className === 'switch' ? null : 'chip';
    join(
      this.node,
      items,
      () => el('button', { type: 'button', class: chip }),
      (node, { name, text, title }) => {
        write(node, text);
        set(node, { 'data-name': name, title: title ?? null, 'aria-pressed': chosen === null ? null : String(name === chosen) });
      },
    );
  }
}

/** What the decoder's rows write, as it is and changed: one column per row. */
export class OutputStrip {
  constructor() {
    this.head = el('tr');
    this.lines = [el('tr'), el('tr')];
    this.table = el('table', {}, el('thead', {}, this.head), el('tbody', {}, ...this.lines));
    this.free = el('p', { class: 'masks-free', 'data-part': 'free' });
    this.node = el('div', { class: 'masks-output', 'data-part': 'written' }, el('div', { class: 'masks-scroll', tabindex: 0 }, this.table), this.free);
  }

  /**
   * @param {StepScene} scene
   * @param {{rows: RowSaid[], written: Written[]}} said
   * @param {[string, string]} names of the two lines
   */
  draw({ say, words }, { rows, written }, names) {
    join(this.head, [say('masks.output.reads'), ...words.tgtIn.map((word) => word.text)], headCell, (node, text, i) => {
      write(node, text);
      set(node, { class: i ? 'word' : 'masks-name' });
    });
    const lines = [
      rows.map(({ first, first_p }) => ({ word: first, p: first_p, odd: false, lost: false })),
      rows.map(({ best, best_p, flipped, after }) => ({ word: best, p: best_p, odd: flipped, lost: after === 'NaN' })),
    ];
    lines.forEach((cells, n) =>
      join(
        this.lines[n],
        [null, ...cells],
        (cell) => (cell ? el('td', {}, el('b'), el('span', { class: 'num' })) : el('th', { class: 'masks-name', scope: 'row' })),
        (node, cell) => {
          if (!cell) return write(node, names[n]);
          write(node.children[0], cell.word === 'NaN' ? '–' : cell.word);
          write(node.children[1], told(cell.p));
          set(node, { 'data-flipped': cell.odd || null, 'data-lost': cell.lost || null });
        },
      ),
    );
    write(this.free, freely(say, written));
    this.free.title = this.free.textContent ?? '';
  }
}

function headCell() {
  return el('th', { scope: 'col' });
}

/**
 * What the model writes when nobody tells it the words before.
 * @param {import('../strings.js').Say} say
 * @param {Written[]} written as it is, and changed
 */
function freely(say, [before, after]) {
  const ends = after.stop === 'end' ? '' : ' ' + say(`masks.output.stop.${after.stop}`);
  return say(after.same ? 'masks.output.same' : 'masks.output.free', { before: before.text, after: after.text || '–' }) + ends;
}

/**
 * The table twin of the output strip.
 * @param {StepScene} scene
 * @param {RowSaid[]} rows
 */
export function outputTwin({ say, words }, rows) {
  return {
    columns: [say('masks.output.as_is'), 'p', say('masks.output.changed'), 'p'],
    rows: rows.map((row, i) => ({ name: words.tgtIn[i].full, cells: [row.first, told(row.first_p), row.best, told(row.best_p)] })),
  };
}
