/** The walker: one sublayer as a strip of stages, the formula, the matrix of the stage and the trail of one number. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { three } from '../format.js';
import { cellOf, indexOf, openingCol, pictureNow, stepCol, stepRow, toHead } from './cursor.js';
import { Formula } from './formula.js';
import { Heat } from './heat.js';
import { scaleOf } from './heatpaint.js';
import { stepFrom } from './itinerary.js';
import { penOf } from '../draw.js';
import { RowView } from './rowview.js';
import { Scrubber } from './scrubber.js';
import { SourceBox } from './sourcebox.js';
import { Strip } from './strip.js';
import { trailOf } from './trail.js';
import { TrailBox } from './trailbox.js';
import { drawSwitch, WalkerHead } from './walkerhead.js';
import { dataOf, detailSize, largestOf, mostOf, namesOf } from './walkerlook.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./desk.js').Desk} Desk */
/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */
/** @typedef {import('../keys.js').Binding} Binding */

export class Walker {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {{picture: StagePicture, key: string} | null} */
    this.drawn = null;
    this.drawnPlace = ''; // the place that was drawn last
    this.head = new WalkerHead({
      go: (at) => this.goPlace(at),
      head: (head) => this.scene && this.desk.change(toHead(this.scene, head)),
      rows: (rows) => this.desk.set('rows', rows),
      on: () => this.walk(1),
    });
    this.strip = new Strip((stage) => this.goStage(stage));
    this.scrubber = new Scrubber({ walk: (step) => this.walk(step), go: (stage) => this.goStage(stage), more: () => this.more() });
    this.head.node.append(this.scrubber.controls);
    this.formula = new Formula();
    this.tensors = el('div', { class: 'switch tensors', role: 'group', 'data-part': 'tensors' });
    this.ramp = el('canvas', { 'aria-hidden': 'true' });
    this.legend = el('div', { class: 'legend num', 'data-part': 'legend' }, el('span', { class: 'said' }), el('span'), this.ramp, el('span'));
    this.heat = new Heat({ pick: ({ row, col }) => this.pick(row, col) });
    this.rowView = new RowView({ pick: (col) => this.desk.change((view) => ({ ...view, col })), go: (stage) => this.goStage(stage) });
    this.gone = el('p', { class: 'gone' });
    this.boxes = el('div', { class: 'switch', role: 'group', 'data-part': 'boxes' });
    this.name = el('code', { class: 'num tensor-name', 'data-part': 'name' });
    this.trail = new TrailBox();
    this.source = new SourceBox();
    const why = el('div', { class: 'why' }, el('div', { class: 'why-head' }, this.name, this.boxes), this.trail.node, this.source.node);
    this.node = el(
      'div',
      { class: 'walker' },
      this.head.node,
      this.strip.node,
      this.scrubber.node,
      el('div', { class: 'formula-line' }, this.formula.node, this.tensors, this.legend),
      el('div', { class: 'detail' }, el('div', { class: 'picture' }, this.heat.node, this.rowView.node, this.gone), why),
    );
    this.connect();
  }

  connect() {
    const { desk } = this;
    listen(this.boxes, 'click', '[data-box]', (part) => desk.set('box', part.dataset.box ?? ''));
    listen(this.tensors, 'click', '[data-nth]', (part) => this.goTensor(numberOf(part, 'nth')));
  }

  // -- drawing -----------------------------------------------------------------------------------------------------

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene = this.opened(scene);
    const picture = pictureNow(scene);
    this.head.draw(scene, this.rowsNow());
    this.strip.draw(scene);
    this.scrubber.draw(scene);
    this.formula.draw(scene, picture?.tail ?? '');
    this.drawTensors(scene);
    this.drawLegend(scene, picture);
    this.drawDetail(scene, picture);
  }

  /**
   * Who comes from elsewhere, and brings no column along, starts in the column that is worth a look.
   * @param {Scene} scene
   * @returns {Scene}
   */
  opened(scene) {
    const { desk } = this;
    const { pass, place, stageNow, view } = scene;
    const fresh = this.drawnPlace === '' ? !new URLSearchParams(location.search).has('j') : this.drawnPlace !== place.name;
    this.drawnPlace = place.name;
    if (!fresh || view.col !== 0 || !desk.view) return scene;
    desk.view = { ...desk.view, col: openingCol(pass, place, stageNow, view) };
    return { ...scene, view: desk.view };
  }

  /** @param {Scene} scene */
  drawTensors(scene) {
    const { stageNow, view } = scene;
    const names = namesOf(scene);
    set(this.tensors, { hidden: names.length > 1 ? null : '', title: stageNow.tensors.join('\n'), 'aria-label': scene.say('walk.tensors') });
    join(
      this.tensors,
      names.length > 1 ? names : [],
      () => el('button', { type: 'button' }),
      (node, name, nth) => {
        write(node, name);
        set(node, { 'data-nth': nth, 'aria-pressed': String(nth === view.tensor) });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {StagePicture | null} picture
   */
  drawLegend({ palette, look, say }, picture) {
    set(this.legend, { hidden: picture ? null : '' });
    if (!picture) return;
    const { fill, low, high } = scaleOf(palette, picture);
    const order = picture.order ? `${say('walk.written_first')} · ` : '';
    write(this.legend.children[0], order + say(picture.hue === 'weights' ? 'walk.weight' : 'walk.signed'));
    write(this.legend.children[1], low);
    write(this.legend.children[3], high);
    const [width, height] = look.projector ? [64, 16] : [72, 11];
    const pen = penOf(this.ramp, width, height);
    for (let x = 0; x < width; x++) {
      pen.fillStyle = fill(picture.hue === 'weights' ? x / (width - 1) : (2 * x) / (width - 1) - 1);
      pen.fillRect(x, 0, 1.5, height);
    }
  }

  /**
   * @param {Scene} scene
   * @param {StagePicture | null} picture
   */
  drawDetail(scene, picture) {
    const { say, stageNow, view } = scene;
    const one = this.rowsNow() === 'one';
    const size = detailSize(scene, one);
    this.node.style.setProperty('--picture', `${size.picture.width}px`);
    this.node.style.setProperty('--detail', `${size.picture.height}px`);
    set(this.gone, { hidden: picture ? '' : null });
    set(this.heat.node, { hidden: picture && !one ? null : '' });
    this.rowView.node.hidden = !picture || !one;
    write(this.name, picture?.name ?? '');
    if (!picture) return write(this.gone, say(stageNow.missing ?? 'walk.left_out'));
    if (one) this.rowView.draw(scene, picture, size.picture);
    else this.drawHeat(scene, picture, size.picture);
    const box = scene.look.projector ? 'trail' : this.boxNow();
    drawSwitch(this.boxes, 'box', [['trail', say('walk.box.trail')], ['source', say('walk.box.source')]], box);
    this.trail.node.hidden = box !== 'trail';
    this.source.node.hidden = box !== 'source';
    if (box === 'source') this.source.draw(scene, picture.name);
    else this.trail.draw(scene, trailOf(scene, picture.name, indexOf(picture, view)), size.trail);
  }

  /**
   * The same matrix in the same box is left as it is: only the cursor moves.
   * @param {Scene} scene
   * @param {StagePicture} picture
   * @param {{width: number, height: number}} size
   */
  drawHeat(scene, picture, size) {
    const cell = cellOf(picture, scene.view);
    const cursor = picture.order ? { row: cell.row, col: picture.order.indexOf(cell.col) } : cell;
    const key = [size.width, size.height, scene.lang, scene.look.projector, scene.palette.paper, scene.palette.ink].join();
    const { plan } = this.heat.now ?? {};
    const still = this.drawn?.picture === picture && this.drawn.key === key;
    if (still && plan?.rows.includes(cursor.row) && plan.cols.includes(cursor.col)) return this.heat.point(cursor);
    this.drawn = { picture, key };
    this.colourAxes(picture);
    this.heat.draw(scene, dataOf(scene, picture), { ...size, legend: false, largest: largestOf(scene, picture), most: mostOf(scene, picture, size.width) }, cursor);
  }

  /**
   * Queries and keys have their colours on the axes too.
   * @param {StagePicture} picture
   */
  colourAxes({ axes }) {
    const tones = [axes.cols, axes.rows].map((key) => (/keys/.test(key) ? 'tone-k' : /queries/.test(key) ? 'tone-q' : null));
    tones.forEach((tone, i) => set(this.heat.axes.children[i], { class: tone }));
  }

  // -- moving ------------------------------------------------------------------------------------------------------

  rowsNow() {
    return this.desk.option('rows', 'all') === 'one' ? 'one' : 'all';
  }

  boxNow() {
    return this.desk.option('box', 'trail') === 'source' ? 'source' : 'trail';
  }

  /** Is there a stage after this one? */
  more() {
    const { scene } = this;
    return scene !== null && stepFrom(scene.places, scene.view.at, scene.stageNow.name, 1) !== null;
  }

  /**
   * Through the whole pass, stage by stage and from one place into the next.
   * @param {number} step
   */
  walk(step) {
    const { scene } = this;
    const next = scene && stepFrom(scene.places, scene.view.at, scene.stageNow.name, step);
    if (next) this.goTo(next.at, next.stage);
  }

  /** @param {string} stage */
  goStage(stage) {
    this.scrubber.toggle(false);
    if (this.scene) this.goTo(this.scene.place.name, stage);
  }

  /** @param {string} at */
  goPlace(at) {
    this.scrubber.toggle(false);
    const place = this.scene?.places.find((one) => one.name === at);
    const stage = place?.stages.find((one) => !one.missing);
    if (place && stage) this.goTo(at, stage.name);
  }

  /**
   * @param {number} step
   */
  stepPlace(step) {
    const { scene } = this;
    const next = scene?.places[scene.places.indexOf(scene.place) + step];
    if (next) this.goPlace(next.name);
  }

  /**
   * @param {string} at
   * @param {string} name
   */
  goTo(at, name) {
    const { scene } = this;
    const place = scene?.places.find((one) => one.name === at);
    const stage = place?.stages.find((one) => one.name === name);
    if (!scene || !place || !stage) return;
    const col = place === scene.place ? scene.view.col : undefined;
    this.desk.change((view) => ({ ...view, at, stage: name, tensor: 0, tab: 'step', col: openingCol(scene.pass, place, stage, view, col) }));
  }

  /** @param {number} tensor */
  goTensor(tensor) {
    this.desk.change((view) => ({ ...view, tensor }));
  }

  /**
   * @param {number} row
   * @param {number} col as it stands on the screen
   */
  pick(row, col) {
    const picture = this.scene && pictureNow(this.scene);
    if (!picture) return;
    this.desk.change((view) => ({ ...view, row: { ...view.row, [picture.side]: row }, col: picture.order ? picture.order[col] : col }));
  }

  /**
   * @param {(scene: Scene, picture: StagePicture) => (view: import('./address.js').StepView) => import('./address.js').StepView} move
   */
  move(move) {
    const { scene } = this;
    const picture = scene && pictureNow(scene);
    if (scene && picture) this.desk.change(move(scene, picture));
  }

  /** @returns {Binding[]} */
  keys() {
    const { desk } = this;
    const wall = this.scene?.look.projector;
    const tensors = this.scene?.stageNow.tensors.length ?? 1;
    return [
      { keys: ['ArrowRight', 'PageDown'], shown: wall ? '→ PageDown' : '→', help: 'walk.keys.next', run: () => this.scrubber.take(() => this.walk(1)) },
      { keys: ['ArrowLeft', 'PageUp'], shown: wall ? '← PageUp' : '←', help: 'walk.keys.back', run: () => this.scrubber.take(() => this.walk(-1)) },
      { keys: ['Enter'], shown: 'Enter', help: 'walk.keys.source', run: () => desk.set('box', this.boxNow() === 'trail' ? 'source' : 'trail') },
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'walk.keys.row', run: (key) => this.move((scene, picture) => stepRow(scene, picture, key === 'ArrowUp' ? -1 : 1)) },
      { keys: [',', '.'], shown: ', .', help: 'walk.keys.column', run: (key) => this.move((_, picture) => stepCol(picture, key === ',' ? -1 : 1)) },
      { keys: [...'12345678'], shown: '1 – 8', help: 'walk.keys.head', run: (key) => this.move((scene) => toHead(scene, Number(key) - 1)) },
      { keys: ['[', ']'], shown: '[ ]', help: 'walk.keys.place', run: (key) => this.stepPlace(key === '[' ? -1 : 1) },
      { keys: ['n'], shown: 'n', help: 'walk.keys.tensor', run: () => desk.change((view) => ({ ...view, tensor: (view.tensor + 1) % Math.max(1, tensors) })) },
      { keys: ['r'], shown: 'r', help: 'walk.keys.rows', run: () => desk.set('rows', this.rowsNow() === 'all' ? 'one' : 'all') },
      { keys: [' '], shown: '␣', help: 'walk.keys.play', run: () => this.scrubber.toggle() },
    ];
  }

  /**
   * The head that is walked through; the other places of the pass have none.
   * @param {Scene} scene
   */
  spot({ place, view }) {
    return place.kind === 'attention' ? { block: place.name, head: view.head, row: view.row[place.side] } : null;
  }

  /**
   * The same matrix as text.
   * @param {Scene} scene
   */
  table(scene) {
    const picture = pictureNow(scene);
    if (!picture) return { caption: scene.say('walk.left_out'), columns: [], rows: [] };
    const order = picture.order ?? picture.cols.map((_, col) => col);
    const cell = (/** @type {number} */ row, /** @type {number} */ col) => (picture.masked?.(row, col) ? scene.say('walk.masked') : three(picture.at(row, col)));
    const head = picture.byHead ? scene.say('walk.of_head', { head: scene.view.head + 1 }) : '';
    return {
      caption: picture.name + head,
      columns: order.map((col) => picture.cols[col].full),
      rows: picture.rows.map(({ full }, row) => ({ name: full, cells: order.map((col) => cell(row, col)) })),
    };
  }
}
