/** Small parts that the views of the layer pages share: switches, the names of rows and sublayers, strips and bars on canvas. */

import { clamp, el, join, set, write } from '../dom.js';
import { penOf } from '../draw.js';
import { signedScale } from '../scales.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('./encodermath.js').Side} Side */
/** @typedef {{value: string, text: string, title?: string}} Option */

/** A row of buttons of which one is chosen. */
export class Choice {
  /**
   * @param {string} name for tests and for the eye of a screen reader
   * @param {(value: string) => void} choose
   */
  constructor(name, choose) {
    this.node = el('div', { class: 'switch', role: 'group', 'data-choice': name });
    this.choose = choose;
  }

  /**
   * @param {readonly Option[]} options
   * @param {string} chosen
   * @param {string} label
   */
  draw(options, chosen, label) {
    set(this.node, { 'aria-label': label });
    join(
      this.node,
      options,
      () => el('button', { type: 'button', onclick: (/** @type {Event} */ event) => this.choose(String(/** @type {HTMLElement} */ (event.currentTarget).dataset.value)) }),
      (node, { value, text, title }) => {
        write(node, text);
        set(node, { 'data-value': value, 'aria-pressed': String(value === chosen), title: title ?? null });
      },
    );
  }
}

/** One choice out of many: a menu with its name before it. */
export class Menu {
  /**
   * @param {string} name
   * @param {(value: string) => void} choose
   */
  constructor(name, choose) {
    this.label = el('span');
    this.select = el('select', { onchange: () => choose(this.select.value) });
    this.node = el('label', { class: 'menu', 'data-choice': name }, this.label, this.select);
  }

  /**
   * @param {readonly Option[]} options
   * @param {string} chosen
   * @param {string} label
   */
  draw(options, chosen, label) {
    write(this.label, label);
    join(
      this.select,
      options,
      () => el('option'),
      (node, { value, text }) => {
        write(node, text);
        set(node, { value });
      },
    );
    this.select.value = chosen;
  }
}

/**
 * The words of a side, one label per row. A decoder row reads one word and writes another.
 * @param {Scene} scene
 * @param {Side} side
 * @returns {Label[]}
 */
export function rowLabels({ words }, side) {
  if (side === 'src') return words.src;
  return words.tgtIn.map((reads, i) => {
    const writes = words.tgtOut[i];
    const [text, full] = [`${reads.text} → ${writes.text}`, `${reads.full} → ${writes.full}`];
    return { text, full, token: full };
  });
}

/**
 * The row that is followed on a side: always one that is there.
 * @param {Scene} scene
 * @param {Side} side
 * @param {number} rows
 */
export function followed({ view }, side, rows) {
  const row = view.row[side];
  return row !== null && row < rows ? row : 0;
}

/**
 * @param {Scene} scene
 * @param {{layer: number, part: string}} where
 */
export function sublayerName({ say }, { layer, part }) {
  return part === 'final' ? say('encoder.part.final') : say('encoder.part.layer', { layer: layer + 1, part: say('encoder.part.' + part) });
}

/**
 * A number with a true minus, and as many decimals as it takes.
 * @param {number} value
 * @param {number} [decimals]
 */
export function num(value, decimals = 2) {
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 && Number(text) !== 0 ? '\u2212' : '') + text;
}

/**
 * A tiny difference, such as 3e-8; 0 is 0.
 * @param {number} value
 */
export function tiny(value) {
  return value ? value.toExponential(0).replace('-', '\u2212') : '0';
}

/** @param {ArrayLike<number>} values */
export function largest(values) {
  let max = 0;
  for (let i = 0; i < values.length; i++) max = Math.max(max, Math.abs(values[i]));
  return max || 1;
}

/**
 * A vector as a strip of cells. From 7 px on each negative cell has its minus bar: the sign is never told by colour alone.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {{width: number, height: number, hue: string, max: number, here?: number | null}} style
 * @param {import('../theme.js').Palette} palette
 */
export function drawStrip(canvas, values, { width, height, hue, max, here = null }, palette) {
  const pen = penOf(canvas, width, height);
  const scale = signedScale(palette, hue, palette.negative, max);
  const step = width / Math.max(1, values.length);
  const gap = step >= 5 ? 1 : 0;
  for (let i = 0; i < values.length; i++) {
    pen.fillStyle = scale(values[i]);
    pen.fillRect(i * step, 0, Math.max(0.5, step - gap), height);
    if (values[i] < -0.12 * max && step >= 7) {
      pen.fillStyle = Math.abs(values[i]) > 0.68 * max ? palette.paper : palette.ink;
      pen.fillRect(i * step + step / 2 - 2.5, height / 2 - 0.5, 4, 1.4);
    }
  }
  if (here === null) return;
  pen.strokeStyle = palette.ink;
  pen.lineWidth = 2;
  pen.strokeRect(here * step, 1, step - gap, height - 2);
}

/**
 * @typedef {object} BarsStyle
 * @property {number} width
 * @property {number} height
 * @property {string} hue
 * @property {number} max the value at the upper edge; the lower edge is its negative
 * @property {{mean: ArrayLike<number>, sd: ArrayLike<number>} | null} [band] what each value is compared with
 * @property {number | null} [here] the feature pointed at
 */

/**
 * A vector as bars around 0, with the mean that they are compared with and one standard deviation to either side.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {BarsStyle} style
 * @param {import('../theme.js').Palette} palette
 */
export function drawBars(canvas, values, { width, height, hue, max, band = null, here = null }, palette) {
  const pen = penOf(canvas, width, height);
  const step = width / Math.max(1, values.length);
  /** @param {number} value */
  const y = (value) => height / 2 - (clamp(value, -max, max) / max) * (height / 2 - 2);
  if (here !== null) {
    pen.fillStyle = palette.mark;
    pen.fillRect(here * step, 0, step, height);
  }
  for (let i = 0; band && i < values.length; i++) {
    pen.fillStyle = palette.sunk;
    const top = y(band.mean[i] + band.sd[i]);
    pen.fillRect(i * step, top, step + 0.5, Math.max(1, y(band.mean[i] - band.sd[i]) - top));
  }
  for (let i = 0; i < values.length; i++) {
    pen.fillStyle = values[i] < 0 ? palette.negative : hue;
    const at = y(values[i]);
    const inset = step >= 6 ? step * 0.18 : 0;
    pen.fillRect(i * step + inset, Math.min(at, height / 2), step - 2 * inset, Math.max(0.8, Math.abs(at - height / 2)));
  }
  pen.fillStyle = palette.line2;
  pen.fillRect(0, height / 2 - 0.5, width, 1);
  pen.fillStyle = palette.ink;
  for (let i = 0; band && i < values.length; i++) pen.fillRect(i * step, y(band.mean[i]) - 0.75, step + 0.5, 1.5);
}

/**
 * Which of n features lies under the pointer.
 * @param {MouseEvent} event
 * @param {HTMLElement} node
 * @param {number} n
 */
export function featureAt(event, node, n) {
  const box = node.getBoundingClientRect();
  return clamp(Math.floor(((event.clientX - box.left) / box.width) * n), 0, n - 1);
}

/**
 * On the projector one thing is seen at a time: show this pane alone. At the desk all are there.
 * @param {Scene} scene
 * @param {Record<string, HTMLElement>} panes
 * @param {string} chosen
 */
export function showPanes({ look }, panes, chosen) {
  for (const [name, node] of Object.entries(panes)) node.hidden = look.projector && name !== chosen;
}

/**
 * Two keys step through the words of a side.
 * @param {import('../step/desk.js').Desk} desk
 * @param {Side} side
 * @returns {import('../keys.js').Binding}
 */
export function stepRow(desk, side) {
  return {
    keys: ['ArrowUp', 'ArrowDown'],
    shown: '↑ ↓',
    help: 'encoder.keys.word',
    run: (key) => {
      const words = desk.scene?.words;
      const last = (side === 'src' ? words?.src.length : words?.tgtIn.length) ?? 1;
      desk.change((view) => ({ ...view, row: { ...view.row, [side]: clamp(view.row[side] + (key === 'ArrowUp' ? -1 : 1), 0, last - 1) } }));
    },
  };
}

/**
 * Of many rows as many as fit: the window that holds the one that is followed.
 * @param {number} all
 * @param {number} fit
 * @param {number} at
 * @returns {{first: number, last: number, all: number}} last: one after the last row
 */
export function windowOf(all, fit, at) {
  const per = Math.max(1, Math.floor(fit));
  if (all <= per) return { first: 0, last: all, all };
  const first = Math.floor(clamp(at, 0, all - 1) / per) * per;
  return { first, last: Math.min(all, first + per), all };
}

/** Says which part of a large tensor is seen, "rows 1-22 of 64", and leads to the others. Nothing is cut silently. */
export class Pager {
  /**
   * @param {string} name
   * @param {(first: number) => void} go to the window that holds this row
   */
  constructor(name, go) {
    this.text = el('span', { class: 'num' });
    this.back = el('button', { type: 'button', onclick: () => go(this.window.first - 1) }, '‹');
    this.on = el('button', { type: 'button', onclick: () => go(this.window.last) }, '›');
    this.node = el('span', { class: 'pager', 'data-pager': name }, this.back, this.text, this.on);
    this.window = { first: 0, last: 0, all: 0 };
  }

  /**
   * @param {Scene} scene
   * @param {{first: number, last: number, all: number}} window
   * @param {string} key of the words, with {first} {last} {all}
   */
  draw({ say }, window, key) {
    const { first, last, all } = (this.window = window);
    this.node.hidden = last - first >= all;
    write(this.text, say(key, { first: first + 1, last, all }));
    set(this.back, { 'aria-label': say('step.before'), disabled: first === 0 });
    set(this.on, { 'aria-label': say('step.after'), disabled: last >= all });
  }
}

/**
 * How wide the right column is: beside it the picture needs its room.
 * @param {Scene} scene
 * @param {number} [most] px, at full width
 */
export function sideWidth({ look }, most = 452) {
  return look.projector ? look.width : Math.max(330, Math.min(most, Math.round(look.width * (most / 1156))));
}
