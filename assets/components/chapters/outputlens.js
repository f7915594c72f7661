/** The logit lens: the stream at every depth, read as if the model ended there. A window of depths and words, never a cut. */

import { clamp, el, join, listen, numberOf, put, set, write } from '../dom.js';
import { percent, short } from '../format.js';
import { normsAfter } from '../lacks.js';
import { weightScale } from '../scales.js';
import { fit } from '../tokens.js';
import { Pager, windowOf } from './outputpager.js';
import { pick, rowOf } from './outputrows.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{id: number, word: string, full: string, p: number}} Reading */
/**
 * @typedef {object} Depth what the model would write if it ended here
 * @property {string} tensor the stream that is read
 * @property {string} name in words
 * @property {boolean} layer does a layer end here? (The embedding counts.)
 * @property {(row: number) => Reading[]} best
 * @property {(row: number) => number} written probability of the word that is finally written
 * @property {(row: number) => number} rank of that word
 */

const CELL = { desk: { w: 62, h: 42, name: 176 }, wall: { w: 112, h: 52, name: 250 } };
const AROUND = { desk: 300, wall: 64 }; // pixels of the box that are not cells
const TINY = 0.005;

export class LensView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.title = el('h3');
    this.depthSwitch = el('div', { class: 'switch', role: 'group' });
    this.legend = el('div', { class: 'lens-legend' }, el('span'), el('i'), el('span', { class: 'num' }));
    this.axes = el('th', { class: 'lens-axes' }, el('b'), el('b'));
    this.columns = el('tr', {}, this.axes);
    this.body = el('tbody');
    this.grid = el('table', { class: 'lens-grid', 'data-part': 'lens' }, el('thead', {}, this.columns), this.body);
    this.pagers = { depths: new Pager((step) => this.turn('depths', step)), rows: new Pager((step) => this.turn('rows', step)) };
    this.wait = el('p', { class: 'quiet lens-wait' });
    this.detail = new Detail();
    this.about = el('p', { class: 'quiet lens-about' });
    const head = el('div', { class: 'output-head' }, this.title, this.depthSwitch, this.legend);
    const pagers = el('div', { class: 'lens-pagers' }, this.pagers.depths.node, this.pagers.rows.node);
    const below = el('div', { class: 'lens-below' }, this.detail.node, this.about);
    this.node = el('div', { class: 'output-lens' }, head, this.wait, this.grid, pagers, below);
    this.first = { depths: 0, rows: 0 };
    this.followed = '';
    listen(this.body, 'click', '[data-row]', (part) => this.choose(part.getAttribute('data-depth') ?? '', numberOf(part, 'row')));
    listen(this.depthSwitch, 'click', '[data-depths]', (part) => desk.set('depths', part.dataset.depths ?? ''));
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const row = (/** @type {string} */ key) => this.move(0, key === 'ArrowLeft' ? -1 : 1);
    const depth = (/** @type {string} */ key) => this.move(key === 'ArrowUp' ? -1 : 1, 0);
    return [
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'output.keys.row', run: row },
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'output.keys.depth', run: depth },
    ];
  }

  /**
   * @param {string} tensor
   * @param {number} row
   */
  choose(tensor, row) {
    this.desk.change((view) => ({ ...view, row: { ...view.row, tgt: row }, options: { ...view.options, depth: tensor } }));
  }

  /**
   * @param {number} deeper
   * @param {number} further
   */
  move(deeper, further) {
    const { scene } = this.desk;
    const lens = scene && lensOf(scene);
    if (!scene || !lens || 'trouble' in lens) return;
    const depths = this.shown(lens);
    const at = clamp(depths.indexOf(this.here(depths)) + deeper, 0, depths.length - 1);
    const row = clamp(rowOf(scene) + further, 0, scene.words.tgtIn.length - 1);
    if (deeper) this.choose(depths[at].tensor, row);
    else pick(this.desk, row);
  }

  /** All depths, or only those where a layer ends. @param {Depth[]} depths */
  shown(depths) {
    return this.desk.option('depths', 'all') === 'layers' ? depths.filter((depth) => depth.layer) : depths;
  }

  /** The depth that is looked at; at first the last one, which is the model's own answer. @param {Depth[]} depths */
  here(depths) {
    return depths.find(({ tensor }) => tensor === this.desk.option('depth', '')) ?? depths[depths.length - 1];
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say } = scene;
    const lens = lensOf(scene);
    write(this.title, say('output.lens.title'));
    this.drawSwitch(scene);
    write(this.legend.children[0], say('output.lens.legend'));
    write(this.legend.children[2], '0–1');
    const ready = lens !== null && !('trouble' in lens);
    write(this.wait, ready ? '' : lens ? say(lens.trouble.key, lens.trouble.values) : say('output.lens.wait'));
    for (const node of [this.grid, this.detail.node]) node.style.visibility = ready ? '' : 'hidden';
    write(this.about, `${say(readingKey(scene.model))} ${say('output.lens.caution')}`);
    if (ready) this.drawLens(scene, this.shown(lens));
  }

  /** @param {StepScene} scene */
  drawSwitch({ say }) {
    const now = this.desk.option('depths', 'all');
    join(this.depthSwitch, ['all', 'layers'], () => el('button', { type: 'button' }), (node, name) => {
      write(node, say('output.lens.depths.' + name));
      set(node, { 'data-depths': name, 'aria-pressed': String(name === now) });
    });
  }

  /**
   * @param {StepScene} scene
   * @param {Depth[]} depths
   */
  drawLens(scene, depths) {
    const { say, look, words } = scene;
    const size = look.projector ? CELL.wall : CELL.desk;
    const [row, here] = [rowOf(scene), this.here(depths)];
    const room = { depths: Math.floor((look.height - (look.projector ? AROUND.wall : AROUND.desk)) / size.h), rows: Math.floor((look.width - size.name) / size.w) };
    this.follow(`${row} ${here.tensor}`, { depths: depths.indexOf(here), rows: row }, room);
    const down = windowOf(this.first.depths, Math.max(2, room.depths), depths.length);
    const across = windowOf(this.first.rows, Math.max(2, room.rows), words.tgtIn.length);
    this.pagers.depths.draw(say, 'step.rows', down, depths.length);
    this.pagers.rows.draw(say, 'step.columns', across, words.tgtIn.length);
    write(this.axes.children[0], say('output.lens.across'));
    write(this.axes.children[1], say('output.lens.down'));
    const width = Math.min(Math.floor((look.width - size.name) / across.length), Math.floor(size.w * 1.6));
    this.drawColumns(scene, across, row, width);
    join(this.body, down.map((at) => depths[at]), () => el('tr', {}, el('th', { scope: 'row' })), (tr, depth) => this.drawDepth(scene, tr, depth, across, { row, here, width, height: size.h }));
    this.detail.draw(scene, here, row);
  }

  /**
   * @param {StepScene} scene
   * @param {number[]} across
   * @param {number} here
   * @param {number} width of a column
   */
  drawColumns({ words, look, palette }, across, here, width) {
    const heads = [this.axes, ...[...this.columns.children].slice(1, across.length + 1)];
    while (heads.length <= across.length) heads.push(el('th', { scope: 'col' }, el('span'), el('b')));
    if (heads.length !== this.columns.children.length) put(this.columns, heads);
    across.forEach((row, i) => {
      const node = heads[i + 1];
      const size = look.projector ? 20 : 15;
      const type = { size, smallest: look.projector ? 20 : 13, family: palette.fonts.word, weight: 400 };
      const reads = fit(words.tgtIn[row].text, width - 20, type);
      write(node.children[0], reads.text + ' →');
      set(node.children[0], { style: `font-size:${reads.size}px` });
      const writes = fit(words.tgtOut[row].text, width - 4, { ...type, weight: 700 });
      write(node.children[1], writes.text);
      set(node.children[1], { style: `font-size:${writes.size}px` });
      set(node, { class: row === here ? 'here' : null, title: `${words.tgtIn[row].full} → ${words.tgtOut[row].full}`, style: `font-size:${size}px;max-width:${width}px` });
    });
  }

  /**
   * @param {StepScene} scene
   * @param {HTMLElement} tr
   * @param {Depth} depth
   * @param {number[]} across
   * @param {{row: number, here: Depth, width: number, height: number}} now
   */
  drawDepth(scene, tr, depth, across, { row, here, width, height }) {
    const { palette, look, words, pass } = scene;
    const scale = weightScale(palette);
    const head = /** @type {HTMLElement} */ (tr.children[0]);
    write(head, depth.name);
    set(head, { title: depth.tensor, 'data-layer': depth.layer ? 'true' : null });
    set(tr, { 'data-tensor': depth.tensor });
    const type = { size: look.projector ? 21 : 15, smallest: look.projector ? 20 : 13, family: palette.fonts.word, weight: 700 };
    const cells = [head, ...[...tr.children].slice(1, across.length + 1)];
    while (cells.length <= across.length) cells.push(el('td', {}, el('button', { type: 'button' }, el('span', { class: 'word', dir: 'auto' }), el('span', { class: 'num' }))));
    if (cells.length !== tr.children.length) put(tr, cells);
    across.forEach((at, i) => {
      const button = /** @type {HTMLElement} */ (cells[i + 1].children[0]);
      const [top] = depth.best(at);
      const [p, right] = [depth.written(at), top.id === pass.ids.tgt_out[at]];
      const label = fit(top.word, width - 8, type);
      write(button.children[0], label.text);
      write(button.children[1], top.p < TINY ? '.00' : short(top.p));
      set(button.children[0], { style: `font-size:${label.size}px` });
      set(button, {
        'data-row': at,
        'data-depth': depth.tensor,
        'data-right': right ? 'true' : null,
        class: at === row && depth === here ? 'pinned' : null,
        style: `width:${width - 2}px;height:${height - 2}px;background:${scale.fill(p)};color:${scale.text(p)}`,
        title: scene.say('output.lens.cell', { top: top.full, p: percent(top.p), word: words.tgtOut[at].full, own: percent(p), rank: depth.rank(at) }),
      });
    });
  }

  /**
   * The window moves with what is looked at, when that has moved.
   * @param {string} moved
   * @param {{depths: number, rows: number}} at
   * @param {{depths: number, rows: number}} room
   */
  follow(moved, at, room) {
    if (moved === this.followed) return;
    this.followed = moved;
    for (const axis of /** @type {const} */ (['depths', 'rows'])) this.first[axis] = Math.floor(at[axis] / Math.max(2, room[axis])) * Math.max(2, room[axis]);
  }

  /**
   * @param {'depths' | 'rows'} axis
   * @param {number} step
   */
  turn(axis, step) {
    const { scene } = this.desk;
    this.first[axis] = Math.max(0, this.first[axis] + step * this.pagers[axis].count);
    if (scene) this.draw(scene);
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const lens = lensOf(scene);
    const { say, words } = scene;
    const depths = lens && !('trouble' in lens) ? lens : [];
    const rows = depths.map((depth) => ({ name: depth.name, cells: words.tgtIn.map((_, row) => `${depth.best(row)[0].word} ${percent(depth.best(row)[0].p)}, ${percent(depth.written(row))}`) }));
    return { caption: say('output.lens.caption'), columns: words.tgtIn.map((reads, row) => `${reads.text} → ${words.tgtOut[row].text}`), rows };
  }
}

/** The chosen cell: its five best words, and how probable the word finally written is at every depth. */
class Detail {
  constructor() {
    this.title = el('h4');
    this.body = el('tbody');
    this.node = el('div', { class: 'lens-detail', 'data-part': 'detail' }, this.title, el('table', {}, this.body));
  }

  /**
   * @param {StepScene} scene
   * @param {Depth} depth
   * @param {number} row
   */
  draw({ sayWith, words, pass }, depth, row) {
    const word = (/** @type {string} */ text) => el('span', { class: 'word' }, text);
    put(this.title, sayWith('output.lens.detail', { depth: depth.name, reads: word(words.tgtIn[row].text), word: word(words.tgtOut[row].text), rank: depth.rank(row), p: percent(depth.written(row)) }));
    join(
      this.body,
      depth.best(row),
      () => el('tr', {}, el('th', { scope: 'row', class: 'word', dir: 'auto' }), el('td', { class: 'bar-cell' }, el('i', { class: 'bar' }, el('i'))), el('td', { class: 'num' })),
      (tr, { id, word, full, p }) => {
        write(tr.children[0], word);
        set(tr, { class: id === pass.ids.tgt_out[row] ? 'written' : null, title: full });
        set(tr.children[1].children[0].children[0], { style: `width:${(100 * p).toFixed(2)}%` });
        write(tr.children[2], percent(p));
      },
    );
  }
}

/** @type {WeakMap<object, Depth[]>} */
const opened = new WeakMap();

/**
 * What Python read at every depth; null while it is on its way.
 * @param {StepScene} scene
 * @returns {Depth[] | {trouble: import('../payload.js').Notice} | null}
 */
export function lensOf(scene) {
  const { pass, say } = scene;
  const answer = scene.ask({ ids: pass.ids.tgt_out.join(',') });
  if (!answer) return null;
  if (answer.trouble) return { trouble: answer.trouble };
  const kept = opened.get(answer);
  if (kept?.[0]?.name === say('output.lens.embedding')) return kept;
  const labels = pass.labels('logits', 1);
  const [ids, p, written, rank] = ['ids', 'p', 'written', 'rank'].map((name) => /** @type {import('../step/parcel.js').Tensor} */ (answer.tensors.get(name)));
  const [, rows, best] = ids.shape;
  const depths = answer.header.names.map((/** @type {string} */ tensor, /** @type {number} */ at) => ({
    tensor,
    name: depthName(tensor, say),
    layer: tensor.startsWith('tgt_embed') || tensor.includes('.ffn.'),
    best: (/** @type {number} */ row) =>
      Array.from({ length: best }, (_, k) => {
        const i = (at * rows + row) * best + k;
        const label = labels[ids.values[i]];
        return { id: ids.values[i], word: label.text, full: label.full, p: p.values[i] };
      }),
    written: (/** @type {number} */ row) => written.values[at * rows + row],
    rank: (/** @type {number} */ row) => rank.values[at * rows + row],
  }));
  opened.set(answer, depths);
  return depths;
}

/**
 * @param {string} tensor such as decoder.1.ffn.norm
 * @param {import('../strings.js').Say} say
 */
function depthName(tensor, say) {
  const [stack, layer, part] = tensor.split('.');
  return stack === 'tgt_embed' ? say('output.lens.embedding') : say('output.lens.after.' + part, { layer: Number(layer) + 1 });
}

/**
 * What is done to the stream before it is read: the model's own last norm, where it has one.
 * @param {any} model
 */
function readingKey(model) {
  if (model.final_norm) return 'output.lens.with_norm';
  return normsAfter(model) ? 'output.lens.post_norm' : 'output.lens.no_norm';
}
