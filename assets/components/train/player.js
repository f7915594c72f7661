/** Plays the film: one snapshot after the other, as long as the person who asked for it lets it. */

/** @typedef {import('./desk.js').TrainDesk} TrainDesk */

const APART = 400; // milliseconds

export class Player {
  /** @param {TrainDesk} desk */
  constructor(desk) {
    this.desk = desk;
    this.timer = 0;
  }

  get playing() {
    return this.timer !== 0;
  }

  toggle() {
    if (this.playing) {
      this.stop();
      this.desk.draw();
      return;
    }
    const { reel } = this.desk;
    const scene = this.desk.scene();
    if (!reel || reel.frames.length < 2 || !scene) return;
    if (scene.index >= reel.frames.length - 1) this.desk.pick(reel.frames[0].step);
    this.timer = setInterval(() => this.next(), APART);
    this.desk.draw();
  }

  next() {
    const frames = this.desk.reel?.frames ?? [];
    const index = (this.desk.scene()?.index ?? 0) + 1;
    if (index >= frames.length - 1) this.stop();
    if (frames[index]) this.desk.pick(frames[index].step);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }
}
