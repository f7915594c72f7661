/** A padded batch with its masks: every cell says why it is open or closed. */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { nameTokens } from '../tokens.js';
import { measured, paintMini, saidOf, standThere } from './masksparts.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {{src: string[], src_ids: number[], tgt: string[], tgt_ids: number[], words: {src: number, tgt: number}}} Padded */
/** @typedef {{header: {sentences: Padded[], alone: number[], pad_id: number}, tensors: Map<string, import('../step/parcel.js').Tensor>}} Batch */

const KINDS = ['encoder', 'padding', 'causal', 'combined', 'cross'];
const [PADDING, LATER] = [1, 2]; // as transformer/studies/mask_lab/batch.py counts them
const MINI = 72;
/** @type {Record<string, {tensor: string, bits: number, rows: 'src' | 'tgt', cols: 'src' | 'tgt', at: string}>} */
const SOURCES = {
  encoder: { tensor: 'why_encoder', bits: PADDING, rows: 'src', cols: 'src', at: 'encoder.0.self_attn' },
  padding: { tensor: 'why_decoder', bits: PADDING, rows: 'tgt', cols: 'tgt', at: 'decoder.0.self_attn' },
  causal: { tensor: 'why_decoder', bits: LATER, rows: 'tgt', cols: 'tgt', at: 'decoder.0.self_attn' },
  combined: { tensor: 'why_decoder', bits: PADDING + LATER, rows: 'tgt', cols: 'tgt', at: 'decoder.0.self_attn' },
  cross: { tensor: 'why_cross', bits: PADDING, rows: 'tgt', cols: 'src', at: 'decoder.0.cross_attn' },
};
/** @type {Record<string, string>} */
const CODE = {
  encoder: 'mask = (src != pad_id)[:, None, None, :]',
  padding: 'mask = (tgt_in != pad_id)[:, None, None, :]',
  causal: 'mask = torch.ones(n, n, dtype=torch.bool).tril()',
  combined: 'mask = pad_mask(tgt_in, pad_id) & causal_mask(n)',
  cross: 'mask = (src != pad_id)[:, None, None, :]',
};
/** @type {Record<string, string>} the same of a model that has no causal mask */
const WITHOUT = { causal: 'mask = torch.ones(n, n, dtype=torch.bool)', combined: 'mask = pad_mask(tgt_in, pad_id)' };
const CAUSAL_BLOCK = 'decoder.0.self_attn';
const OURS = 'F.scaled_dot_product_attention(q, k, v, attn_mask=mask)';
const THEIRS = 'nn.MultiheadAttention(d, h)(x, x, x, attn_mask=~mask)';

export class BatchView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.caption = el('p', { class: 'masks-caption' });
    this.body = el('tbody');
    this.strip = el('div', { class: 'masks-batch-strip', 'data-part': 'batch', tabindex: 0 }, el('table', {}, this.body));
    this.heat = new Heat({ point: (cell) => this.point(cell), pick: (cell) => this.pin(cell) });
    this.minis = el('div', { class: 'masks-minis', role: 'group', 'data-part': 'masks' });
    this.title = el('h3');
    this.reason = el('p', { class: 'masks-reason', role: 'status', 'data-part': 'why' });
    this.alone = el('p', { class: 'masks-alone', 'data-part': 'alone' });
    this.code = el('pre', { class: 'num', 'data-part': 'code' });
    this.note = el('p', { class: 'quiet' });
    const panel = el('div', { class: 'masks-panel' }, this.minis, this.title, this.reason, this.code, this.note, this.alone);
    this.node = el('div', { class: 'masks masks-batch' }, this.caption, this.strip, el('div', { class: 'masks-columns' }, this.heat.node, panel));
    /** @type {Cell | null} */
    this.hovered = null;
    /** @type {Cell} */
    this.cursor = { row: 1, col: 2 };
    /** @type {Batch | null} */
    this.batch = null;
    listen(this.minis, 'click', '[data-kind]', (part) => desk.set('mask', part.dataset.kind ?? 'combined'));
    listen(this.body, 'click', '[data-sentence]', (part) => desk.set('n', String(numberOf(part, 'sentence'))));
  }

  get kind() {
    const asked = this.desk.option('mask', 'combined');
    return KINDS.includes(asked) ? asked : 'combined';
  }

  /** Which sentence of the batch. @param {Batch} batch */
  chosen(batch) {
    const asked = Number(this.desk.option('n', '0'));
    return Number.isInteger(asked) && asked >= 0 && asked < batch.header.sentences.length ? asked : 0;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const batch = this.ask(scene);
    if (!batch) return;
    standThere(this.desk, scene, SOURCES[this.kind].at);
    this.drawStrip(scene, batch);
    this.drawMinis(scene, batch);
    this.drawHeat(scene, batch);
    this.say();
  }

  /**
   * The batch from the server, once per sentence; null while it is on its way, and the old picture stays.
   * @param {StepScene} scene
   * @returns {Batch | null}
   */
  ask(scene) {
    const answer = scene.ask({ ask: 'batch', ...saidOf(scene) });
    if (answer?.trouble) write(this.caption, scene.say(answer.trouble.key, answer.trouble.values));
    if (!answer || answer.trouble) return null;
    this.scene = scene;
    return (this.batch = /** @type {Batch} */ (answer));
  }

  /**
   * @param {StepScene} scene
   * @param {Batch} batch
   */
  drawStrip({ say, sentence }, batch) {
    const chosen = this.chosen(batch);
    const side = SOURCES[this.kind].cols;
    const { sentences, pad_id } = batch.header;
    write(this.caption, say(`masks.batch.caption.${side}`, { n: sentences.length, longest: sentences[0][side].length, pad: pad_id }));
    join(
      this.body,
      sentences,
      () => el('tr'),
      (tr, one, n) => {
        set(tr, { 'data-sentence': n, 'aria-current': n === chosen ? 'true' : null });
        const labels = nameTokens(one[side].slice(0, one.words[side]), side === 'src' && n === 0 ? sentence.unknown : []);
        join(
          tr,
          [null, ...one[side]],
          (_, i) => (i ? el('td', {}, el('span', { class: 'word' }), el('span', { class: 'num' })) : el('th', { scope: 'row' }, el('button', { type: 'button' }))),
          (cell, token, i) => {
            if (token === null) return write(cell.children[0], String(n + 1));
            const pad = i - 1 >= one.words[side];
            write(cell.children[0], pad ? token : labels[i - 1].text);
            write(cell.children[1], String(one[side === 'src' ? 'src_ids' : 'tgt_ids'][i - 1]));
            set(cell, { class: pad ? 'pad' : null });
          },
        );
        const button = tr.children[0].children[0];
        set(button, { 'aria-pressed': String(n === chosen), 'aria-label': say('masks.batch.sentence', { n: n + 1 }) });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Batch} batch
   */
  drawMinis(scene, batch) {
    const n = this.chosen(batch);
    const size = scene.look.projector ? 60 : MINI;
    set(this.minis, { 'aria-label': scene.say('masks.batch.masks') });
    join(
      this.minis,
      KINDS,
      () => el('button', { type: 'button' }, el('canvas'), el('span')),
      (node, kind) => {
        const { rows, cols } = SOURCES[kind];
        const one = batch.header.sentences[n];
        const mask = { rows: one[rows].length, cols: one[cols].length, open: (/** @type {number} */ i, /** @type {number} */ j) => why(batch, kind, n, i, j) === 0 };
        paintMini(/** @type {HTMLCanvasElement} */ (node.children[0]), scene, size, mask);
        write(node.children[1], scene.say(`masks.kind.${kind}`));
        set(node, { 'data-kind': kind, 'aria-pressed': String(kind === this.kind) });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Batch} batch
   */
  drawHeat(scene, batch) {
    const { say, look } = scene;
    const { rows, cols, n } = this.labels(batch);
    const data = {
      rows,
      cols,
      at: () => 0,
      masked: (/** @type {number} */ i, /** @type {number} */ j) => why(batch, this.kind, n, i, j) !== 0,
      hue: /** @type {const} */ ('weights'),
      print: () => '1',
      axes: { rows: say('masks.axis.queries'), cols: say('masks.axis.keys') },
      rowMark: /** @type {const} */ ('solid'),
      label: say(`masks.kind.${this.kind}`),
    };
    const above = look.projector ? 224 : 196;
    this.heat.draw(scene, data, { width: Math.min(620, look.width - 500), height: look.height - above, most: look.projector ? { rows: 10, cols: 20 } : { rows: 32, cols: 32 }, legend: false }, this.shown());
  }

  /** @param {Batch} batch */
  labels(batch) {
    const { rows, cols } = SOURCES[this.kind];
    const n = this.chosen(batch);
    const one = batch.header.sentences[n];
    const unknown = n === 0 ? this.scene?.sentence.unknown : [];
    return { rows: nameTokens(one[rows], rows === 'src' ? unknown : []), cols: nameTokens(one[cols], cols === 'src' ? unknown : []), n };
  }

  shown() {
    const cell = this.hovered ?? this.cursor;
    if (!this.batch) return cell;
    const { rows, cols } = this.labels(this.batch);
    return { row: clamp(cell.row, 0, rows.length - 1), col: clamp(cell.col, 0, cols.length - 1) };
  }

  /** @param {Cell | null} cell */
  point(cell) {
    this.hovered = cell;
    this.heat.point(this.shown());
    this.say();
  }

  /** @param {Cell} cell */
  pin(cell) {
    this.cursor = cell;
    this.point(null);
  }

  /** Say of the cell pointed at why it is open or closed. */
  say() {
    const { batch, scene } = this;
    if (!batch || !scene) return;
    const { say } = scene;
    const { rows, cols, n } = this.labels(batch);
    const { row, col } = this.shown();
    const one = batch.header.sentences[n];
    const code = why(batch, this.kind, n, row, col);
    const padRow = row >= one.words[SOURCES[this.kind].rows];
    const open = cols.filter((_, j) => why(batch, this.kind, n, row, j) === 0).length;
    write(this.title, say(code ? 'masks.why.closed' : 'masks.why.open', { query: rows[row].full, key: cols[col].full }));
    const ahead = !code && scene.model.causal === false && SOURCES[this.kind].at === CAUSAL_BLOCK && col > row;
    const because = say(ahead ? 'bugs.masks.ahead' : `masks.why.because.${['look', 'padding', 'later', 'both'][code]}`, { query: rows[row].full, key: cols[col].full });
    const sentences = [because, say('masks.why.row', { open, all: cols.length }), padRow ? say('masks.why.pad_row') : ''];
    write(this.reason, sentences.filter(Boolean).join(' '));
    const line = (scene.model.causal === false && WITHOUT[this.kind]) || CODE[this.kind];
    write(this.code, scene.look.projector ? line : `${line}\n${OURS}\n${THEIRS}`);
    write(this.note, say('masks.batch.opposite'));
    write(this.alone, say('masks.batch.alone', { n: n + 1, difference: measured(batch.header.alone[n]) }));
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const move = (/** @type {number} */ down, /** @type {number} */ across) => () => {
      const { row, col } = this.shown();
      this.pin({ row: Math.max(0, row + down), col: Math.max(0, col + across) });
      if (this.batch && this.scene) this.drawHeat(this.scene, this.batch);
    };
    return [
      { keys: ['ArrowUp'], shown: '↑ ↓ ← →', help: 'masks.keys.move', run: move(-1, 0) },
      { keys: ['ArrowDown'], shown: '↓', help: 'masks.keys.move', run: move(1, 0) },
      { keys: ['ArrowLeft'], shown: '←', help: 'masks.keys.move', run: move(0, -1) },
      { keys: ['ArrowRight'], shown: '→', help: 'masks.keys.move', run: move(0, 1) },
      { keys: ['m'], shown: 'm', help: 'masks.keys.mask', run: () => this.desk.set('mask', KINDS[(KINDS.indexOf(this.kind) + 1) % KINDS.length]) },
      { keys: ['n'], shown: 'n', help: 'masks.keys.sentence', run: () => this.desk.set('n', String(this.batch ? (this.chosen(this.batch) + 1) % this.batch.header.sentences.length : 0)) },
    ];
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const { say } = scene;
    const batch = this.ask(scene);
    if (!batch) return { caption: '', columns: [], rows: [] };
    const { rows, cols, n } = this.labels(batch);
    const names = ['open', 'padding', 'later', 'both'];
    return {
      caption: `${say(`masks.kind.${this.kind}`)}: ${say('masks.batch.sentence', { n: n + 1 })}`,
      columns: cols.map((label) => label.full),
      rows: rows.map((label, i) => ({ name: label.full, cells: cols.map((_, j) => say(`masks.cell.${names[why(batch, this.kind, n, i, j)]}`)) })),
    };
  }
}

/**
 * Why a cell is closed: 0 open, then padding, later or both.
 * @param {Batch} batch
 * @param {string} kind
 * @param {number} n
 * @param {number} row
 * @param {number} col
 */
function why(batch, kind, n, row, col) {
  const { tensor, bits } = SOURCES[kind];
  const found = /** @type {import('../step/parcel.js').Tensor} */ (batch.tensors.get(tensor));
  const [, rows, cols] = found.shape;
  return found.values[(n * rows + row) * cols + col] & bits;
}
