/** How many heads does the model need? One after another goes, the least important first, until the translations fail. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { share } from '../format.js';
import { Curves } from '../step/curves.js';
import { nothingToLose, spareOf } from './measures.js';
import { choose, chosenHead, drawMark, headMark, knockOut, MOST_OUT, shortName, Waiting } from './parts.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('./passports.js').Passport} Passport */

const [LIST, LAST_TICK] = [330, 14]; // pixels: the list beside the curve, half of the last number below it

export class PruningView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.title = el('h3');
    this.about = el('p', { class: 'heads-about' });
    this.curves = new Curves({ pick: (x) => this.desk.set('step', String(Math.round(x))) });
    this.found = el('p', { class: 'heads-says', 'data-part': 'stop' });
    this.rule = el('p', { class: 'quiet' });
    this.list = el('ol', { class: 'heads-order', 'data-part': 'order' });
    this.listTitle = el('h4');
    this.out = el('button', { type: 'button', 'data-part': 'knock-out-spare', onclick: () => this.leave() });
    const left = el('div', { class: 'heads-curve', 'data-part': 'pruning' }, el('div', { class: 'heads-name' }, this.title, this.out), this.about, this.curves.node, this.found, this.rule);
    const right = el('div', { class: 'heads-gone' }, this.listTitle, this.list);
    this.waiting = new Waiting(desk, el('div', { class: 'heads-pruning' }, left, right));
    this.node = this.waiting.node;
    listen(this.list, 'click', '[data-step]', (part) => {
      const step = this.waiting.passport?.pruning.steps[numberOf(part, 'step')];
      if (step?.block) choose(desk, step.block, step.head ?? 0);
    });
  }

  /** All heads that can go: Edit shows what is left of this sentence. */
  leave() {
    const { passport } = this.waiting;
    if (passport) knockOut(this.desk, spareOf(passport));
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const passport = this.waiting.ready(scene);
    if (!passport) return;
    const { say, palette, look } = scene;
    const { steps, stop, may_lose, n, n_choose } = passport.pruning;
    const all = Object.values(passport.blocks).flat().length;
    write(this.title, say('heads.pruning.title'));
    write(this.out, say('heads.pruning.out', { stop }));
    this.out.hidden = stop < 1 || stop > MOST_OUT;
    write(this.about, say('heads.pruning.about', { all }));
    const line = (/** @type {'value' | 'low' | 'high'} */ part) => steps.map(({ exact }, at) => /** @type {[number, number]} */ ([at, exact[part]]));
    const lines = [
      { name: say('heads.pruning.exact'), colour: palette.ink, width: 2.5, points: line('value'), dots: line('value') },
      { name: say('heads.pruning.low'), colour: palette.ink3, dash: '3 3', width: 1, points: line('low') },
      { name: say('heads.pruning.high'), colour: palette.ink3, dash: '3 3', width: 1, points: line('high') },
    ];
    const asked = Number(this.desk.option('step', String(stop)));
    const cursor = Number.isInteger(asked) && asked >= 0 && asked < steps.length ? asked : stop;
    const chart = {
      lines,
      x: { label: say('heads.pruning.x'), min: 0, max: Math.max(1, steps.length - 1) },
      y: { label: say('heads.pruning.y'), min: 0, max: 1, print: share },
      cursor,
      label: say('heads.pruning.title'),
    };
    const width = look.projector ? look.width - LAST_TICK : look.width - LIST - 28;
    this.curves.draw(scene, chart, { width, height: Math.max(220, look.height - (look.projector ? 180 : 160)) });
    if (nothingToLose(passport)) write(this.found, say('heads.pruning.nothing', { rate: share(steps[0].exact.value), n }));
    else write(this.found, say('heads.pruning.found', { stop, all, rate: share(steps[stop].exact.value), n, left: all - stop }));
    write(this.rule, say('heads.pruning.rule', { lost: 100 * may_lose, n_choose, n }));
    this.drawList(scene, passport, cursor);
  }

  /**
   * @param {StepScene} scene
   * @param {Passport} passport
   * @param {number} cursor
   */
  drawList(scene, passport, cursor) {
    const { steps, stop } = passport.pruning;
    const here = chosenHead(scene, passport);
    write(this.listTitle, scene.say('heads.pruning.order'));
    join(
      this.list,
      steps.slice(1),
      () => el('li', {}, el('button', { type: 'button' }, el('span', { class: 'num' }), headMark(), el('span', { class: 'num' }))),
      (li, step, at) => {
        const button = li.children[0];
        write(button.children[0], String(at + 1));
        drawMark(button.children[1], scene, step.block ?? '', step.head ?? 0);
        write(button.children[2], share(step.exact.value));
        set(button, { 'data-step': at + 1, 'aria-pressed': String(step.block === here.block && step.head === here.head) });
        set(li, { 'data-stop': at + 1 === stop ? scene.say('heads.pruning.stop') : null, class: at + 1 === cursor ? 'here' : at + 1 > stop ? 'after' : null });
      },
    );
  }

  /** @param {StepScene} scene */
  table(scene) {
    const { say } = scene;
    const { passport } = this.waiting;
    if (!passport) return { caption: say('heads.wait.title'), columns: [], rows: [] };
    const rows = passport.pruning.steps.map((step, at) => ({
      name: String(at),
      cells: [step.block ? `${shortName(step.block, say)} ${(step.head ?? 0) + 1}` : say('heads.pruning.whole'), share(step.exact.value), share(step.exact.low), share(step.exact.high), step.loss.toPrecision(3)],
    }));
    return { caption: say('heads.pruning.title'), columns: [say('heads.pruning.order'), say('heads.pruning.exact'), say('heads.column.low'), say('heads.column.high'), say('heads.pruning.loss')], rows };
  }
}
