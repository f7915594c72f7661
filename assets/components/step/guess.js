/** Predict before you look: a question about the true numbers, a few answers, and then what it is. It asks once per picture. */

import { el, join, listen, set, write } from '../dom.js';

/** @typedef {import('./desk.js').StepScene} StepScene */
/** @typedef {{question: string, choices: string[], right: number, explain: string}} Guess */

export class GuessLine {
  constructor() {
    this.title = el('b', { class: 'guess-title' });
    this.question = el('span', { class: 'guess-question' });
    this.choices = el('span', { class: 'guess-choices' });
    this.said = el('span', { class: 'guess-said', role: 'status' });
    this.node = el('div', { class: 'guess', 'data-part': 'guess' }, this.title, this.question, this.choices, this.said);
    /** @type {Guess | null} */
    this.now = null;
    /** @type {number | null} */
    this.chosen = null;
    listen(this.choices, 'click', '[data-choice]', (part) => this.choose(Number(part.dataset.choice)));
  }

  /**
   * @param {StepScene} scene
   * @param {Guess | null} guess
   */
  draw(scene, guess) {
    if (guess?.question !== this.now?.question || String(guess?.choices) !== String(this.now?.choices)) this.chosen = null;
    this.now = guess;
    this.scene = scene;
    set(this.node, { 'data-empty': guess ? null : 'true' });
    write(this.title, guess ? scene.say('step.guess.title') : '');
    write(this.question, guess?.question ?? '');
    this.update();
  }

  update() {
    const { now, chosen, scene } = this;
    const told = now !== null && chosen !== null;
    join(
      this.choices,
      now?.choices ?? [],
      () => el('button', { type: 'button' }),
      (node, choice, i) => {
        write(node, choice);
        set(node, { 'data-choice': i, 'aria-pressed': String(i === chosen), 'data-right': told && i === now?.right ? 'true' : null, disabled: told || null });
      },
    );
    if (!scene) return;
    write(this.said, told ? `${scene.say(chosen === now.right ? 'step.guess.right' : 'step.guess.wrong', { answer: now.choices[now.right] })} ${now.explain}` : '');
    this.said.title = this.said.textContent ?? '';
  }

  /** @param {number} choice */
  choose(choice) {
    this.chosen = choice;
    this.update();
  }
}
