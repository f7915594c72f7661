/** The passport of one head: every measure with its interval, its map on this sentence, and the heads that are like it. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { short } from '../format.js';
import { Heat } from '../step/heat.js';
import { sidesOf } from '../chapters/masksparts.js';
import { ROOMY } from '../chapters/outputparts.js';
import { placeName } from '../step/passbar.js';
import { bare, called, colouring, costOf, kindsOf, print, sentenceOf } from './measures.js';
import { Panels } from './panels.js';
import { chosenHead, drawMark, drawWhisker, headKeys, headMark, kindOfBlock, mapOf, shortName, stand, takeAway, Waiting, whisker } from './parts.js';
import { intervalOf } from './atlas.js';
import { Road } from './roadpanel.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./passports.js').Passport} Passport */

const [SIMILAR, LEAST_HEAT] = [4, 200];
const TITLE = 50; // pixels: the name of the map, and the air between the parts below it
const WALL = { beside: 340, above: 50 }; // pixels on the projector: the heads that are alike, the name above the map
const ON_WALL = ['referent', 'alignment', 'drop', 'pronoun', 'spare_pronoun', 'spare_exact']; // stand first where few rows are seen

export class PassportView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.mark = headMark();
    this.says = el('p', { class: 'heads-says', 'data-part': 'says' });
    this.cost = el('p', { 'data-part': 'cost' });
    this.headings = el('tr');
    this.body = el('tbody');
    this.measures = el('table', { class: 'heads-measures', 'data-part': 'measures' }, el('thead', {}, this.headings), this.body);
    this.panels = new Panels(desk, ['measures', 'map', 'road']);
    this.out = el('button', { type: 'button', 'data-part': 'knock-out', onclick: () => this.leave() });
    this.mapTitle = el('h4');
    this.heat = new Heat({});
    this.alikeTitle = el('h4');
    this.alike = el('div', { class: 'heads-alike', 'data-part': 'similar', role: 'group' });
    this.road = new Road(desk);
    const left = el('div', { class: 'heads-left' }, el('div', { class: 'heads-name' }, this.mark, this.panels.node, this.out), this.says, this.cost, el('div', { class: 'heads-scroll' }, this.measures));
    this.likes = el('div', { class: 'heads-likes' }, this.alikeTitle, this.alike);
    const right = el('div', { class: 'heads-right' }, this.mapTitle, this.heat.node, this.likes, this.road.node);
    this.content = el('div', { class: 'heads-passport' }, left, right);
    this.waiting = new Waiting(desk, this.content);
    this.node = this.waiting.node;
    listen(this.alike, 'click', '[data-block]', (part) => this.compare(part.dataset.block ?? '', numberOf(part, 'head')));
  }

  keys() {
    return [...headKeys(this.desk, () => this.waiting.passport), ...this.panels.keys()];
  }

  leave() {
    takeAway(this.desk, this.waiting.passport);
  }

  /**
   * Both heads side by side, on the page Compare.
   * @param {string} other
   * @param {number} n
   */
  compare(other, n) {
    const { passport } = this.waiting;
    if (!passport || !this.desk.scene) return;
    const { block, head } = chosenHead(this.desk.scene, passport);
    this.desk.go('compare', { v: 'heads', b: block, f: String(head), o_c: other, o_g: String(n) });
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const passport = this.waiting.ready(scene);
    if (!passport) return;
    const { say, look } = scene;
    const { block, head } = chosenHead(scene, passport);
    const own = passport.blocks[block][head];
    stand(this.desk, scene, block, head);
    set(this.waiting.node, { 'data-narrow': !look.projector && look.width < ROOMY ? 'true' : null });
    drawMark(this.mark, scene, block, head);
    write(this.mark.children[1], say('heads.title', { block: look.width < ROOMY ? shortName(block, say) : placeName(placeOf(scene, block), say), head: head + 1 }));
    set(this.content, { 'data-panel': this.panels.draw(scene) });
    write(this.out, say('heads.knock_out'));
    write(this.says, sentenceOf(scene, block, own));
    write(this.cost, costOf(scene, passport, own));
    this.drawMeasures(scene, passport, block, head);
    this.drawAlike(scene, passport, block, head);
    this.road.draw(scene, passport, block, head);
    this.drawMap(scene, block, head);
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {string} block
   * @param {number} head
   */
  drawMeasures(scene, passport, block, head) {
    const { say, look } = scene;
    const { measures } = passport.blocks[block][head];
    const kinds = kindsOf(passport).filter(({ name }) => measures[name]);
    if (look.projector) kinds.sort((a, b) => Number(ON_WALL.includes(b.key)) - Number(ON_WALL.includes(a.key)));
    join(this.headings, [say('heads.column.measure'), '', say('heads.column.value'), say('heads.column.interval')], () => el('th', { scope: 'col' }), write);
    join(
      this.body,
      kinds,
      () => el('tr', {}, el('th', { scope: 'row' }), el('td', {}, whisker()), el('td', { class: 'num' }), el('td', { class: 'num' })),
      (tr, kind) => {
        const measure = measures[kind.name];
        if (!measure) return;
        const { name, about } = called(scene, kind);
        write(tr.children[0], name);
        set(tr, { title: about, 'data-measure': kind.name });
        drawWhisker(tr.children[1].children[0], measure, colouring(scene, passport, kind));
        write(tr.children[2], print(kind, measure.value, say));
        write(tr.children[3], `${bare(print(kind, measure.low, say))} – ${bare(print(kind, measure.high, say))}`);
        set(tr.children[3], { title: intervalOf(scene, kind, measure) });
      },
    );
  }

  /**
   * The heads whose rows are most like this one's.
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {string} block
   * @param {number} head
   */
  drawAlike(scene, passport, block, head) {
    const { places, matrix } = passport.similar[kindOfBlock(block)];
    const own = places.findIndex(([b, h]) => b === block && h === head);
    const others = places.map(([b, h], n) => ({ b, h, alike: matrix[own][n] })).filter((_, n) => n !== own);
    others.sort((a, b) => b.alike - a.alike);
    write(this.alikeTitle, scene.say(others.length ? 'heads.similar.title' : 'heads.similar.none'));
    set(this.alikeTitle, { title: scene.say('heads.similar.about') });
    join(
      this.alike,
      others.slice(0, SIMILAR),
      () => el('button', { type: 'button' }, headMark(), el('span', { class: 'num' })),
      (node, { b, h, alike }) => {
        drawMark(node.children[0], scene, b, h);
        write(node.children[1], short(alike));
        set(node, { 'data-block': b, 'data-head': h, title: scene.say('heads.similar.open') });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {string} block
   * @param {number} head
   */
  drawMap(scene, block, head) {
    const { say, look } = scene;
    const data = {
      ...mapOf(scene, block, head),
      ...sidesOf(scene, placeOf(scene, block)),
      hue: /** @type {const} */ ('weights'),
      axes: { rows: say('walk.axis.queries_down'), cols: say('walk.axis.keys') },
      label: say('heads.map'),
    };
    write(this.mapTitle, say('heads.map'));
    const size = look.projector
      ? { width: look.width - WALL.beside, height: look.height - WALL.above }
      : { width: Math.floor(look.width / 2) - 14, height: Math.max(LEAST_HEAT, look.height - Math.max(116 + this.road.height, TITLE + this.likes.offsetHeight + this.road.node.offsetHeight)) }; // lines may wrap
    this.heat.draw(scene, data, size, null);
  }

  /** @param {StepScene} scene */
  table(scene) {
    const { passport } = this.waiting;
    if (!passport) return { caption: scene.say('heads.wait.title'), columns: [], rows: [] };
    const { block, head } = chosenHead(scene, passport);
    const { measures } = passport.blocks[block][head];
    const rows = kindsOf(passport).flatMap((kind) => {
      const measure = measures[kind.name];
      const cells = measure ? [measure.value, measure.low, measure.high].map((value) => print(kind, value, scene.say)) : [];
      return measure ? [{ name: called(scene, kind).name, cells: [...cells, called(scene, kind).about] }] : [];
    });
    const columns = ['value', 'low', 'high', 'about'].map((name) => scene.say(`heads.column.${name}`));
    return { caption: scene.say('heads.title', { block: shortName(block, scene.say), head: head + 1 }), columns, rows };
  }
}

/** @param {StepScene} scene @param {string} block */
function placeOf({ places }, block) {
  return places.find(({ name }) => name === block) ?? places[0];
}
