/** What the views of Heads share: a head as a square with its name, a bar with its interval, and waiting for a passport. */

import { clamp, el, set, write } from '../dom.js';
import { without } from '../edit/editplan.js';
import { act, shortPlace, writeActs, writeBits } from '../notation.js';
import { headColour } from '../theme.js';
import { kindsOf } from './measures.js';
import { passportOf } from './passports.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./passports.js').Passport} Passport */
/** @typedef {import('./passports.js').Measure} Measure */

export const MOST_OUT = 40; // heads that a link switches off
const ROUND = 8; // pixels around what is scrolled to

/**
 * The short name of a block: `D2 cross`.
 * @param {string} block
 * @param {import('../strings.js').Say} say
 */
export function shortName(block, say) {
  const [stack, layer, part] = block.split('.');
  return say(`heads.short.${part === 'cross_attn' ? 'cross' : stack}`, { layer: Number(layer) + 1 });
}

/**
 * The kind of a block as the passport sorts them.
 * @param {string} block
 */
export function kindOfBlock(block) {
  return block.endsWith('.cross_attn') ? 'cross' : block.split('.')[0];
}

export function headMark() {
  return el('span', { class: 'heads-mark' }, el('i', { class: 'square num' }), el('span'));
}

/**
 * @param {Element} node made by headMark
 * @param {StepScene} scene
 * @param {string} block
 * @param {number} head
 */
export function drawMark(node, { palette, say }, block, head) {
  write(node.children[0], String(head + 1));
  set(node.children[0], { style: `--head:${headColour(palette, head)}` });
  write(node.children[1], shortName(block, say));
}

export function whisker() {
  return el('i', { class: 'heads-whisker' }, el('i', { class: 'value' }), el('i', { class: 'range' }));
}

/**
 * A bar from 0 to the value, and the interval as a line over it.
 * @param {Element} node made by whisker
 * @param {Measure} measure
 * @param {{low: number, max: number}} scale
 */
export function drawWhisker(node, { value, low, high }, scale) {
  const place = (/** @type {number} */ x) => 100 * clamp((x - scale.low) / (scale.max - scale.low || 1), 0, 1);
  const [zero, end] = [place(0), place(value)];
  set(node.children[0], { style: `left:${Math.min(zero, end).toFixed(2)}%;width:${Math.abs(end - zero).toFixed(2)}%`, class: value < 0 ? 'value minus' : 'value' });
  set(node.children[1], { style: `left:${place(low).toFixed(2)}%;width:${(place(high) - place(low)).toFixed(2)}%` });
}

/** The head that is looked at: that of the address, if the run has it. @param {StepScene} scene @param {Passport} passport */
export function chosenHead({ view, header }, passport) {
  const block = passport.blocks[view.at] ? view.at : passport.blocks[header.start?.block] ? header.start.block : Object.keys(passport.blocks)[0];
  return { block, head: clamp(view.head, 0, passport.blocks[block].length - 1) };
}

/**
 * One head on this sentence, as any picture of a map needs it.
 * @param {StepScene} scene
 * @param {string} block
 * @param {number} head
 */
export function mapOf({ pass, words }, block, head) {
  const own = block.startsWith('encoder.') || block.endsWith('.cross_attn') ? words.src : words.tgtIn;
  return {
    rows: block.startsWith('encoder.') ? words.src : words.tgtIn,
    cols: own,
    at: (/** @type {number} */ row, /** @type {number} */ col) => pass.at(`${block}.weights`, head, row, col),
    masked: (/** @type {number} */ row, /** @type {number} */ col) => !pass.open(block, row, col),
  };
}

/**
 * Stand in the pass where the head is, so that the bar and the link say so.
 * @param {Desk} desk
 * @param {StepScene} scene
 * @param {string} block
 * @param {number} head
 */
export function stand(desk, { view }, block, head) {
  if (view.at !== block) queueMicrotask(() => choose(desk, block, head));
}

/** @param {Desk} desk @param {string} block @param {number} head */
export function choose(desk, block, head) {
  desk.change((view) => ({ ...view, at: block, head, stage: 'weights', tensor: 0 }));
}

/**
 * Go to the page Edit, where these heads are switched off.
 * @param {Desk} desk
 * @param {import('./passports.js').Spot[]} spots at least one: the last is looked at
 * @param {string} [sentence] another than that of the page
 */
export function knockOut(desk, spots, sentence) {
  const [block, head] = spots[spots.length - 1];
  desk.go('edit', { o_e: without(spots), b: block, f: String(head), ...(sentence ? { s: sentence } : {}) });
}

/**
 * Go to the page Edit, where no head of the cross-attention may look at one cell.
 * @param {Desk} desk
 * @param {string[]} blocks at least one: the last is looked at
 * @param {import('./passports.js').Cell} cell
 */
export function closeRoad(desk, blocks, { text, row, noun, rows, columns }) {
  const painted = writeBits(Array.from({ length: rows * columns }, (_, at) => at === row * columns + noun));
  const acts = blocks.map((block) => act('mask', shortPlace(block), 'all', rows, columns, painted));
  desk.go('edit', { o_e: writeActs(acts), b: blocks[blocks.length - 1], q: String(row), s: text });
}

/** Remembers what a scrolling box was last asked to show, so that where a person has scrolled to stays. */
export class Reveal {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.shown = '';
  }

  /**
   * Scroll the box, and nothing around it, until a part of it is seen; once for each key.
   * @param {string} key
   * @param {Element | null} part
   */
  show(key, part) {
    const { box } = this;
    if (!part || !box.clientHeight || this.shown === key) return;
    this.shown = key;
    const [outer, inner] = [box.getBoundingClientRect(), part.getBoundingClientRect()];
    if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + ROUND;
    else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + ROUND;
  }
}

/** The keys of every view that looks at one head. @param {Desk} desk @param {() => Passport | null} now */
export function headKeys(desk, now) {
  const step = (/** @type {number} */ by, /** @type {boolean} */ layer) => {
    const passport = now();
    if (!passport || !desk.scene) return;
    const { block, head } = chosenHead(desk.scene, passport);
    const blocks = Object.keys(passport.blocks);
    const n = passport.blocks[block].length;
    if (layer) choose(desk, blocks[clamp(blocks.indexOf(block) + by, 0, blocks.length - 1)], head);
    else choose(desk, block, clamp(head + by, 0, n - 1));
  };
  const out = () => {
    const passport = now();
    if (!passport || !desk.scene) return;
    const { block, head } = chosenHead(desk.scene, passport);
    knockOut(desk, [[block, head]]);
  };
  return [
    { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'heads.keys.head', run: (/** @type {string} */ key) => step(key === 'ArrowLeft' ? -1 : 1, false) },
    { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'heads.keys.block', run: (/** @type {string} */ key) => step(key === 'ArrowUp' ? -1 : 1, true) },
    { keys: ['e'], shown: 'e', help: 'lab.keys.to_edit', run: out },
  ];
}

/** A view that needs the passport: until it is there a bar says how far the measurement is. */
export class Waiting {
  /** @param {Desk} desk @param {HTMLElement} content */
  constructor(desk, content) {
    this.desk = desk;
    this.content = content;
    this.title = el('h3');
    this.fill = el('i');
    this.bar = el('div', { class: 'heads-progress', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100 }, this.fill);
    this.about = el('p', { class: 'quiet' });
    this.wait = el('div', { class: 'heads-wait', 'data-part': 'measuring' }, this.title, this.bar, this.about);
    this.node = el('div', { class: 'heads' }, this.wait, content);
    /** @type {Passport | null} */
    this.passport = null;
  }

  /**
   * Before anything is measured the page stands where it will: at the head that the model's facts name first.
   * @param {StepScene} scene
   */
  standAtStart({ view, places, header }) {
    const isHead = (/** @type {string | undefined} */ at) => places.some(({ name, kind }) => name === at && kind === 'attention');
    if (isHead(view.at)) return;
    const at = isHead(header.start?.block) ? header.start.block : places.find(({ kind }) => kind === 'attention')?.name;
    if (at) queueMicrotask(() => choose(this.desk, at, at === header.start?.block ? header.start.head : view.head));
  }

  /**
   * The passport, if it is there.
   * @param {StepScene} scene
   * @returns {Passport | null}
   */
  ready(scene) {
    const { say, header } = scene;
    const { passport, share, trouble } = passportOf(header.run, this.desk);
    this.passport = passport && kindsOf(passport).length ? passport : null;
    this.wait.hidden = this.passport !== null;
    this.content.hidden = this.passport === null;
    if (this.passport) return this.passport;
    this.standAtStart(scene);
    const percent = Math.floor(100 * share);
    write(this.title, say(trouble ? 'heads.wait.refused' : 'heads.wait.title'));
    write(this.about, trouble ? say(trouble.key, trouble.values) : say('heads.wait.about'));
    set(this.bar, { hidden: trouble ? '' : null, 'aria-valuenow': percent, 'aria-label': say('heads.wait.title') });
    set(this.fill, { style: `width:${percent}%` });
    return null;
  }
}

/**
 * Go to Edit without the head that is looked at, once the passport is there.
 * @param {Desk} desk
 * @param {Passport | null} passport
 */
export function takeAway(desk, passport) {
  if (!passport || !desk.scene) return;
  const { block, head } = chosenHead(desk.scene, passport);
  knockOut(desk, [[block, head]]);
}
