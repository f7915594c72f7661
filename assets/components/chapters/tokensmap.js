/** The embedding table as a map: each row a dot, flattened to the two directions along which the rows differ most. */

import { clamp, el, set, write } from '../dom.js';
import { penOf } from '../draw.js';
import { widthOf } from '../tokens.js';
import { askNear, NearList, nearWidth, rowOf, tokenName } from './tokensnear.js';
import { dotAt, placeNames, placesOf } from './tokensplane.js';
import { SideSwitch, sideOf, tokensOf } from './tokensside.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */
/** @typedef {import('./tokensplane.js').Point} Point */
/** @typedef {{shares: [number, number], n: number, shown: number}} About */
/** @typedef {{scene: Scene, side: import('./tokensside.js').Side, about: About, places: Point[], inside: Set<number>, id: number, size: {width: number, height: number}, type: number}} Now */

const GAP = 36; // between the picture and the list
const REACH = 14; // pixels around a dot
const MOST_NAMES = 400; // that are tried beside those of the sentence
const DOTS_IN_THE_WAY = 1500; // more than these cannot all be kept clear of names
const ZOOMS = 1.5;
const HOME = { zoom: 1, x: 0.5, y: 0.5 };

export class EmbeddingMap {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.camera = { ...HOME };
    this.sides = new SideSwitch(desk);
    this.said = el('p', { class: 'note' });
    this.zoom = ['−', '+', '⤢'].map((sign, i) => el('button', { type: 'button', onclick: () => this.turn(i) }, sign));
    this.canvas = el('canvas', { role: 'img', 'data-part': 'map' });
    this.axes = el('p', { class: 'map-axes quiet' }, el('span'), el('span'));
    this.read = el('p', { class: 'covers', role: 'status' });
    this.near = new NearList((id) => this.choose(id));
    const tools = el('div', { class: 'map-tools', role: 'group' }, ...this.zoom);
    const picture = el('div', { class: 'map-picture' }, this.canvas, tools, this.axes, this.read);
    this.node = el('div', { class: 'tokens-map' }, el('div', { class: 'controls' }, this.sides.node, this.said), el('div', { class: 'rows-body' }, picture, this.near.node));
    /** @type {Now | null} */
    this.now = null;
    this.hovered = -1;
    /** @type {{x: number, y: number, camera: import('./tokensplane.js').Camera, moved: boolean} | null} */
    this.drag = null;
    this.listen();
  }

  listen() {
    this.canvas.addEventListener('pointerdown', (event) => {
      this.drag = { x: event.clientX, y: event.clientY, camera: { ...this.camera }, moved: false };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener('pointermove', (event) => (this.drag ? this.pull(event) : this.hover(event)));
    this.canvas.addEventListener('pointerup', (event) => {
      const clicked = this.drag && !this.drag.moved;
      this.drag = null;
      if (clicked) this.click(event);
    });
    this.canvas.addEventListener('pointercancel', () => (this.drag = null));
    this.canvas.addEventListener('pointerleave', () => this.show(-1));
    this.canvas.addEventListener('dblclick', () => this.turn(1));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const side = sideOf(this.desk);
    const { say, look, model, pass } = scene;
    this.sides.draw(scene, side);
    const id = rowOf(this.desk, scene, side);
    this.near.draw(scene, side, id, say('tokens.map.lines'));
    const answer = scene.ask({ what: 'plane', side });
    ['tokens.map.out', 'tokens.map.in', 'tokens.map.home'].forEach((key, i) => set(this.zoom[i], { title: say(key), 'aria-label': say(key) }));
    if (!answer || answer.trouble) return write(this.said, answer?.trouble ? say(answer.trouble.key, answer.trouble.values) : say('tokens.learning'));
    /** @type {About} */
    const about = /** @type {any} */ (answer).header;
    const points = /** @type {any} */ (answer).tensors.get('points').values;
    const shares = { all: about.n, width: model.d_model, both: tenths(about.shares[0] + about.shares[1]) };
    write(this.said, about.shown < about.n ? say('tokens.map.window', { ...shares, shown: about.shown }) : say('tokens.map.said', shares));
    about.shares.forEach((one, i) => write(this.axes.children[i], say(i ? 'tokens.map.second' : 'tokens.map.first', { share: tenths(one) })));
    set(this.node, { style: `--near:${nearWidth(scene)}px` });
    const size = { width: look.width - nearWidth(scene) - GAP, height: look.height - (look.projector ? 150 : 116) };
    const places = placesOf(points, { left: 0, top: 0, ...size }, this.camera);
    const inside = new Set(tokensOf(scene, side).ids);
    this.now = { scene, side, about, places, inside, id, size, type: look.projector ? 20 : 13 };
    set(this.canvas, { 'aria-label': say('tokens.map.label', { n: about.n, vocab: pass.vocab[side].length }) });
    this.paint();
    this.show(this.hovered);
  }

  paint() {
    const { now } = this;
    if (!now) return;
    const { scene, side, places, inside, id, size, type } = now;
    const { palette, pass } = scene;
    const pen = penOf(this.canvas, size.width, size.height);
    const near = askNear(scene, side, id)?.near ?? [];
    this.paintLines(pen, now, near);
    places.forEach((place, i) => {
      if (inside.has(i) || i === id) return;
      dot(pen, place, 2.5, palette.ink3);
    });
    for (const i of inside) if (places[i]) dot(pen, places[i], 5, palette.stream);
    if (places[id]) ring(pen, places[id], palette);
    const wished = [id, ...inside, ...near.map(([other]) => other), ...Array.from({ length: Math.min(places.length, MOST_NAMES) }, (_, i) => i)];
    const names = [...new Set(wished)].filter((i) => places[i]).map((i) => ({ i, text: tokenName(pass.vocab[side][i] ?? String(i)), strong: inside.has(i) || i === id }));
    const font = (/** @type {boolean} */ strong) => `${strong ? 700 : 400} ${strong ? type + 3 : type}px ${palette.fonts.word}`;
    const placed = placeNames(names.map(({ i, text, strong }) => ({ id: i, strong, ...places[i], width: widthOf(text, font(strong)) })), type + 5, { left: 0, top: 0, ...size }, places.length <= DOTS_IN_THE_WAY ? places : []);
    pen.textBaseline = 'middle';
    for (const place of placed) {
      const name = names.find(({ i }) => i === place.id);
      if (!name) continue;
      pen.font = font(name.strong);
      pen.textAlign = place.anchor === 'middle' ? 'center' : place.anchor;
      pen.fillStyle = name.strong ? palette.ink : palette.ink2;
      pen.strokeStyle = palette.paper;
      pen.lineWidth = 3;
      pen.strokeText(name.text, place.x, place.y);
      pen.fillText(name.text, place.x, place.y);
    }
  }

  /**
   * Lines to the nearest rows of the whole table: in the picture they need not be the nearest dots.
   * @param {CanvasRenderingContext2D} pen
   * @param {Now} now
   * @param {[number, number][]} near
   */
  paintLines(pen, { scene, places, id }, near) {
    const from = places[id];
    if (!from) return;
    pen.strokeStyle = scene.palette.stream;
    for (const [other, cosine] of near) {
      const to = places[other];
      if (!to) continue;
      pen.globalAlpha = clamp(0.25 + cosine, 0.25, 1);
      pen.lineWidth = clamp(1 + 3 * cosine, 1, 4);
      pen.beginPath();
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x, to.y);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  /** @param {PointerEvent} event */
  under(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.now ? dotAt(this.now.places, { x: event.clientX - box.left, y: event.clientY - box.top }, REACH) : -1;
  }

  /** @param {PointerEvent} event */
  hover(event) {
    this.show(this.under(event));
  }

  /** @param {PointerEvent} event */
  click(event) {
    const at = this.under(event);
    if (at >= 0) this.choose(at);
  }

  /** @param {number} id */
  choose(id) {
    this.desk.set('word', String(id));
  }

  /**
   * Say which dot lies under the pointer; without one, which row is chosen.
   * @param {number} at
   */
  show(at) {
    this.hovered = at;
    if (!this.now) return;
    const { scene, side, id } = this.now;
    const shown = at >= 0 && at < this.now.places.length ? at : id;
    const values = { token: tokenName(scene.pass.vocab[side][shown] ?? ''), id: shown };
    write(this.read, scene.say(this.now.inside.has(shown) ? 'tokens.map.here' : 'tokens.map.elsewhere', values));
    this.canvas.style.cursor = at >= 0 ? 'pointer' : 'grab';
  }

  /**
   * Zoom out, in, or home; around the chosen dot where one is in sight.
   * @param {number} which
   */
  turn(which) {
    if (which === 2) this.camera = { ...HOME };
    else this.camera.zoom = clamp(this.camera.zoom * (which ? ZOOMS : 1 / ZOOMS), 1, 40);
    if (this.camera.zoom === 1) this.camera = { ...HOME };
    this.again();
  }

  /** @param {PointerEvent} event */
  pull(event) {
    const { drag, now } = this;
    if (!drag || !now) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (Math.abs(dx) + Math.abs(dy) < 4 && !drag.moved) return;
    drag.moved = true;
    const { zoom } = this.camera;
    this.camera.x = clamp(drag.camera.x - dx / (now.size.width * zoom), 0, 1);
    this.camera.y = clamp(drag.camera.y + dy / (now.size.height * zoom), 0, 1);
    this.again();
  }

  again() {
    if (this.now) this.draw(this.now.scene);
  }

  /**
   * Go to another word of the sentence.
   * @param {number} step
   */
  move(step) {
    const { now } = this;
    if (!now) return;
    const ids = [...now.inside];
    this.choose(ids[(Math.max(0, ids.indexOf(now.id)) + step + ids.length) % ids.length]);
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    return [
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'tokens.keys.row', run: (key) => this.move(key === 'ArrowUp' ? -1 : 1) },
      { keys: ['+', '='], shown: '+', help: 'tokens.map.in', run: () => this.turn(1) },
      { keys: ['-'], shown: '−', help: 'tokens.map.out', run: () => this.turn(0) },
      { keys: ['0'], shown: '0', help: 'tokens.map.home', run: () => this.turn(2) },
    ];
  }

  /** @param {Scene} scene */
  table(scene) {
    const side = sideOf(this.desk);
    const answer = scene.ask({ what: 'plane', side });
    const values = answer && !answer.trouble ? /** @type {any} */ (answer).tensors.get('points').values : [];
    const { ids } = tokensOf(scene, side);
    const all = scene.pass.vocab[side];
    const order = [...new Set([...ids, ...all.keys()])].filter((id) => 2 * id < values.length);
    const number = (/** @type {number} */ value) => (value < 0 ? '\u2212' : '') + Math.abs(value).toFixed(3);
    return {
      caption: scene.say('tokens.map.table'),
      columns: ['id', '1', '2'],
      rows: order.map((id) => ({ name: tokenName(all[id]), cells: [String(id), number(values[2 * id]), number(values[2 * id + 1])] })),
    };
  }
}

/** @param {number} share */
function tenths(share) {
  return (share * 100).toFixed(1) + '\u202f%';
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Point} place
 * @param {number} radius
 * @param {string} colour
 */
function dot(pen, { x, y }, radius, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Point} place
 * @param {import('../theme.js').Palette} palette
 */
function ring(pen, { x, y }, palette) {
  pen.strokeStyle = palette.mark;
  pen.lineWidth = 5;
  pen.beginPath();
  pen.arc(x, y, 8, 0, 2 * Math.PI);
  pen.stroke();
  pen.strokeStyle = palette.markline;
  pen.lineWidth = 1.5;
  pen.stroke();
}
