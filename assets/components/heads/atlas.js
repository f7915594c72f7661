/** The atlas: every head of the model in one grid, coloured by any measure, and beside it the same heads in order. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { thumbnail } from '../draw.js';
import { weightScale } from '../scales.js';
import { inkOn } from '../step/heatpaint.js';
import { headColour, rgbOf } from '../theme.js';
import { called, colouring, firstKind, headsOf, isSpare, kindsOf, print, ranked, sentenceOf, worthOf } from './measures.js';
import { choose, chosenHead, drawMark, drawWhisker, headKeys, headMark, kindOfBlock, mapOf, shortName, stand, Reveal, takeAway, Waiting, whisker } from './parts.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./passports.js').Passport} Passport */
/** @typedef {import('./measures.js').Kind} Kind */

// Pixels: the largest and the smallest map worth drawing, what stands around the grid, what a number takes of its cell.
const [LARGEST, SMALLEST, AROUND, NUMBER] = [56, 24, 210, 66];
const SHARE = 0.46; // of the width: the cells of the grid

export class AtlasView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {{pass: import('../step/pass.js').Pass, state: string} | null} */
    this.painted = null;
    this.label = el('span', { class: 'quiet' });
    this.menu = el('select', { class: 'heads-menu', 'data-part': 'measure', onchange: () => desk.set('m', this.menu.value) });
    this.about = el('p', { class: 'heads-about', 'data-part': 'about' });
    this.legend = el('span', { class: 'heads-legend' }, el('span', { class: 'num' }), el('i'), el('span', { class: 'num' }));
    this.columns = el('tr');
    this.rows = el('tbody');
    this.grid = el('table', { class: 'heads-grid', 'data-part': 'atlas' }, el('thead', {}, this.columns), this.rows);
    this.list = el('div', { class: 'heads-list', 'data-part': 'order', role: 'group' });
    this.rest = el('p', { class: 'heads-rest quiet' });
    this.title = el('h3');
    this.says = el('p', { class: 'heads-says', 'data-part': 'says' });
    this.cost = el('p', { 'data-part': 'cost' });
    this.open = el('button', { type: 'button', 'data-part': 'open-passport', onclick: () => desk.change((view) => ({ ...view, tab: 'passport' })) });
    this.out = el('button', { type: 'button', 'data-part': 'knock-out', onclick: () => this.leave() });
    const frame = el('div', { class: 'heads-frame' }, this.grid);
    const ranking = el('div', { class: 'heads-ranking' }, this.list, this.rest);
    const head = el('div', { class: 'heads-head' }, el('label', {}, this.label, this.menu), this.legend, this.about);
    const below = el('div', { class: 'heads-below' }, el('div', {}, this.title, this.says, this.cost), el('div', { class: 'heads-doors' }, this.open, this.out));
    const content = el('div', { class: 'heads-atlas' }, head, el('div', { class: 'heads-both' }, frame, ranking), below);
    this.reveals = [new Reveal(frame), new Reveal(ranking)];
    this.waiting = new Waiting(desk, content);
    this.node = this.waiting.node;
    listen(this.rows, 'click', '[data-block]', (part) => choose(desk, part.dataset.block ?? '', numberOf(part, 'head')));
    listen(this.list, 'click', '[data-block]', (part) => choose(desk, part.dataset.block ?? '', numberOf(part, 'head')));
    listen(this.list, 'dblclick', '[data-block]', () => desk.change((view) => ({ ...view, tab: 'passport' })));
    listen(this.rows, 'dblclick', '[data-block]', () => desk.change((view) => ({ ...view, tab: 'passport' })));
  }

  keys() {
    return headKeys(this.desk, () => this.waiting.passport);
  }

  leave() {
    takeAway(this.desk, this.waiting.passport);
  }

  /**
   * The measure of the menu; one that this run does not have falls back.
   * @param {Passport} passport
   */
  kindNow(passport) {
    const kinds = kindsOf(passport);
    return kinds.find(({ name }) => name === this.desk.option('m', '')) ?? firstKind(kinds);
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const passport = this.waiting.ready(scene);
    if (!passport) return;
    const kind = this.kindNow(passport);
    this.drawHead(scene, passport, kind);
    this.drawGrid(scene, passport, kind);
    this.drawMaps(scene, passport);
    this.drawList(scene, passport, kind);
    this.drawBelow(scene, passport);
    const { block, head } = chosenHead(scene, passport);
    const key = [scene.header.run, block, head].join();
    this.reveals[0].show(key, this.rows.querySelector('[aria-pressed="true"]'));
    this.reveals[1].show([key, kind.name].join(), this.list.querySelector('[aria-pressed="true"]'));
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {Kind} kind
   */
  drawHead(scene, passport, kind) {
    const { say } = scene;
    write(this.label, say('heads.atlas.by'));
    join(
      this.menu,
      kindsOf(passport),
      () => el('option'),
      (node, one) => {
        write(node, called(scene, one).name);
        set(node, { value: one.name });
      },
    );
    if (this.menu.value !== kind.name) this.menu.value = kind.name;
    write(this.about, called(scene, kind).about);
    this.about.title = this.about.textContent ?? '';
    const { fill, ends, low, max } = colouring(scene, passport, kind);
    write(this.legend.children[0], ends[0]);
    write(this.legend.children[2], ends[1]);
    const stops = Array.from({ length: 9 }, (_, i) => fill(low + ((max - low) * i) / 8));
    set(this.legend.children[1], { style: `background:linear-gradient(90deg, ${stops.join(', ')})` });
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {Kind} kind
   */
  drawGrid(scene, passport, kind) {
    const { say, palette } = scene;
    const blocks = inKinds(Object.keys(passport.blocks));
    const n = Math.max(...Object.values(passport.blocks).map((heads) => heads.length));
    const { fill } = colouring(scene, passport, kind);
    const here = chosenHead(scene, passport);
    join(
      this.columns,
      [null, ...Array.from({ length: n }, (_, head) => head)],
      () => el('th', { scope: 'col' }, el('i', { class: 'square num' })),
      (node, head) => {
        if (head === null) return write(node, say('heads.atlas.axes'));
        write(node.children[0], String(head + 1));
        set(node.children[0], { style: `--head:${headColour(palette, head)}` });
      },
    );
    join(
      this.rows,
      blocks,
      () => el('tr'),
      (tr, block, at) => {
        set(tr, { 'data-first': at > 0 && kindOfBlock(block) !== kindOfBlock(blocks[at - 1]) ? 'true' : null });
        join(
          tr,
          [null, ...passport.blocks[block].map((_, head) => head)],
          (_, i) => (i ? el('td', {}, el('button', { type: 'button' }, el('canvas', { 'aria-hidden': 'true' }), el('span', { class: 'num' }))) : el('th', { scope: 'row' })),
          (cell, head) => {
            if (head === null) return write(cell, shortName(block, say));
            const measure = passport.blocks[block][head].measures[kind.name];
            const colour = measure ? fill(measure.value) : null;
            const button = cell.children[0];
            const lack = isSpare(kind) ? say('heads.atlas.spare') : '–';
            write(button.children[1], measure ? print(kind, measure.value, say) : lack);
            set(button, {
              'data-block': block,
              'data-head': head,
              'data-none': measure ? null : 'true',
              style: colour ? `background:${colour};color:${inkOn(colour)}` : null,
              'aria-pressed': String(block === here.block && head === here.head),
              'aria-label': `${shortName(block, say)} ${head + 1}: ${measure ? print(kind, measure.value, say) : say(isSpare(kind) ? 'heads.atlas.spare' : 'heads.atlas.none')}`,
            });
          },
        );
      },
    );
  }

  /**
   * The map of every head on this sentence, very small, where there is room for it; painted once for each sentence.
   * @param {StepScene} scene
   * @param {Passport} passport
   */
  drawMaps(scene, passport) {
    const { palette, pass, look } = scene;
    const layers = Object.keys(passport.blocks).length;
    const most = Math.max(...Object.values(passport.blocks).map((heads) => heads.length));
    const size = Math.min(LARGEST, Math.floor((look.height - AROUND) / layers) - 14, Math.floor((look.width * SHARE) / most) - NUMBER);
    const state = [size, palette.dark, most, layers].join();
    if (this.painted?.pass === pass && this.painted.state === state) return;
    this.painted = { pass, state };
    const scale = weightScale(palette);
    for (const node of this.rows.querySelectorAll('button')) {
      const canvas = node.querySelector('canvas');
      if (!canvas) continue;
      canvas.hidden = size < SMALLEST;
      if (canvas.hidden) continue;
      const map = mapOf(scene, node.dataset.block ?? '', numberOf(node, 'head'));
      canvas.style.width = canvas.style.height = `${size}px`;
      thumbnail(canvas, size, { ...map, rows: [...map.rows.keys()], cols: [...map.cols.keys()] }, scale.rgb, rgbOf(palette.sunk));
    }
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {Kind} kind
   */
  drawList(scene, passport, kind) {
    const scale = colouring(scene, passport, kind);
    const here = chosenHead(scene, passport);
    const order = ranked(passport, kind);
    const rest = headsOf(passport).length - order.length;
    set(this.list, { 'aria-label': called(scene, kind).name });
    write(this.rest, rest ? scene.say(isSpare(kind) ? 'heads.atlas.gone' : 'heads.atlas.rest', { n: rest }) : '');
    join(
      this.list,
      order,
      () => el('button', { type: 'button' }, headMark(), whisker(), el('span', { class: 'num' })),
      (node, { block, n, measure }) => {
        drawMark(node.children[0], scene, block, n);
        drawWhisker(node.children[1], measure, scale);
        write(node.children[2], print(kind, measure.value, scene.say));
        set(node, { 'data-block': block, 'data-head': n, 'aria-pressed': String(block === here.block && n === here.head), title: intervalOf(scene, kind, measure) });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   */
  drawBelow(scene, passport) {
    const { say } = scene;
    const { block, head } = chosenHead(scene, passport);
    const own = passport.blocks[block][head];
    stand(this.desk, scene, block, head);
    write(this.title, say('heads.title', { block: shortName(block, say), head: head + 1 }));
    write(this.says, sentenceOf(scene, block, own));
    write(this.cost, worthOf(scene, passport, block, head));
    write(this.open, say('heads.atlas.open'));
    write(this.out, say('heads.knock_out'));
  }

  /** @param {StepScene} scene */
  table(scene) {
    const { passport } = this.waiting;
    if (!passport) return { caption: scene.say('heads.wait.title'), columns: [], rows: [] };
    const kinds = kindsOf(passport);
    const rows = Object.entries(passport.blocks).flatMap(([block, heads]) =>
      heads.map(({ measures }, head) => ({
        name: `${shortName(block, scene.say)} ${head + 1}`,
        cells: kinds.map((kind) => (measures[kind.name] ? print(kind, /** @type {any} */ (measures[kind.name]).value, scene.say) : '')),
      })),
    );
    return { caption: scene.say('heads.atlas.caption', { n: passport.n_sentences }), columns: kinds.map((kind) => called(scene, kind).name), rows };
  }
}

/** The encoder's blocks, then the decoder's self-attentions, then its cross-attentions. @param {string[]} blocks */
function inKinds(blocks) {
  return ['encoder', 'decoder', 'cross'].flatMap((kind) => blocks.filter((block) => kindOfBlock(block) === kind));
}

/**
 * @param {StepScene} scene
 * @param {Kind} kind
 * @param {import('./passports.js').Measure} measure
 */
export function intervalOf({ say }, kind, { low, high }) {
  return say('heads.interval', { low: print(kind, low, say), high: print(kind, high, say) });
}
