/** Everything known about one training, running or finished: its job, its numbers step by step, its film, what happened when. */

/** @typedef {import('./film.js').Frame} Frame */
/** @typedef {import('./film.js').FilmPart} FilmPart */
/** @typedef {import('./film.js').Probe} Probe */
/** @typedef {Record<string, any>} Recipe */
/** @typedef {'waiting' | 'running' | 'paused' | 'done' | 'target' | 'stopped' | 'diverged' | 'failed' | 'timeout'} JobState */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {JobState} state
 * @property {'go' | 'pause' | 'stop'} wish
 * @property {number | null} place
 * @property {number} of
 * @property {number | null} wait_s
 * @property {boolean} mine
 * @property {string} label
 * @property {string | null} run
 * @property {Recipe} recipe
 * @property {number} step
 * @property {number} steps
 * @property {number} seconds
 * @property {number | null} left_s
 * @property {{key: string, values: Record<string, string | number>} | null} message why it ended as it did, or what happened on the way
 * @property {{key: string, values: Record<string, string | number>} | null} [says] how it stands, in one sentence
 */
/** @typedef {{src: string, tgt: string | null, said: string, right: boolean | null}} Output */
/** @typedef {Record<string, any> & {step: number}} Line one line of metrics.jsonl */
/** @typedef {{step: number, kind: 'alignment' | 'referent' | 'exact', value: number, block: string | null, head: number | null, mark: number | null}} Event see transformer/training/births.py */
/** @typedef {[number, number]} Point */

/** @typedef {{job: string} | {run: string} | {new: true}} Source new: nothing has been trained yet */

const ACTIVE = ['waiting', 'running'];

export class Reel {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.key = 'job' in source ? `job:${source.job}` : 'run' in source ? `run:${source.run}` : 'new';
    /** @type {Job | null} */
    this.job = null;
    /** @type {Recipe | null} */
    this.recipe = null;
    /** @type {Record<string, any> | null} what a finished run reports */
    this.results = null;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {number[]} the steps of all snapshots that there are */
    this.steps = [];
    /** @type {(Frame | undefined)[]} the snapshot of each step, as far as it has been fetched */
    this.film = [];
    /** @type {Frame[]} those that have been fetched, in their order */
    this.frames = [];
    /** @type {number | null} the step that a person asks for, whose snapshot comes first; null: the newest */
    this.wanted = null;
    /** @type {Probe[]} */
    this.probes = [];
    /** @type {string[]} */
    this.blocks = [];
    this.heads = 0;
    this.causal = true;
    /** @type {Event[]} */
    this.events = [];
    /** @type {string[] | null} what each number of grad_norms belongs to */
    this.layers = null;
    this.bytes = 0;
    /** Is everything there that there is by now? */
    this.complete = false;
    /** @type {Map<string, Point[]>} */
    this.curves = new Map();
  }

  get active() {
    return this.job !== null && ACTIVE.includes(this.job.state);
  }

  /** Its attention blocks: as the film says, and before it is there, as the recipe plans. @returns {string[]} */
  get allBlocks() {
    if (this.blocks.length) return this.blocks;
    const layers = (/** @type {string} */ side) => Array.from({ length: this.recipe?.[`${side}_layers`] ?? 0 }, (_, i) => `${side}.${i}`);
    return [...layers('encoder').map((layer) => `${layer}.self_attn`), ...layers('decoder').flatMap((layer) => [`${layer}.self_attn`, `${layer}.cross_attn`])];
  }

  /** How many heads each of them has. @returns {number} */
  get allHeads() {
    return this.heads || (this.recipe?.heads ?? 0);
  }

  /** The name of the run on disk, once there is one. */
  get run() {
    return 'run' in this.source ? this.source.run : (this.job?.run ?? null);
  }

  /** How far the axis of steps reaches: as far as is planned, and when it is over as far as it went. */
  get lastStep() {
    const reached = Math.max(this.lines.at(-1)?.step ?? 0, this.steps.at(-1) ?? 0);
    const going = this.job !== null && (this.active || this.job.state === 'paused');
    return Math.max(1, going ? Number(this.recipe?.steps ?? reached) : reached || Number(this.recipe?.steps ?? 1));
  }

  /**
   * Take over what a job or a run says. Gives whether anything is new.
   * @param {any} said
   */
  take(said) {
    const before = this.lines.length + this.steps.length;
    this.takeFacts(said);
    const line = said.line ?? this.lines.length;
    if (line === this.lines.length) this.lines.push(...said.lines);
    if ((said.frame ?? this.steps.length) === this.steps.length) this.steps.push(...said.frames);
    this.events = said.events ?? this.events;
    const news = this.lines.length + this.steps.length !== before;
    if (news) this.curves.clear();
    return news;
  }

  /** @param {any} said */
  takeFacts(said) {
    if (said.job) this.job = said.job;
    this.recipe = said.job?.recipe ?? said.recipe ?? this.recipe;
    if (!this.frames.length) this.causal = this.recipe?.causal !== false;
    this.results = said.results ?? this.results;
    this.layers = said.layers ?? said.recipe?.layers ?? this.layers;
  }

  /** @param {FilmPart} part */
  takeFilm(part) {
    const first = part.next - part.frames.length;
    Object.assign(this, { probes: part.probes, blocks: part.blocks, heads: part.heads, causal: part.causal });
    part.frames.forEach((frame, nth) => (this.film[first + nth] = frame));
    this.frames = this.film.flatMap((frame) => frame ?? []);
    this.bytes = this.frames.reduce((sum, frame) => sum + frame.bytes, 0);
  }

  /**
   * Which snapshots to fetch next: first the one that is to be seen, then the others from the first on.
   * @returns {{first: number, most: number} | null}
   */
  get gap() {
    if (!this.steps.length) return null;
    if (!this.frames.length) return { first: this.wanted === null ? this.steps.length - 1 : frameNear(this.steps.map((step) => ({ step })), this.wanted), most: 1 };
    const first = this.steps.findIndex((_, nth) => !this.film[nth]);
    if (first < 0) return null;
    const end = this.steps.findIndex((_, nth) => nth > first && this.film[nth] !== undefined);
    return { first, most: (end < 0 ? this.steps.length : end) - first };
  }

  /**
   * The points of one number over the steps: [step, value], where it was measured.
   * @param {string} name
   * @param {(line: Line) => unknown} [read]
   * @returns {Point[]}
   */
  points(name, read = (line) => line[name]) {
    let points = this.curves.get(name);
    if (!points) {
      points = this.lines.flatMap((line) => {
        const value = read(line);
        return typeof value === 'number' && Number.isFinite(value) ? [/** @type {Point} */ ([line.step, value])] : [];
      });
      this.curves.set(name, points);
    }
    return points;
  }

  /**
   * The newest line that fulfils a condition.
   * @param {(line: Line) => boolean} test
   * @returns {Line | null}
   */
  newest(test) {
    for (let at = this.lines.length - 1; at >= 0; at--) if (test(this.lines[at])) return this.lines[at];
    return null;
  }

  /** How often each head aligns, by block, as last measured. @returns {Record<string, number[]>} */
  get aligned() {
    return this.newest((line) => line.alignment && Object.keys(line.alignment).length > 0)?.alignment ?? {};
  }

  /**
   * What was measured when the snapshot of a step was taken.
   * @param {number} step
   * @returns {Line | null}
   */
  lookAt(step) {
    return this.lines.find((line) => line.step === step) ?? null;
  }

  /**
   * The sentence that a probe shows in a frame: one's own is answered by the model itself, differently in each frame.
   * @param {Frame} frame
   * @param {number} probe
   * @returns {Probe}
   */
  probeOf(frame, probe) {
    return { ...this.probes[probe], ...frame.probes[String(probe)] };
  }
}

/**
 * The frame that is nearest to a step.
 * @param {readonly {step: number}[]} frames
 * @param {number} step
 */
export function frameNear(frames, step) {
  return frames.reduce((best, frame, at) => (Math.abs(frame.step - step) < Math.abs(frames[best].step - step) ? at : best), 0);
}
