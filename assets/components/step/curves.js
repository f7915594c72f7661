/**
 * Lines over a number, in SVG. The axes are named, the legend says which line is which and what it is under the pointer:
 * it stands above the picture in a line of its own, so nothing moves when somebody points.
 */

import { clamp, el, join, set, svg, write } from '../dom.js';
import { niceTicks, plain } from './curvesmath.js';

/** @typedef {import('../theme.js').Palette} Palette */
/** @typedef {[number, number]} Point */
/**
 * @typedef {object} Line
 * @property {string} name
 * @property {string} colour
 * @property {string} [dash] `6 4`
 * @property {number} [width]
 * @property {readonly Point[]} points
 * @property {readonly Point[]} [dots] what was measured, where the line only leads the eye
 */
/**
 * @typedef {object} Axis
 * @property {string} label
 * @property {number} [min]
 * @property {number} [max]
 * @property {number[]} [ticks]
 * @property {(value: number) => string} [print]
 */
/**
 * @typedef {object} Chart
 * @property {readonly Line[]} lines
 * @property {Axis} x
 * @property {Axis} y
 * @property {number | null} [cursor]
 * @property {string} [label] what a screen reader is told
 * @property {boolean} [bare] no legend: the caller says which line is which
 * @property {boolean} [ends] names at the right end of the lines, where there is room for them
 */
/** @typedef {{palette: Palette, look: {projector: boolean}}} Around */
/** @typedef {{left: number, top: number, width: number, height: number, x: (value: number) => number, y: (value: number) => number, xs: [number, number], ys: [number, number], type: number}} Frame */

export class Curves {
  /** @param {{point?: (x: number | null) => void, pick?: (x: number) => void}} [actions] */
  constructor(actions = {}) {
    this.actions = actions;
    this.legend = el('div', { class: 'curves-legend' });
    this.grid = svg('g', { class: 'curves-grid' });
    this.paths = svg('g', { class: 'curves-lines' });
    this.dots = svg('g', { class: 'curves-dots' });
    this.names = svg('g', { class: 'curves-names' });
    this.hand = svg('line', { class: 'curves-cursor' });
    this.marks = svg('g', { class: 'curves-marks' });
    this.field = svg('svg', { role: 'img' }, this.grid, this.hand, this.paths, this.dots, this.marks, this.names);
    this.node = el('div', { class: 'curves' }, this.legend, this.field);
    /** @type {{around: Around, chart: Chart, frame: Frame} | null} */
    this.now = null;
    this.field.addEventListener('pointermove', (event) => this.follow(event));
    this.field.addEventListener('pointerleave', () => this.leave());
    this.field.addEventListener('click', (event) => {
      const x = this.under(event);
      if (x !== null) this.actions.pick?.(x);
    });
  }

  /**
   * @param {Around} around
   * @param {Chart} chart
   * @param {{width: number, height: number}} size of everything, legend included
   */
  draw(around, chart, size) {
    const type = around.look.projector ? 20 : 13;
    const legend = chart.bare ? 0 : type + 11;
    const frame = frameOf(chart, { width: size.width, height: size.height - legend }, type);
    this.now = { around, chart, frame };
    set(this.node, { style: `width:${size.width}px;height:${size.height}px` });
    set(this.legend, { hidden: chart.bare ? '' : null, style: legendStyle(legend, type) });
    const height = size.height - legend;
    set(this.field, { width: size.width, height, viewBox: `0 0 ${size.width} ${height}`, 'aria-label': chart.label ?? '', style: 'touch-action:pan-y' });
    this.drawGrid(around, chart, frame);
    this.drawLines(chart, frame);
    this.drawNames(around, chart, frame, size.width);
    this.point(chart.cursor ?? null);
  }

  /**
   * Ticks, their numbers, and the two axes.
   * @param {Around} around
   * @param {Chart} chart
   * @param {Frame} frame
   */
  drawGrid({ palette }, chart, frame) {
    const right = frame.left + frame.width;
    const bottom = frame.top + frame.height;
    const ys = (chart.y.ticks ?? niceTicks(...frame.ys, Math.max(2, frame.height / (frame.type * 2.6)))).map((value) => ({ value, across: true }));
    const xs = (chart.x.ticks ?? niceTicks(...frame.xs, Math.max(2, frame.width / (frame.type * 5)), true)).map((value) => ({ value, across: false }));
    const floor = { value: frame.ys[0], across: true, edge: true };
    join(
      this.grid,
      [...ys, ...xs, floor],
      () => svg('g', {}, svg('line'), svg('text', { class: 'note' })),
      (node, tick) => {
        const [line, text] = node.children;
        const edge = 'edge' in tick;
        const colour = edge || (tick.across && tick.value === 0) ? palette.line2 : palette.line;
        const y = frame.y(tick.value);
        const x = frame.x(tick.value);
        const ends = tick.across ? { x1: frame.left, x2: right, y1: y, y2: y } : { x1: x, x2: x, y1: bottom, y2: bottom + 4 };
        set(line, { ...ends, stroke: tick.across ? colour : palette.line2 });
        const place = tick.across ? { x: frame.left - 6, y: y + frame.type * 0.34, 'text-anchor': 'end' } : { x, y: bottom + frame.type + 5, 'text-anchor': 'middle' };
        set(text, { ...place, 'font-size': frame.type, style: `font-family:${palette.fonts.num}` });
        const print = (tick.across ? chart.y.print : chart.x.print) ?? plain;
        write(text, edge ? '' : print(tick.value));
      },
    );
  }

  /**
   * @param {Chart} chart
   * @param {Frame} frame
   */
  drawLines(chart, frame) {
    join(
      this.paths,
      chart.lines,
      () => svg('path', { fill: 'none', 'stroke-linejoin': 'round' }),
      (node, line) => {
        const d = line.points.map(([x, y], at) => `${at ? 'L' : 'M'}${frame.x(x).toFixed(2)},${frame.y(y).toFixed(2)}`).join('');
        set(node, { d: d || null, stroke: line.colour, 'stroke-width': line.width ?? 1.75, 'stroke-dasharray': line.dash ?? null });
      },
    );
    const dots = chart.lines.flatMap(({ dots = [], colour }) => dots.map(([x, y]) => ({ x, y, colour })));
    join(
      this.dots,
      dots,
      () => svg('circle', { r: 2 }),
      (node, dot) => set(node, { cx: frame.x(dot.x).toFixed(2), cy: frame.y(dot.y).toFixed(2), fill: dot.colour }),
    );
  }

  /**
   * What the axes are: the one that goes up at its top, the one that goes right at its end.
   * @param {Around} around
   * @param {Chart} chart
   * @param {Frame} frame
   * @param {number} width
   */
  drawNames({ palette }, chart, frame, width) {
    const names = [
      { text: chart.y.label, x: 0, y: frame.type - 1, anchor: 'start' },
      { text: chart.x.label, x: width - 2, y: frame.top + frame.height + 2 * frame.type + 8, anchor: 'end' },
    ];
    const ends = chart.ends ? endsOf(chart, frame) : [];
    join(
      this.names,
      [...names.filter(({ text }) => text).map((name) => ({ ...name, kind: 'axis' })), ...ends],
      () => svg('text'),
      (node, name) => {
        set(node, { class: name.kind, x: name.x, y: name.y, 'text-anchor': name.anchor, 'font-size': frame.type, style: `font-family:${palette.fonts.ui}` });
        write(node, name.text);
      },
    );
  }

  /**
   * Say what every line is at a place. Attributes only.
   * @param {number | null} x
   */
  point(x) {
    if (!this.now) return;
    const { around, chart, frame } = this.now;
    const [low, high] = frame.xs;
    const inside = x !== null && x >= low && x <= high;
    const at = chart.lines.map((line) => (inside ? reached(line.dots ?? line.points, x) : null));
    const place = inside ? frame.x(x) : 0;
    set(this.hand, { visibility: inside ? 'visible' : 'hidden', x1: place, x2: place, y1: frame.top, y2: frame.top + frame.height, stroke: around.palette.markline, 'stroke-width': 1.25 });
    join(
      this.marks,
      chart.lines,
      () => svg('circle', { r: 4 }),
      (node, line, nth) => {
        const found = at[nth];
        set(node, { visibility: found ? 'visible' : 'hidden', fill: line.colour, stroke: around.palette.paper, 'stroke-width': 1.25 });
        if (found) set(node, { cx: frame.x(found[0]), cy: frame.y(found[1]) });
      },
    );
    if (!chart.bare) this.drawLegend(chart, at, frame);
  }

  /**
   * @param {Chart} chart
   * @param {(Point | null)[]} at
   * @param {Frame} frame
   */
  drawLegend(chart, at, frame) {
    const print = chart.y.print ?? plain;
    join(
      this.legend,
      chart.lines,
      () => el('span', {}, svg('svg', { width: 20, height: 12 }, svg('line', { x1: 0, x2: 20, y1: 6, y2: 6 })), el('span'), el('b', { class: 'num' })),
      (node, line, nth) => {
        set(node, { style: 'display:inline-flex;align-items:center;gap:5px;white-space:nowrap' });
        const [swatch, name, value] = node.children;
        set(swatch.children[0], { stroke: line.colour, 'stroke-width': Math.max(2, line.width ?? 2), 'stroke-dasharray': line.dash ?? null });
        write(name, line.name);
        const found = at[nth];
        set(value, { style: `min-width:${frame.type * 2.6}px` });
        write(value, found ? print(found[1]) : '');
      },
    );
  }

  /** @param {PointerEvent} event */
  follow(event) {
    const x = this.under(event);
    this.point(x);
    this.actions.point?.(x);
  }

  leave() {
    this.point(this.now?.chart.cursor ?? null);
    this.actions.point?.(null);
  }

  /**
   * The place on the x axis under the pointer at which a line has a point.
   * @param {MouseEvent} event
   * @returns {number | null}
   */
  under(event) {
    if (!this.now) return null;
    const { chart, frame } = this.now;
    const across = (event.clientX - this.field.getBoundingClientRect().left - frame.left) / frame.width;
    if (across < -0.02 || across > 1.02) return null;
    const x = frame.xs[0] + clamp(across, 0, 1) * (frame.xs[1] - frame.xs[0]);
    const found = chart.lines.map((line) => nearest(line.dots ?? line.points, x)).filter((point) => point !== null);
    if (!found.length) return null;
    return found.reduce((best, point) => (Math.abs(point[0] - x) < Math.abs(best[0] - x) ? point : best))[0];
  }
}

/**
 * @param {number} height
 * @param {number} type
 */
function legendStyle(height, type) {
  return `display:flex;flex-wrap:wrap;gap:0 ${type}px;height:${height}px;overflow:hidden;font-size:${type}px;line-height:${type + 7}px`;
}

/**
 * Where the lines go, and from numbers to places.
 * @param {Chart} chart
 * @param {{width: number, height: number}} size
 * @param {number} type
 * @returns {Frame}
 */
function frameOf(chart, size, type) {
  const all = chart.lines.flatMap((line) => [...line.points, ...(line.dots ?? [])]);
  const xs = rangeOf(chart.x, all.map(([x]) => x));
  const ys = rangeOf(chart.y, all.map(([, y]) => y));
  const printed = (chart.y.ticks ?? niceTicks(...ys, 3)).map(chart.y.print ?? plain);
  const left = Math.max(2, ...printed.map((text) => text.length)) * type * 0.62 + 8;
  const top = chart.y.label ? type + 10 : 6;
  const below = chart.x.ticks?.length === 0 ? 4 : type + 8 + (chart.x.label ? type + 3 : 0);
  const right = chart.ends ? Math.max(...chart.lines.map(({ name }) => name.length)) * type * 0.62 + 8 : 8;
  const [width, height] = [size.width - left - right, Math.max(10, size.height - top - below)];
  return {
    left,
    top,
    width,
    height,
    xs,
    ys,
    type,
    x: (value) => left + ((value - xs[0]) / (xs[1] - xs[0])) * width,
    y: (value) => top + height - ((value - ys[0]) / (ys[1] - ys[0])) * height,
  };
}

/**
 * @param {Axis} axis
 * @param {number[]} values
 * @returns {[number, number]}
 */
function rangeOf(axis, values) {
  const low = axis.min ?? values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = axis.max ?? values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/**
 * The point of a line at a place; null where the line does not reach it.
 * @param {readonly Point[]} points
 * @param {number} x
 * @returns {Point | null}
 */
function reached(points, x) {
  const found = nearest(points, x);
  const step = points.length > 1 ? Math.abs(points[1][0] - points[0][0]) : 1;
  return found && Math.abs(found[0] - x) <= step * 0.51 ? found : null;
}

/**
 * The names of lines beside their ends; one that would lie on another is left out.
 * @param {Chart} chart
 * @param {Frame} frame
 */
function endsOf({ lines }, frame) {
  /** @type {number[]} */
  const taken = [];
  return lines.flatMap(({ name, points }) => {
    const end = points[points.length - 1];
    const y = end ? frame.y(end[1]) + frame.type * 0.34 : NaN;
    if (!end || taken.some((other) => Math.abs(other - y) < frame.type)) return [];
    taken.push(y);
    return [{ text: name, x: frame.x(end[0]) + 4, y, anchor: 'start', kind: 'strong' }];
  });
}

/**
 * The point of a line that is nearest to a place.
 * @param {readonly Point[]} points
 * @param {number} x
 * @returns {Point | null}
 */
function nearest(points, x) {
  /** @type {Point | null} */
  let best = null;
  for (const point of points) if (!best || Math.abs(point[0] - x) < Math.abs(best[0] - x)) best = point;
  return best;
}
