/** How a training comes to the page: asked only while it works, only for what is new, and again when the line was lost. */

import { Offline } from '../net.js';
import { fetchFilm } from './film.js';
import { get } from './roads.js';

/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {{changed: () => void, lost: (lost: boolean) => void, trouble: (error: unknown) => void}} Ears */

const APART = 500; // milliseconds between two questions about a training that works,
const APART_AT_FIRST = 250; // sooner before its first numbers are there
const TRIES_APART = [1000, 2000, 4000];
const AT_ONCE = 400_000; // bytes of film that one answer may bring
const MOST_LINES = 2000; // of one answer

export class Feed {
  /**
   * @param {Reel} reel
   * @param {Ears} ears
   */
  constructor(reel, ears) {
    this.reel = reel;
    this.ears = ears;
    this.abort = new AbortController();
    this.turning = false;
    this.timer = 0;
    this.failures = 0;
    this.most = 2;
    this.wake = () => {
      if (!document.hidden) this.start();
    };
    document.addEventListener('visibilitychange', this.wake);
  }

  /** Ask now; while the training works, ask again and again. */
  start() {
    clearTimeout(this.timer);
    if (!this.turning && !this.abort.signal.aborted) void this.turn();
  }

  stop() {
    clearTimeout(this.timer);
    this.abort.abort();
    document.removeEventListener('visibilitychange', this.wake);
  }

  async turn() {
    const started = performance.now();
    this.turning = true;
    try {
      const { source } = this.reel;
      if ('job' in source) await this.askJob(source.job);
      if ('run' in source) await this.askRun(source.run);
      if (this.failures) this.ears.lost(false);
      this.failures = 0;
      this.turning = false;
      const apart = this.reel.lines.length ? APART : APART_AT_FIRST;
      if (this.reel.active && !document.hidden) this.again(Math.max(0, apart - (performance.now() - started)));
    } catch (error) {
      this.turning = false;
      if (this.abort.signal.aborted) return;
      if (!(error instanceof Offline)) return this.ears.trouble(error);
      this.ears.lost(true);
      this.again(TRIES_APART[Math.min(this.failures, TRIES_APART.length - 1)]);
      this.failures += 1;
    }
  }

  /** @param {number} after milliseconds */
  again(after) {
    if (!this.abort.signal.aborted) this.timer = setTimeout(() => this.start(), after);
  }

  /** @param {string} id */
  async askJob(id) {
    const { reel } = this;
    const { signal } = this.abort;
    for (let full = true; full; ) {
      if (window.__lab) window.__lab.fetches += 1;
      const question = { line: String(reel.lines.length), frame: String(reel.steps.length), .../** @type {Record<string, string>} */ (reel.active ? { wait: '1' } : {}) };
      const said = await get(`/lab/jobs/${id}`, question, signal);
      if (signal.aborted) return;
      reel.take(said);
      full = said.lines.length >= MOST_LINES;
    }
    this.ears.changed();
    await this.askFilm();
    if (!reel.active && reel.run && !reel.results) await this.askResults(reel.run);
    if (reel.complete === !reel.active) return;
    reel.complete = !reel.active;
    this.ears.changed();
  }

  /**
   * A training that is over has become a run, which says how well it did in the test.
   * @param {string} run
   */
  async askResults(run) {
    const { results } = await get('/lab/history', { run, line: '1000000' }, this.abort.signal);
    this.reel.results = results ?? {};
    this.ears.changed();
  }

  /** @param {string} run */
  async askRun(run) {
    const { reel } = this;
    if (reel.complete) return;
    for (let full = true; full; ) {
      const said = await get('/lab/history', { run, line: String(reel.lines.length) }, this.abort.signal);
      if (this.abort.signal.aborted) return;
      reel.take(reel.lines.length ? { ...said, frames: [] } : said);
      full = said.lines.length >= MOST_LINES;
    }
    this.ears.changed();
    await this.askFilm();
    reel.complete = true;
    this.ears.changed();
  }

  /** Fetch the frames that are still lacking, so many at once that one answer stays small. */
  async askFilm() {
    const { reel } = this;
    const { signal } = this.abort;
    for (let { gap } = reel; gap; { gap } = reel) {
      const part = await fetchFilm(/** @type {Record<string, string>} */ (reel.source), gap.first, Math.min(gap.most, this.most), signal);
      if (signal.aborted || !part.frames.length || part.next - part.frames.length !== gap.first) return;
      reel.takeFilm(part);
      this.most = Math.max(1, Math.min(32, Math.floor(AT_ONCE / Math.max(1, part.frames[0].bytes))));
      this.ears.changed();
    }
  }
}
