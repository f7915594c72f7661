/** The curves of a training over its steps. Steps stand on a square-root axis: heads form early. Pointing costs no server. */

import { el, join, set, svg, write } from '../dom.js';
import { headColour } from '../theme.js';
import { valueAt } from './pictures.js';
import { stepScale } from './steps.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */
/** @typedef {import('./pictures.js').Picture} Picture */
/** @typedef {import('./pictures.js').Stroke} Stroke */

const BESIDE = { opacity: 0.55, width: 1.5 };

export class Chart {
  /** @param {(step: number) => void} pick */
  constructor(pick) {
    this.grid = svg('g');
    this.paths = svg('g', { class: 'chart-paths' });
    this.dots = svg('g');
    this.flags = svg('g', { class: 'chart-flags', 'data-part': 'flags' });
    this.hand = svg('path', { class: 'chart-hand' });
    this.marks = svg('g');
    this.texts = svg('g');
    this.field = svg('svg', { role: 'img', class: 'chart', 'data-part': 'chart' }, this.grid, this.hand, this.paths, this.dots, this.flags, this.marks, this.texts);
    this.node = el('div', { class: 'chart-box' }, this.field);
    /** @type {import('./steps.js').StepScale | null} */
    this.scale = null;
    let held = false;
    const move = (/** @type {PointerEvent} */ event) => this.scale && pick(this.scale.stepAt(event.clientX - this.field.getBoundingClientRect().left));
    this.field.addEventListener('pointerdown', (event) => {
      held = true;
      this.field.setPointerCapture(event.pointerId);
      move(event);
    });
    this.field.addEventListener('pointermove', (event) => held && move(event));
    for (const end of ['pointerup', 'pointercancel']) this.field.addEventListener(end, () => (held = false));
  }

  /**
   * @param {TrainScene} scene
   * @param {Picture} picture
   * @param {{width: number, height: number}} size
   */
  draw(scene, picture, size) {
    const type = scene.look.projector ? 20 : 13;
    const scale = (this.scale = stepScale(scene, size.width));
    const top = type + 11;
    const frame = { type, top, bottom: size.height - type - 9, left: scale.left, right: scale.right, width: size.width };
    set(this.field, { width: size.width, height: size.height, viewBox: `0 0 ${size.width} ${size.height}`, 'aria-label': scene.say('train.curve.label') });
    this.drawGrid(scene, picture, frame);
    this.drawStrokes(scene, picture, frame);
    this.drawTexts(scene, picture, frame);
    this.drawFlags(scene, frame);
    this.drawHand(scene, picture, frame, size.height);
  }

  /**
   * @param {TrainScene} scene
   * @param {Picture} picture
   * @param {Frame} frame
   */
  drawGrid({ palette }, picture, frame) {
    const { left, right, type } = frame;
    const rows = [
      ...picture.left.ticks.map(({ y, text }) => ({ y, text, x: left - 8, anchor: 'end', line: true })),
      ...(picture.right?.ticks ?? []).map(({ y, text }) => ({ y, text, x: right + 8, anchor: 'start', line: false })),
      ...picture.names.map(({ y }) => ({ y, text: '', x: 0, anchor: 'start', line: true })),
    ];
    const steps = (this.scale?.ticks ?? []).map((step) => ({ step, text: String(step) }));
    join(
      this.grid,
      [...rows, ...steps],
      () => svg('g', {}, svg('line'), svg('text', { class: 'note num' })),
      (node, tick) => {
        const [line, text] = node.children;
        if ('step' in tick) {
          const x = this.scale?.x(tick.step) ?? 0;
          set(line, { x1: x, x2: x, y1: frame.bottom, y2: frame.bottom + 4, stroke: palette.line2 });
          set(text, { x, y: frame.bottom + type + 5, 'text-anchor': 'middle', 'font-size': type });
        } else {
          const y = placeOf(frame, tick.y);
          set(line, { x1: left, x2: right, y1: y, y2: y, stroke: !tick.line ? 'none' : tick.y === 0 ? palette.line2 : palette.line });
          set(text, { x: tick.x, y: y + type * 0.34, 'text-anchor': tick.anchor, 'font-size': type });
        }
        write(text, tick.text);
      },
    );
  }

  /**
   * @param {TrainScene} scene
   * @param {Picture} picture
   * @param {Frame} frame
   */
  drawStrokes({ palette }, picture, frame) {
    const x = (/** @type {number} */ step) => this.scale?.x(step) ?? 0;
    join(
      this.paths,
      picture.strokes,
      () => svg('path', { fill: 'none', 'stroke-linejoin': 'round', 'stroke-linecap': 'round' }),
      (node, stroke) => {
        const d = stroke.points.map(([step, value], at) => `${at ? 'L' : 'M'}${x(step).toFixed(1)},${placeOf(frame, stroke.y(value)).toFixed(1)}`).join('');
        const how = stroke.beside ? { 'stroke-opacity': BESIDE.opacity, 'stroke-width': BESIDE.width, stroke: typeof stroke.colour === 'number' ? headColour(palette, stroke.colour) : palette.ink3 } : { 'stroke-opacity': null, 'stroke-width': stroke.width ?? 2, stroke: inkOf(palette, stroke) };
        set(node, { d: d || null, 'stroke-dasharray': stroke.dash ?? null, 'data-beside': stroke.beside ? '' : null, ...how });
      },
    );
    const dots = picture.strokes.filter(({ dots }) => dots).flatMap((stroke) => stroke.points.map(([step, value]) => ({ cx: x(step), cy: placeOf(frame, stroke.y(value)), fill: inkOf(palette, stroke) })));
    join(
      this.dots,
      dots,
      () => svg('circle', { r: 2.25 }),
      (node, dot) => set(node, dot),
    );
  }

  /**
   * @param {TrainScene} scene
   * @param {Picture} picture
   * @param {Frame} frame
   */
  drawTexts({ say, palette, reel }, picture, frame) {
    const { type, width, left, right } = frame;
    const texts = [
      { text: say('train.curve.sqrt'), value: '', x: 0, y: frame.bottom + type + 5, anchor: 'start', class: 'note' },
      { text: say('train.curve.steps'), value: '', x: width, y: frame.bottom + type + 5, anchor: 'end', class: 'note' },
      ...picture.names.map((name) => ({ text: name.text, value: '', x: left - 8, y: placeOf(frame, name.y) - 3, anchor: 'end', class: '' })),
      ...picture.names.map((name) => ({ text: '', value: name.value, x: right + 8, y: placeOf(frame, name.y) - 3, anchor: 'start', class: '' })),
      ...ends(picture, frame, this.scale),
      ...(picture.empty ? [{ text: emptyText(reel, say), value: '', x: (left + right) / 2, y: (frame.top + frame.bottom) / 2, anchor: 'middle', class: 'note' }] : []),
    ];
    join(
      this.texts,
      texts,
      () => svg('text', {}, svg('tspan'), svg('tspan')),
      (node, one) => {
        const [text, value] = node.children;
        set(node, { class: one.class, x: one.x, y: one.y, 'text-anchor': one.anchor, 'font-size': type });
        write(text, one.text + (one.value && one.text ? '\u2002' : ''));
        write(value, one.value);
        set(value, { style: `font-family:${palette.fonts.num};font-weight:600` });
      },
    );
  }

  /**
   * What happened when: a number above the curves, the sentence in the list below.
   * @param {TrainScene} scene
   * @param {Frame} frame
   */
  drawFlags({ palette, events, step }, frame) {
    /** @type {{x: number, first: number, last: number, here: boolean}[]} */
    const flags = [];
    events.forEach((event, nth) => {
      const x = this.scale?.x(event.step) ?? 0;
      const before = flags.at(-1);
      if (before && x - before.x < frame.type * 1.3) Object.assign(before, { last: nth + 1, here: before.here || event.step === step });
      else flags.push({ x, first: nth + 1, last: nth + 1, here: event.step === step });
    });
    const { type, top } = frame;
    join(
      this.flags,
      flags,
      () => svg('g', {}, svg('path'), svg('text', { 'text-anchor': 'middle', class: 'num' })),
      (node, { x, first, last, here }) => {
        const [arrow, text] = node.children;
        set(arrow, { d: `M${x - 4},${top - 7}h8l-4,6z`, fill: palette.ink2 });
        set(text, { x, y: top - 9, 'font-size': type, 'font-weight': here ? 700 : 400 });
        write(text, first === last ? String(first) : `${first}–${last}`);
      },
    );
  }

  /**
   * @param {TrainScene} scene
   * @param {Picture} picture
   * @param {Frame} frame
   * @param {number} height
   */
  drawHand({ palette, step, frame: shown }, picture, frame, height) {
    const x = this.scale?.x(step) ?? 0;
    // A number below the axis stays whole: the line goes on behind it.
    const covers = (this.scale?.ticks ?? []).some((tick) => Math.abs((this.scale?.x(tick) ?? 0) - x) < (String(tick).length * frame.type) / 3);
    const line = covers ? `V${frame.bottom + 4}M${x},${frame.bottom + frame.type + 8}` : '';
    set(this.hand, { d: `M${x},${frame.top - 2}${line}V${height}`, visibility: shown ? 'visible' : 'hidden', stroke: palette.markline, 'stroke-width': 2 });
    const marks = picture.strokes.flatMap((stroke) => {
      const value = stroke.mark && shown ? valueAt(stroke.points, step) : null;
      return value === null ? [] : [{ cy: placeOf(frame, stroke.y(value)), fill: stroke.beside ? palette.ink3 : inkOf(palette, stroke), r: stroke.beside ? 3.5 : 5 }];
    });
    join(
      this.marks,
      marks,
      () => svg('circle'),
      (node, mark) => set(node, { ...mark, cx: x, stroke: palette.paper, 'stroke-width': 1.5 }),
    );
  }
}

/** @typedef {{type: number, top: number, bottom: number, left: number, right: number, width: number}} Frame */

/**
 * @param {Frame} frame
 * @param {number} share
 */
function placeOf({ top, bottom }, share) {
  return bottom - share * (bottom - top);
}

/**
 * @param {import('../theme.js').Palette} palette
 * @param {Stroke} stroke
 */
function inkOf(palette, { colour }) {
  return typeof colour === 'number' ? headColour(palette, colour) : /** @type {any} */ (palette)[colour];
}

/**
 * @param {import('./reel.js').Reel} reel
 * @param {import('../strings.js').Say} say
 */
function emptyText(reel, say) {
  if (reel.active) return say(reel.job?.state === 'waiting' ? 'train.curve.queued' : 'train.curve.waiting');
  return say(reel.lines.length ? 'train.curve.unmeasured' : reel.complete ? 'train.curve.none' : 'train.curve.loading');
}

/**
 * The names of lines beside their ends, one below the other.
 * @param {Picture} picture
 * @param {Frame} frame
 * @param {import('./steps.js').StepScale | null} scale
 */
function ends({ strokes }, frame, scale) {
  const found = strokes.flatMap(({ end, points, y }) => {
    const last = points.at(-1);
    return end && last ? [{ text: end, x: (scale?.x(last[0]) ?? 0) + 8, y: placeOf(frame, y(last[1])) + frame.type * 0.34 }] : [];
  });
  found.sort((a, b) => a.y - b.y);
  found.forEach((one, at) => at && (one.y = Math.max(one.y, found[at - 1].y + frame.type)));
  const over = Math.max(0, (found.at(-1)?.y ?? 0) - frame.bottom);
  return found.map((one) => ({ ...one, y: one.y - over, value: '', anchor: 'start', class: 'strong' }));
}
