/** Two maps of attention and their signed difference beside each other, on one grid: the same cell is marked in all of them. */

import { clamp, el, set, write } from '../dom.js';
import { Choice } from '../chapters/masksparts.js';
import { differencePalette } from '../runs/paint.js';
import { brief, changeOf, fixed, precise, weightOf } from './cellnote.js';
import { byChange, NAMES, valueAt } from './common.js';
import { GridHeat } from './gridheat.js';
import { GAP, shownOf, trioPlan } from './trioplan.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('../step/heat.js').HeatData} HeatData */
/** @typedef {import('./common.js').Name} Name */
/** @typedef {import('./common.js').Three} Three */
/** @typedef {import('./trioplan.js').Room} Room */

const TITLE = 26; // pixels; on the wall the badge stands in the free corner before the slanted words
const BAR = { desk: 34, wall: 40 };
const REASON = 220; // pixels for the sentence that says why there is no difference
const PRECISE = { weight: 29, change: 38 }; // pixels: in a narrower cell a number has one digit
/** @type {WeakSet<Desk>} */
const opened = new WeakSet(); // the cell of a link is for the picture that the link opens

export class Trio {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.show = new Choice('show', (name) => desk.set('show', name));
    this.note = el('p', { class: 'compare-note', role: 'status', 'data-part': 'note' });
    this.lack = el('span', { class: 'compare-lack', 'data-part': 'lack' }, el('i'), el('span'));
    this.heats = NAMES.map((name) => new GridHeat({ point: (cell) => this.point(name, cell), pick: (cell) => this.point(name, cell), paged: (heat) => this.paged(heat) }));
    this.parts = this.heats.map((heat, i) => {
      set(heat.canvas, { 'data-part': `map-${NAMES[i]}` });
      return el('figure', { class: 'compare-map', 'data-map': NAMES[i] }, el('h4', {}, el('b', { class: 'badge' }), el('span'), heat.legend), heat.node);
    });
    this.none = el('p', { class: 'compare-none' });
    this.parts[2].append(this.none);
    this.title = el('b', { class: 'compare-title' });
    this.bar = el('div', { class: 'compare-bar' }, this.show.node, this.title, ...this.heats.map(({ pagers }) => pagers), this.note, this.lack);
    this.node = el('section', { class: 'compare-trio' }, el('div', { class: 'compare-maps' }, ...this.parts), this.bar);
    /** @type {Cell | null} */
    this.cell = null;
    /** @type {Name} where the two cannot be subtracted: the map that the cell is in */
    this.side = 'a';
    this.of = '';
    /** @type {{scene: StepScene, three: Three, room: Room} | null} */
    this.now = null;
    /** @type {(cell: Cell | null) => void} what else shows the chosen cell */
    this.told = () => {};
  }

  /**
   * @param {StepScene} scene
   * @param {Three} three
   * @param {Room} room
   */
  draw(scene, three, room) {
    this.now = { scene, three, room };
    this.take(three);
    const wall = scene.look.projector;
    const size = { width: room.width, height: room.height - (wall ? BAR.wall : TITLE + BAR.desk) };
    const names = three.common ? this.namesOf(three) : null;
    const planFor = (/** @type {number} */ n) => (names ? trioPlan(scene, { ...this.dataOf('a'), ...names }, size, n) : null);
    const fits = (/** @type {number} */ n) => (three.common ? (planFor(n)?.size.most?.cols ?? 0) >= three.common.cols.length : n < 3);
    const { choices, chosen, shown } = shownOf(this.desk.option('show', ''), wall, room.narrow, fits);
    this.show.node.hidden = choices.length === 0;
    this.show.draw(scene.say('compare.show.label'), choices.map((name) => ({ name, text: scene.say(`compare.show.${name}`) })), chosen);
    const plan = planFor(shown.length);
    set(this.node, { 'data-common': plan !== null || null, 'data-maps': shown.length });
    this.parts.forEach((part, i) => (part.hidden = !shown.includes(NAMES[i])));
    NAMES.forEach((name, i) => {
      this.heats[i].pagers.hidden = !shown.includes(name) || (plan !== null && name !== shown[0]) || (!plan && name === 'd');
      this.drawTitle(i);
      if (plan && names) this.drawOnGrid(i, plan, names, name === shown[0]);
      else this.drawAlone(i, size, shown.length);
    });
    this.drawWall(wall, three, shown);
    this.none.hidden = three.common !== null;
    write(this.none, three.common ? '' : three.why);
    this.keep();
    this.say();
  }

  /** Another picture: the cell of the link if a link opens it, else where the two differ most, if possible in the row that the sentence above names. @param {Three} three */
  take(three) {
    if (three.of === this.of) return;
    this.of = three.of;
    const asked = opened.has(this.desk) ? null : cellIn(this.desk.option('at', ''), three);
    const row = three.common?.rows.findIndex(({ one }) => one !== null && one === three.row) ?? -1;
    opened.add(this.desk);
    this.cell = asked ?? byChange(three, (cell) => row < 0 || cell.row === row)[0] ?? byChange(three)[0] ?? heaviest(three.a);
    this.side = 'a';
  }

  /** The chosen cell is in the link. Nothing else has to be drawn for that. */
  keep() {
    const { desk, cell } = this;
    const at = cell ? `${cell.row}.${cell.col}` : '';
    if (!desk.view || desk.option('at', '') === at) return;
    desk.view = { ...desk.view, options: { ...desk.view.options, at } };
    desk.link.soon();
  }

  /**
   * Every name that a row or a column has in any of the maps: the longest one decides how much room there is.
   * @param {Three} three
   */
  namesOf({ common }) {
    const longest = (/** @type {import('../tokens.js').Label[]} */ names) => names.reduce((one, other) => (other.text.length > one.text.length ? other : one));
    return { rows: (common?.rows ?? []).map(({ names }) => names[2]), cols: (common?.cols ?? []).map(({ names }) => longest(names)) };
  }

  /** @param {Name} name @returns {HeatData} */
  dataOf(name) {
    const { scene, three } = /** @type {NonNullable<Trio['now']>} */ (this.now);
    const signed = name === 'd';
    const grid = three[signed ? 'a' : name];
    return {
      ...{ rows: grid.rows, cols: grid.cols, axes: three.axes, max: 1 },
      at: (row, col) => valueAt(three, name, row, col) ?? 0,
      masked: (row, col) => valueAt(three, name, row, col) === null,
      hue: signed ? 'scores' : 'weights',
      print: signed ? brief : undefined,
      label: signed ? scene.say('compare.difference') : three.titles[name === 'a' ? 0 : 1],
    };
  }

  /** @param {number} i */
  drawTitle(i) {
    const { scene, three } = /** @type {NonNullable<Trio['now']>} */ (this.now);
    const text = i < 2 ? three.titles[i] : scene.say('compare.difference_short');
    const [badge, said] = this.parts[i].children[0].children;
    write(badge, ['A', 'B', 'B−A'][i]);
    write(said, text);
    set(said, { title: i < 2 ? text : scene.say('compare.difference') });
  }

  /**
   * On the wall there is one line for the heads that are seen, and for the scale of the difference.
   * @param {boolean} wall
   * @param {Three} three
   * @param {readonly Name[]} shown
   */
  drawWall(wall, { titles: [a, b] }, shown) {
    this.title.hidden = !wall;
    write(this.title, shown.length === 1 && shown[0] !== 'd' ? (shown[0] === 'a' ? a : b) : titleOf(a, b));
    this.heats.forEach(({ legend }, i) => {
      const home = wall ? this.bar : this.parts[i].children[0];
      if (legend.parentElement !== home) home.append(legend);
      if (!shown.includes(NAMES[i]) || (wall && i === 1 && shown.includes('a'))) legend.hidden = true;
    });
    write(this.heats[2].legend.children[0], '−1');
    write(this.heats[2].legend.children[2], '+1');
  }

  /**
   * @param {number} i
   * @param {import('./trioplan.js').TrioPlan} plan
   * @param {{rows: import('../tokens.js').Label[], cols: import('../tokens.js').Label[]}} names
   * @param {boolean} first the names of the rows stand before this one
   */
  drawOnGrid(i, { left, cells, lean, tucked, crowded, size }, names, first) {
    const { scene, three } = /** @type {NonNullable<Trio['now']>} */ (this.now);
    const [heat, part] = [this.heats[i], this.parts[i]];
    const before = first ? left : 0;
    set(part, { 'data-first': first || null, style: `flex:none;width:${before + cells + (i === 2 ? lean : 0)}px;--left:${before}px` });
    heat.node.hidden = false;
    if (part.hidden) return;
    const data = { ...this.dataOf(NAMES[i]), ...names };
    heat.draw(dyed(scene, i), { ...data, print: printOf(i, size.cell?.w ?? 0, scene.look.projector) }, size, this.cell);
    heat.node.classList.toggle('bare', !first);
    const shift = before - (heat.now?.plan.left ?? 0);
    heat.node.style.margin = `${-tucked}px 0 0 ${shift}px`;
    heat.axes.style.marginLeft = `${-shift}px`;
    heat.legend.hidden = NAMES[i] === 'b' && !first;
    heat.nameColumns(scene.palette, (col) => nameOf(three, i, col), scene.look.projector, crowded);
  }

  /**
   * Two maps of other words: each has its own grid, and there is no third.
   * @param {number} i
   * @param {{width: number, height: number}} size
   * @param {number} n
   */
  drawAlone(i, size, n) {
    const { scene } = /** @type {NonNullable<Trio['now']>} */ (this.now);
    const [heat, part] = [this.heats[i], this.parts[i]];
    const reason = n > 1 && !this.parts[2].hidden ? REASON + GAP : 0;
    const maps = reason ? n - 1 : n;
    const width = i === 2 && reason ? REASON : Math.floor((size.width - reason - (maps - 1) * GAP) / maps);
    set(part, { 'data-first': null, style: `flex:none;width:${width}px` });
    heat.node.hidden = i === 2;
    heat.legend.hidden = i === 2;
    heat.node.classList.remove('bare');
    heat.node.style.margin = heat.axes.style.marginLeft = '0';
    if (part.hidden || i === 2) return;
    const most = scene.look.projector ? { rows: Math.max(4, Math.floor((size.height - 100) / 22)), cols: 14 } : { rows: 20, cols: 14 };
    const data = this.dataOf(NAMES[i]);
    heat.draw(scene, data, { ...size, width, legend: false, most, largest: { w: 40, h: 26 } }, NAMES[i] === this.side ? this.cell : null);
    heat.nameColumns(scene.palette, (col) => ({ label: data.cols[col], missing: false }), scene.look.projector);
    heat.legend.hidden = false;
  }

  /**
   * Choose a cell in one of the maps; on a common grid it is marked in all.
   * @param {Name} name
   * @param {Cell | null} cell
   */
  point(name, cell) {
    if (!cell || !this.now) return;
    this.cell = cell;
    this.side = name;
    const { common } = this.now.three;
    this.heats.forEach((heat, i) => heat.point(common || NAMES[i] === name ? cell : null));
    this.keep();
    this.say();
  }

  /**
   * Choose a cell that may lie in another window.
   * @param {Partial<Cell>} wanted with a row alone the one in it that changes most
   */
  choose(wanted) {
    const common = this.now?.three.common;
    if (!this.now || !common || !this.cell) return;
    const { scene, three, room } = this.now;
    const alone = wanted.row !== undefined && wanted.col === undefined ? byChange(three, ({ row }) => row === wanted.row)[0] : null;
    const { row, col } = { ...this.cell, ...wanted, ...alone };
    this.cell = { row: clamp(row, 0, common.rows.length - 1), col: clamp(col, 0, common.cols.length - 1) };
    this.draw(scene, three, room);
  }

  /** The cell that changes most after this one, and after the last of them the first. @param {number} by */
  next(by) {
    if (!this.now || !this.cell) return;
    const { row, col } = this.cell;
    const cells = byChange(this.now.three);
    const at = cells.findIndex((cell) => cell.row === row && cell.col === col);
    if (cells.length) this.choose(cells[(at + by + cells.length) % cells.length]);
  }

  /** @param {GridHeat} heat */
  paged(heat) {
    if (!this.now) return;
    const { scene, three, room } = this.now;
    if (three.common) for (const other of this.heats) if (other !== heat) other.goWith(heat);
    this.draw(scene, three, room);
  }

  /** One line about the chosen cell. */
  say() {
    const { now, cell } = this;
    if (!now || !cell) return;
    const { scene, three } = now;
    this.told(three.common ? cell : null);
    write(this.note, three.common ? changeOf(scene, three, cell) : weightOf(scene, three, this.side === 'b' ? 'b' : 'a', cell));
    this.note.title = this.note.textContent ?? '';
    const { rows = [], cols = [] } = three.common ?? {};
    this.lack.hidden = ![...rows, ...cols].some(({ one, other }) => one === null || other === null);
    write(this.lack.children[1], scene.say('compare.lack'));
  }

  /**
   * The table twin of what differs; where nothing can be subtracted, of A.
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const three = this.now?.three;
    if (!three) return { caption: scene.say('compare.wait'), columns: [], rows: [] };
    const [name, names] = three.common ? [/** @type {Name} */ ('d'), this.namesOf(three)] : [/** @type {Name} */ ('a'), three.a];
    const columns = three.common ? three.common.cols.map((col) => col.names[2].full) : three.a.cols.map(({ full }) => full);
    const written = (/** @type {number} */ i, /** @type {number} */ j) => {
      const value = valueAt(three, name, i, j);
      return value === null ? '' : fixed(value);
    };
    return {
      caption: three.common ? `${scene.say('compare.difference')}: ${[...new Set(three.titles)].join(' | ')}` : three.titles[0],
      columns,
      rows: names.rows.map(({ full }, i) => ({ name: full, cells: columns.map((_, j) => written(i, j)) })),
    };
  }
}

/** What a column is called in the i-th map, and whether its sentence lacks this word. @param {Three} three @param {number} i @param {number} col */
function nameOf({ common }, i, col) {
  const { one = 0, other = 0, names = [] } = common?.cols[col] ?? {};
  return { label: names[i], missing: [one, other][i] === null };
}

/** How a number is written in a cell of the i-th map. @param {number} i @param {number} w @param {boolean} wall */
function printOf(i, w, wall) {
  if (i < 2) return w < PRECISE.weight ? brief : undefined;
  return w >= PRECISE.change && !wall ? precise : brief;
}

/** The largest weight of a map. @param {import('./comparedata.js').Grid} grid @returns {Cell} */
function heaviest({ rows, cols, at, masked }) {
  const cells = rows.flatMap((_, row) => cols.map((__, col) => ({ row, col }))).filter(({ row, col }) => !masked(row, col));
  return cells.reduce((best, cell) => (at(cell.row, cell.col) > at(best.row, best.col) ? cell : best), { row: 0, col: 0 });
}

/** What both maps show, said in one line: a head that both have is named once. @param {string} a @param {string} b */
function titleOf(a, b) {
  if (a === b) return a;
  const [[head, ...of], [other, ...from]] = [a.split(' · '), b.split(' · ')];
  return of.length && head === other ? `${head} · A ${of.join(' · ')} · B ${from.join(' · ')}` : `A ${a} · B ${b}`;
}

/** The colours of a difference are those of its two sides. @param {StepScene} scene @param {number} i */
function dyed(scene, i) {
  return i === 2 ? { ...scene, palette: differencePalette(scene.palette) } : scene;
}

/**
 * The cell that a link asks for, if the picture has it.
 * @param {string} text
 * @param {Three} three
 * @returns {Cell | null}
 */
function cellIn(text, { common, a }) {
  const { rows, cols } = common ?? a;
  const found = /^(\d{1,4})\.(\d{1,4})$/.exec(text);
  const cell = found && { row: Number(found[1]), col: Number(found[2]) };
  return cell && cell.row < rows.length && cell.col < cols.length ? cell : null;
}
