/** What is seen while something is on its way: the old picture stays, paler after a moment. */

const BUSY_AFTER = 300; // milliseconds
const GIVE_UP_AFTER = 20_000;

export class Busy {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.timer = 0;
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(true), BUSY_AFTER);
  }

  /** Something has come: a picture, or a word about why there is none. */
  arrived() {
    clearTimeout(this.timer);
    this.show(false);
  }

  /** @param {boolean} busy */
  show(busy) {
    this.root.classList.toggle('busy', busy);
    this.root.setAttribute('aria-busy', String(busy));
    if (busy) this.timer = setTimeout(() => this.show(false), GIVE_UP_AFTER);
  }

  stop() {
    clearTimeout(this.timer);
  }
}
