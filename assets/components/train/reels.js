/** The trainings that the page knows: the one that is shown, the one beside it, and one's own that works. Each is fetched once. */

import { Feed } from './feed.js';
import { Reel } from './reel.js';

/** @typedef {import('./reel.js').Source} Source */
/** @typedef {{changed: (reel: Reel) => void, lost: (lost: boolean) => void, trouble: (reel: Reel, error: unknown) => void}} Ears */

const KEPT = 6; // trainings that stay in memory when others are looked at

export class Reels {
  /** @param {Ears} ears */
  constructor(ears) {
    this.ears = ears;
    /** @type {Map<string, Reel>} */
    this.all = new Map();
    /** @type {Map<string, Feed>} */
    this.feeds = new Map();
  }

  /**
   * Give a training, known already or not. It is asked for when it is used.
   * @param {Source} source
   */
  of(source) {
    const made = new Reel(source);
    const reel = this.all.get(made.key) ?? made;
    this.all.delete(reel.key);
    this.all.set(reel.key, reel);
    return reel;
  }

  /**
   * Ask for these and for no others.
   * @param {(Reel | null)[]} reels
   */
  use(reels) {
    const keys = new Set(reels.map((reel) => reel?.key));
    for (const [key, feed] of this.feeds) {
      if (keys.has(key)) continue;
      feed.stop();
      this.feeds.delete(key);
    }
    for (const reel of reels) if (reel && !this.feeds.has(reel.key)) this.open(reel);
    for (const key of [...this.all.keys()]) if (this.all.size > KEPT && !keys.has(key)) this.all.delete(key);
  }

  /** @param {Reel} reel */
  open(reel) {
    reel.complete ||= 'new' in reel.source;
    if ('new' in reel.source) return;
    const feed = new Feed(reel, {
      changed: () => this.ears.changed(reel),
      lost: (lost) => this.ears.lost(lost),
      trouble: (error) => this.ears.trouble(reel, error),
    });
    this.feeds.set(reel.key, feed);
    if (!reel.complete || reel.job) feed.start();
  }

  /**
   * Something was asked of a training: look at it now.
   * @param {Reel} reel
   */
  poke(reel) {
    this.feeds.get(reel.key)?.start();
  }

  stop() {
    for (const feed of this.feeds.values()) feed.stop();
    this.feeds.clear();
  }
}
