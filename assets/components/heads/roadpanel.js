/** One head is not the whole road: what is left when it is gone alone, and when those that could stand in for it are gone too. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { share } from '../format.js';
import { bare, nothingToLose, spareNumber, spareOf } from './measures.js';
import { closeRoad, knockOut, MOST_OUT, shortName } from './parts.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('./passports.js').Passport} Passport */
/** @typedef {import('./passports.js').Measure} Measure */
/** @typedef {import('./passports.js').Spot} Spot */
/** @typedef {{name: string, label: string, about?: string, rate: Measure, out: Spot[], sentence?: string, cell?: import('./passports.js').Cell}} Trial what is gone, what stays right, what a door to Edit switches off or closes */

const [AROUND, ROW] = [76, 29]; // pixels: title, finding and headings; one row
const LEAST = 0.005; // what is less is nothing, to a whole percent

export class Road {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.title = el('h4');
    this.finding = el('p', { class: 'heads-finding', 'data-part': 'road' });
    this.headings = el('tr');
    this.body = el('tbody');
    this.grid = el('table', { class: 'heads-road', 'data-part': 'together' }, el('thead', {}, this.headings), this.body);
    this.node = el('div', { class: 'heads-trials' }, this.title, this.finding, this.grid);
    this.height = 0;
    /** @type {Trial[]} */
    this.trials = [];
    /** @type {string[]} */
    this.cross = [];
    listen(this.body, 'click', '[data-nth]', (part) => {
      const { out, sentence, cell } = this.trials[numberOf(part, 'nth')];
      if (cell) closeRoad(desk, this.cross, cell);
      else knockOut(desk, out, sentence);
    });
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {string} block
   * @param {number} head
   */
  draw(scene, passport, block, head) {
    const { say } = scene;
    this.trials = trialsOf(scene, passport, block, head);
    this.cross = Object.keys(passport.blocks).filter((name) => name.endsWith('.cross_attn'));
    this.height = AROUND + ROW * this.trials.length;
    write(this.title, say('heads.road.title'));
    write(this.finding, findingOf(scene, passport, block, head));
    const right = say(passport.pronoun ? 'heads.road.pronouns_right' : 'heads.road.exact');
    join(this.headings, [say('heads.road.gone'), right, say('heads.column.interval'), ''], () => el('th', { scope: 'col' }), write);
    join(
      this.body,
      this.trials,
      () => el('tr', {}, el('th', { scope: 'row' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', {}, el('button', { type: 'button' }))),
      (tr, { name, label, about, rate, out, sentence, cell }, nth) => {
        write(tr.children[0], label);
        set(tr, { 'data-trial': name, title: about ?? null });
        write(tr.children[1], share(rate.value));
        write(tr.children[2], `${bare(share(rate.low))} – ${bare(share(rate.high))}`);
        const door = /** @type {HTMLButtonElement} */ (tr.children[3].children[0]);
        const seen = cell?.text ?? sentence;
        write(door, say(seen ? 'heads.road.see' : 'heads.road.take'));
        door.hidden = !cell && (!out.length || out.length > MOST_OUT);
        set(door, { 'data-nth': nth, title: seen ?? null });
      },
    );
  }
}

/**
 * The head alone, with all that look at the noun, with the spare ones; and every way from pronoun to noun.
 * @param {StepScene} scene
 * @param {Passport} passport
 * @param {string} block
 * @param {number} head
 * @returns {Trial[]}
 */
function trialsOf({ say, lang }, passport, block, head) {
  const { together, closed, blocks } = passport;
  const { measures, exact } = blocks[block][head];
  /** @type {Trial[]} */
  const found = [{ name: 'alone', label: say('heads.road.alone'), rate: measures.pronoun ?? exact, out: [[block, head]] }];
  const looks = closed !== null && block.endsWith('.cross_attn');
  const keen = together[together.length - 1];
  if (looks && keen?.places.length > 1) {
    const about = keen.places.map(([b, h]) => `${shortName(b, say)} ${h + 1}`).join(lang === 'zh' ? '、' : ', ');
    found.push({ name: 'keen', label: say('heads.road.keen', { count: keen.places.length }), about, rate: keen.pronoun, out: keen.places });
  }
  const spare = spareTrial(say, passport, [block, head]);
  if (spare) found.push(spare);
  if (looks) found.push({ name: 'closed', label: say('heads.road.closed'), about: say('heads.road.closed_about'), rate: closed, out: [], cell: passport.closed_wrong[0] });
  return found;
}

/**
 * @param {import('../strings.js').Say} say
 * @param {Passport} passport
 * @param {Spot} own
 * @returns {Trial | null}
 */
function spareTrial(say, passport, own) {
  const out = spareOf(passport);
  const needed = passport.pruning.needed.find(({ block, head }) => block === own[0] && head === own[1]);
  const rate = needed ? (needed.pronoun ?? needed.exact) : prunedOf(passport);
  if (!out.length || !rate) return null;
  const values = { gone: out.length };
  if (!needed) return { name: 'spare', label: say('heads.road.among', values), rate, out };
  return { name: 'spare', label: say('heads.road.spare', values), rate, out: [...out, own], sentence: needed.wrong[0] };
}

/**
 * What is right with the spare heads gone: pronouns, or sentences where there are none.
 * @param {Passport} passport
 */
function prunedOf({ pronoun, pruning }) {
  return pronoun ? pruning.pronoun : pruning.steps[pruning.stop].exact;
}

/**
 * What it costs alone, and what more once the spare heads are gone.
 * @param {StepScene} scene
 * @param {Passport} passport
 * @param {string} block
 * @param {number} head
 */
function findingOf({ say }, passport, block, head) {
  const { pronoun, pruning, blocks } = passport;
  const { pronoun: alone, drop, spare_pronoun, spare_exact } = blocks[block][head].measures;
  const gone = pruning.stop;
  const step = spareNumber(passport, block, head);
  if (step) return say('heads.road.is_spare', { step, gone });
  const left = spare_pronoun ?? spare_exact;
  const pruned = prunedOf(passport);
  if (nothingToLose(passport)) return say('heads.pruning.nothing', { rate: share(pruning.steps[0].exact.value), n: pruning.n });
  if (!left || !pruned || !gone) return say('heads.road.all_needed');
  const before = pronoun && alone ? pronoun.value - alone.value : (drop?.value ?? 0);
  const more = pruned.value - left.value;
  const key = more < LEAST ? 'neither' : before < LEAST ? 'nothing' : 'some';
  return say(`heads.road.${key}`, { gone, of: say(pronoun ? 'heads.road.pronouns' : 'heads.road.sentences'), alone: share(Math.max(0, before)), more: share(Math.max(0, more)) });
}
