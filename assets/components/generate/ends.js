/** What the search ended with, ranked by log P and the length penalty, and greedy's sentence below it, to compare. */

import { Slider } from '../chapters/outputparts.js';
import { el, join, listen, set, write } from '../dom.js';
import { EOS, ranked } from './roads.js';
import { RANGES, settle } from './session.js';
import { logProbability, probability } from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./roads.js').Ranked} Ranked */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {{rank: string, text: string, ids: number[], logP: number, score: string, here: boolean, tag: string, finished: boolean}} Line */

export class Ends {
  /**
   * @param {Desk} desk
   * @param {(ids: number[]) => void} choose
   */
  constructor(desk, choose) {
    this.penalty = new Slider('alpha', (value) => settle(desk, { a: value ? String(Math.round(value * 10) / 10) : null }));
    /** @type {{of: string, lines: Line[]}} */
    this.drawn = { of: '', lines: [] };
    this.named = Array.from({ length: 5 }, () => el('span'));
    const heads = this.named.map((name, n) => el('th', { scope: 'col' }, n === 1 ? el('div', { class: 'ends-head' }, name, this.penalty.node) : name));
    this.body = el('tbody');
    this.table = el('table', { 'data-part': 'ends' }, el('thead', {}, el('tr', {}, ...heads)), this.body);
    this.node = el('div', { class: 'generate-ends' }, this.table);
    listen(this.body, 'click', '[data-ids]', (part) => choose((part.dataset.ids ?? '').split(',').map(Number)));
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   */
  draw(scene, session) {
    const { say } = scene;
    this.penalty.draw(say('generate.ends.alpha'), { ...RANGES.alpha, value: session.alpha, text: session.alpha.toFixed(1) });
    const lines = this.withEarlier(scene, session, linesOf(scene, session));
    set(this.table, { 'data-scored': session.alpha > 0 || null });
    const names = [session.mode === 'sample' ? say('generate.ends.seed') : '', headingOf(say, lines), 'log P', session.alpha ? 'log P / lp' : '', 'P'];
    this.named.forEach((node, n) => write(node, names[n]));
    this.penalty.node.hidden = session.mode !== 'beam';
    join(
      this.body,
      lines,
      () => el('tr', {}, el('td', { class: 'num' }), el('td', {}, el('div', { class: 'ends-line' }, el('button', { type: 'button', class: 'word' }), el('span', { class: 'tag' }))), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'num' })),
      (tr, line) => {
        const [rank, cell, logP, score, p] = tr.children;
        const text = cell.children[0];
        write(rank, line.rank);
        write(text.children[0], line.text);
        write(text.children[1], tagOf(say, line, lines));
        write(logP, logProbability(line.logP));
        write(score, line.score);
        write(p, probability(Math.exp(line.logP)));
        set(text.children[0], { title: line.text });
        set(tr, { 'data-ids': line.ids.join(','), 'aria-current': line.here ? 'true' : null, 'data-greedy': line.rank ? null : 'true' });
      },
    );
  }

  /**
   * Below the sentence that was drawn, those that were drawn before it from the same source.
   * @param {StepScene} scene
   * @param {Session} session
   * @param {Line[]} lines
   */
  withEarlier({ header, sentence }, { mode, force }, lines) {
    if (mode !== 'sample') return lines;
    const of = JSON.stringify([header.run, sentence.read, force]);
    if (this.drawn.of !== of) this.drawn = { of, lines: [] };
    const [now, ...others] = lines;
    const before = this.drawn.lines.filter((line) => line.rank !== now.rank || String(line.ids) !== String(now.ids));
    this.drawn.lines = [now, ...before].slice(0, EARLIER + 1);
    const earlier = before.slice(0, EARLIER).map((line) => ({ ...line, here: false }));
    return [now, ...earlier, ...others];
  }
}

const EARLIER = 3; // sentences that were drawn before stay in the list

/**
 * What the list holds: sentences that came to an end, or such as grew as long as the model can read.
 * @param {import('../strings.js').Say} say
 * @param {Line[]} lines
 */
function headingOf(say, lines) {
  if (lines.every(({ finished }) => finished)) return say('generate.ends.sentence');
  return lines.some(({ finished }) => finished) ? say('generate.panel.ends') : say('generate.ends.stopped', { n: lines[0].ids.length });
}

/**
 * Among sentences that came to an end, one that did not is marked.
 * @param {import('../strings.js').Say} say
 * @param {Line} line
 * @param {Line[]} lines
 */
function tagOf(say, { tag, finished }, lines) {
  if (finished || !lines.some((line) => line.finished)) return tag;
  return [tag, say('generate.ends.cut')].filter(Boolean).join(' · ');
}

/**
 * The lines of the list: the sentences of the beam by their score, or the one that was drawn; then greedy's.
 * @param {StepScene} scene
 * @param {Session} session
 * @returns {Line[]}
 */
export function linesOf({ say }, session) {
  const { tree, road, alpha, mode } = session;
  const greedy = tree.header.greedy;
  const here = String(road.ids);
  const text = (/** @type {{text: string, finished: boolean}} */ end) => (end.text || '</s>') + (end.finished ? '' : ' …');
  /** @type {Line[]} */
  const lines =
    mode === 'beam'
      ? ranked(tree, alpha).map((end, n) => ({
          rank: String(n + 1),
          text: text(end),
          ids: end.ids,
          logP: end.log_p,
          score: alpha ? logProbability(end.score) : '',
          here: String(end.ids) === here,
          finished: end.finished,
          tag: String(end.ids) === String(greedy.ids) ? say('generate.ends.greedy_too') : '',
        }))
      : [];
  if (mode === 'sample') {
    const logP = road.logP.reduce((sum, one) => sum + one, 0);
    const finished = road.ids[road.ids.length - 1] === EOS;
    lines.push({ rank: String(session.seed), text: text({ text: road.text, finished }), ids: road.ids, logP, score: '', here: true, finished, tag: String(greedy.ids) === here ? say('generate.ends.greedy_too') : '' });
  }
  if (lines.some(({ ids }) => String(ids) === String(greedy.ids))) return lines;
  return [...lines, { rank: '', text: text(greedy), ids: greedy.ids, logP: greedy.log_p, score: '', here: String(greedy.ids) === here, finished: greedy.finished, tag: say('generate.ends.greedy') }];
}
