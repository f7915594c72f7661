/** The scrubber: one dot for each stage under its card, back, next and play. Dragging it is stepping. */

import { clamp, el, join, set, write } from '../dom.js';

/** @typedef {import('./desk.js').StepScene} Scene */

const EVERY = 1500; // milliseconds a stage, while it plays

export class Scrubber {
  /** @param {{walk: (step: number) => void, go: (stage: string) => void, more: () => boolean}} act */
  constructor(act) {
    this.act = act;
    this.back = el('button', { type: 'button', class: 'back', onclick: () => this.take(() => act.walk(-1)) }, '←');
    this.next = el('button', { type: 'button', class: 'next', onclick: () => this.take(() => act.walk(1)) }, '→');
    this.play = el('button', { type: 'button', class: 'play', 'data-part': 'play', onclick: () => this.toggle() });
    this.track = el('div', { class: 'track', role: 'slider', tabindex: 0 });
    this.count = el('span', { class: 'num count', 'data-part': 'count' });
    this.controls = el('div', { class: 'controls' }, this.back, this.next, this.play, this.count);
    this.node = el('div', { class: 'scrubber', 'data-part': 'scrubber' }, this.track);
    this.timer = 0;
    /** @type {Scene | null} */
    this.scene = null;
    this.track.addEventListener('pointerdown', (event) => {
      this.track.setPointerCapture(event.pointerId);
      this.drag(event);
    });
    this.track.addEventListener('pointermove', (event) => event.buttons && this.drag(event));
  }

  get playing() {
    return this.timer !== 0;
  }

  /**
   * A person's own step ends the play.
   * @param {() => void} step
   */
  take(step) {
    this.toggle(false);
    step();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.scene) return;
    const open = this.scene.place.stages;
    const box = this.track.getBoundingClientRect();
    const at = clamp(Math.floor(((event.clientX - box.left) / box.width) * open.length), 0, open.length - 1);
    const stage = open[at];
    if (!stage.missing && stage !== this.scene.stageNow) this.take(() => this.act.go(stage.name));
  }

  /** @param {boolean} [on] */
  toggle(on = !this.playing) {
    if (on === this.playing) return;
    clearTimeout(this.timer);
    this.timer = on ? setTimeout(() => this.tick(), EVERY) : 0;
    if (this.scene) this.drawPlay(this.scene);
  }

  /** Play to the end of the pass, and no further than somebody looks. */
  tick() {
    if (!this.node.isConnected || this.node.getClientRects().length === 0 || !this.act.more()) return this.toggle(false);
    this.timer = setTimeout(() => this.tick(), EVERY);
    this.act.walk(1);
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const { say, place, stageNow } = scene;
    const now = place.stages.indexOf(stageNow);
    join(
      this.track,
      place.stages,
      () => el('i'),
      (node, stage, i) => {
        const at = ((i + 0.5) / place.stages.length) * 100;
        set(node, { class: stage.missing ? 'dot gone' : i === now ? 'dot now' : i < now ? 'dot done' : 'dot', style: `left:${at}%` });
      },
    );
    set(this.node, { style: `--stages:${place.stages.length}` });
    set(this.track, { 'aria-valuemin': 1, 'aria-valuemax': place.stages.length, 'aria-valuenow': now + 1, 'aria-label': say('walk.scrubber') });
    write(this.count, say('walk.count', { n: now + 1, all: place.stages.length }));
    set(this.back, { 'aria-label': say('walk.back'), title: say('walk.back') });
    set(this.next, { 'aria-label': say('walk.next'), title: say('walk.next') });
    this.drawPlay(scene);
  }

  /** @param {Scene} scene */
  drawPlay({ say }) {
    write(this.play, say(this.playing ? 'walk.pause' : 'walk.play'));
    set(this.play, { 'aria-pressed': String(this.playing) });
  }
}
