/** The box in which a number explains itself: title, operands, result, the model's own number, the code. It never moves. */

import { el, join, put, set, write } from '../dom.js';
import { drawBlocks } from './trailblocks.js';
import { copyText } from './trailcopy.js';
import { roughly, written } from './trailnumbers.js';
import { said } from './trailparts.js';
import { colourOf, equation, nodesOf, plainOf } from './trailtext.js';

/** @typedef {import('./trailparts.js').Trail} Trail */
/** @typedef {import('./trailparts.js').Result} Result */
/** @typedef {import('./trailtext.js').TrailScene} TrailScene */
/** @typedef {{width: number, height: number}} Size */

const SAID_FOR = 1600; // milliseconds

// Heights in pixels, on the desk and on the wall: trail.css gives the same.
const LOOKS = {
  desk: { title: 24, lead: 38, result: 32, model: 28, code: 19, frame: 14, gaps: 20, letter: 7.9 },
  wall: { title: 30, lead: 56, result: 40, model: 40, code: 27, frame: 14, gaps: 30, letter: 12.1 },
};

export class TrailBox {
  constructor() {
    this.title = el('h3', { class: 'title' });
    this.lead = el('p', { class: 'lead' });
    this.blocks = el('div', { class: 'blocks' });
    this.result = el('p', { class: 'result num', 'aria-live': 'polite' });
    this.model = el('span', { class: 'model num' });
    this.copy = el('button', { type: 'button', class: 'copy', onclick: () => void this.take() });
    this.below = el('div', { class: 'below-result' }, this.model, this.copy);
    this.code = el('div', { class: 'code num', dir: 'ltr' });
    this.node = el('section', { class: 'trail-box', 'data-part': 'trail' }, this.title, this.lead, this.blocks, this.result, this.below, this.code);
    /** @type {Trail | null} */
    this.trail = null;
    /** @type {TrailScene | null} */
    this.scene = null;
    this.end = 0;
  }

  /**
   * @param {TrailScene} scene
   * @param {Trail | null} trail
   * @param {Size} size
   */
  draw(scene, trail, size) {
    const look = LOOKS[scene.look.projector ? 'wall' : 'desk'];
    [this.scene, this.trail] = [scene, trail];
    set(this.node, {
      style: `width:${Math.floor(size.width)}px;height:${Math.floor(size.height)}px`,
      'data-trail': trail?.kind ?? 'empty',
      'data-cell': trail ? `${trail.name}[${trail.index.join(', ')}]` : null,
    });
    const [title, lead] = trail ? [trail.title, trail.lead] : [said('trail.empty.title'), said('trail.empty.lead')];
    for (const [node, text] of /** @type {const} */ ([[this.title, title], [this.lead, lead]])) {
      put(node, nodesOf(scene, text));
      set(node, { title: plainOf(scene, text) });
    }
    const result = trail?.result ?? null;
    for (const node of [this.result, this.below, this.code]) node.hidden = !result;
    const lines = trail ? this.drawCode(scene.look.projector ? onWall(trail.code, Math.floor((size.width - 44) / look.letter)) : trail.code, size, look) : 0;
    const taken = look.title + look.lead + look.gaps + (result ? look.result + look.model + look.frame + lines * look.code : 0);
    drawBlocks(this.blocks, scene, trail?.blocks ?? [], { width: size.width - 24, height: Math.max(0, size.height - taken) });
    if (result) this.drawResult(scene, result);
  }

  /**
   * @param {TrailScene} scene
   * @param {Result} result
   */
  drawResult(scene, result) {
    const { value, model, difference, agrees, decimals, hue, text } = result;
    const number = el('b', { class: 'number', style: `color:${colourOf(scene, hue)}`, title: String(value) }, text);
    put(this.result, [...equation(scene, result.before), number]);
    const key = model === null ? 'trail.no_model' : agrees ? 'trail.model' : 'trail.differs';
    /** @type {Record<string, string>} */
    const told = model === null ? {} : { model: text === 'True' || text === 'False' ? text : written(model, decimals), difference: roughly(difference ?? 0) };
    write(this.model, scene.say(key, told));
    set(this.model, { class: `model${model === null ? '' : ' num'}${agrees ? '' : ' apart'}`, title: model === null ? null : String(model) });
    write(this.copy, scene.say('trail.copy'));
    set(this.copy, { title: scene.say('trail.copies') });
  }

  /**
   * One row for each line of code, its comment at the right edge; where both do not fit, below each other.
   * @param {string[]} code
   * @param {Size} size
   * @param {typeof LOOKS.desk} look
   * @returns {number} rows on the screen
   */
  drawCode(code, size, look) {
    const letters = Math.floor((size.width - 24 - 20) / look.letter);
    let rows = 0;
    join(
      this.code,
      code.map((line) => line.split(/ {2}(?=# )/)),
      () => el('div', { class: 'code-line' }, el('code'), el('code', { class: 'comment' })),
      (node, [line, comment = '']) => {
        write(node.children[0], line);
        write(node.children[1], comment);
        const together = line.length + comment.length + 2 <= letters;
        rows += together ? 1 : Math.ceil(line.length / letters) + Math.ceil(comment.length / letters);
      },
    );
    return rows;
  }

  async take() {
    const { trail, scene } = this;
    if (!trail || !scene) return;
    const done = await copyText([...trail.setup, ...trail.code].join('\n') + '\n', this.node);
    write(this.copy, scene.say(done ? 'trail.copied' : 'trail.not_copied'));
    clearTimeout(this.end);
    this.end = setTimeout(() => write(this.copy, scene.say('trail.copy')), SAID_FOR);
  }
}

/**
 * On the wall the last two lines are enough, or the last where they are long; Copy takes all of them.
 * @param {string[]} code
 * @param {number} letters that fit beside each other
 */
function onWall(code, letters) {
  const shown = code.slice(-2).map((line, i) => (i === 0 && code.length > 1 ? line.split('  # ')[0] : line));
  return (shown[0] ?? '').length > letters ? shown.slice(-1) : shown;
}
