/** The story of the page: what was found on this sentence, how often it is so by the passport, and a button that goes on. */

import { el, set, write } from '../dom.js';
import { percent, share, short } from '../format.js';
import { passportOf } from '../heads/passports.js';
import { shortName } from '../heads/parts.js';
import { nameOf, wordOf } from './editparts.js';
import { planOf, ratesOf, sameHeads } from './editplan.js';
import { readActs } from '../notation.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./editstate.js').Edits} Edits */
/** @typedef {import('./editparts.js').Story} Story */
/** @typedef {import('./editparts.js').Told} Told */
/** @typedef {import('./editparts.js').Tried} Tried */
/** @typedef {import('./editplan.js').Plan} Plan */
/** @typedef {import('../heads/passports.js').State} State */
/** @typedef {{label: string, e?: string, sentence?: string, wait?: boolean, spot?: import('../heads/passports.js').Spot}} Next a step that a button takes: other edits, or another sentence; `wait`: not yet */
/** @typedef {{text: string, main: Next | null, more: Next | null}} Step */
/** @typedef {{scene: StepScene, story: Story, told: Told | null, plan: Plan | null, waits: boolean, values: Record<string, unknown>}} Now a moment of the story; `waits`: the passport is on its way */

export class EditStory {
  /**
   * @param {Desk} desk
   * @param {Edits} edits
   */
  constructor(desk, edits) {
    this.desk = desk;
    this.edits = edits;
    this.text = el('p', { role: 'status', 'data-part': 'story' });
    this.trouble = el('p', { class: 'edit-trouble', role: 'alert', 'data-part': 'trouble', hidden: '' });
    this.main = el('button', { type: 'button', class: 'edit-main', hidden: '', 'data-part': 'story-act', onclick: () => this.go(this.step?.main) });
    this.more = el('button', { type: 'button', hidden: '', 'data-part': 'story-more', onclick: () => this.go(this.step?.more) });
    this.rate = el('p', { role: 'status', 'data-part': 'rate' });
    this.door = el('button', { type: 'button', 'data-part': 'passport', onclick: () => this.open() });
    this.node = el('div', { class: 'edit-story' }, el('div', { class: 'edit-told' }, this.text, this.trouble, this.main), el('div', { class: 'edit-rate' }, this.rate, this.more, this.door));
    /** @type {Step | null} */
    this.step = null;
    /** @type {Story | null} */
    this.story = null;
  }

  /**
   * @param {StepScene} scene
   * @param {Story | null} story
   * @param {Told | null} told what came of just these edits; null while that is on its way
   * @param {string} trouble why they were refused
   */
  draw(scene, story, told, trouble) {
    const { say } = scene;
    this.story = story;
    const known = passportOf(scene.header.run, this.desk);
    const step = trouble ? { text: '', main: { label: say('edit.clear'), e: '' }, more: null } : story ? this.tell(scene, story, told, known) : null;
    if (step) this.step = step; // else what was said stays until there is more to say
    write(this.trouble, trouble);
    this.trouble.hidden = trouble === '';
    this.text.hidden = trouble !== '';
    if (!this.step) return this.drawRate(scene, known, null, []);
    write(this.text, this.step.text);
    this.text.title = this.step.text;
    this.drawButton(this.main, this.step.main);
    this.drawButton(this.more, this.step.more);
    this.drawRate(scene, known, story, told?.asleep ?? []);
  }

  /**
   * @param {HTMLElement} button
   * @param {Next | null} next
   */
  drawButton(button, next) {
    write(button, next?.label ?? '');
    button.hidden = next === null;
    set(button, { 'data-next': next?.e ?? null, title: next?.sentence ?? null, disabled: next?.wait || null });
  }

  /**
   * The rate that the passport states of exactly these edits, with its interval; or how far the passport is.
   * @param {StepScene} scene
   * @param {State} known
   * @param {Story | null} story
   * @param {import('./editparts.js').Asleep[]} asleep
   */
  drawRate({ say, lang }, { passport, share: done, trouble }, story, asleep) {
    const closed = story?.acts.find(({ name }) => name === 'close')?.e ?? '';
    const awake = this.edits.acts.filter((_, n) => !asleep.some((one) => one.n === n));
    const found = passport && ratesOf(passport, awake, closed);
    const all = found?.rates.map(({ name, measure: { value, low, high } }) => say(`edit.rate.${name}`, { rate: printed(name, value), low: bare(printed(name, low)), high: printed(name, high), n: found.n_pronouns }));
    const missing = trouble ? say(trouble.key, trouble.values) : passport ? say('edit.rate.none') : say('heads.measuring', { share: share(Math.min(done, 0.99)) });
    const text = found && all ? say('edit.rate.passport', { n: found.n, rates: all.join(lang === 'zh' ? '，' : ', ') }) : missing;
    write(this.rate, text);
    set(this.rate, { title: all ? `${text} ${say('edit.rate.interval')}` : text, 'data-measured': passport || trouble ? 'true' : null });
    write(this.door, say('edit.rate.open'));
    this.door.hidden = trouble !== null;
  }

  /**
   * @param {StepScene} scene
   * @param {Story} story
   * @param {Told | null} told
   * @param {State} known
   * @returns {Step | null}
   */
  tell(scene, story, told, known) {
    const { say, words } = scene;
    const { text, acts } = this.edits;
    const values = {
      ...{ block: nameOf(scene, story.start.block), head: story.start.head + 1, word: words.tgtOut[story.row].text, key: words.src[story.looks.col]?.text ?? '', weight: short(story.looks.weight) },
      p: percent(story.before[0][1]),
    };
    if (text === '') return { text: say('edit.story.first', values), main: { label: say('edit.story.act.head'), e: story.acts[0].e }, more: null };
    const plan = planOf(known.passport, story);
    const now = { scene, story, told, plan, values, waits: !known.passport && !known.trouble };
    if (sameHeads(acts, readActs(story.acts[0].e))) return this.alone(now);
    if (plan && told && sameHeads(acts, readActs(plan.spare))) return this.spared(now, plan, told);
    if (plan && told && sameHeads(acts, readActs(plan.both))) return this.last(now, plan, told);
    const tried = story.acts.find(({ e }) => e === text);
    if (tried) return this.onward(outcome(now, tried), this.other(now, tried));
    return told && this.anything(now, told);
  }

  /**
   * The head alone is gone.
   * @param {Now} now
   * @returns {Step}
   */
  alone(now) {
    const { scene, story, plan, waits } = now;
    const said = outcome(now, story.acts[0]);
    const other = this.other(now, story.acts[0]);
    if (waits) return { text: said, main: { label: scene.say('edit.story.act.wait'), wait: true }, more: other };
    if (!plan) return this.onward(said, other);
    const label = scene.say('edit.story.act.spare', { n: plan.n_spare });
    return { text: story.acts[0].flips ? said : said + (scene.lang === 'zh' ? '' : ' ') + scene.say('edit.story.others'), main: { label, e: plan.spare }, more: other };
  }

  /**
   * On with what else can be tried, or back to nothing.
   * @param {string} text
   * @param {Next | null} next
   * @returns {Step}
   */
  onward(text, next) {
    const clear = { label: this.desk.scene?.say('edit.clear') ?? '', e: '' };
    return next ? { text, main: next, more: clear } : { text, main: clear, more: null };
  }

  /**
   * The spare heads are gone: nothing happens, until one more goes.
   * @param {Now} now
   * @param {Plan} plan
   * @param {Told} told
   * @returns {Step}
   */
  spared(now, plan, told) {
    const { say, sentence } = now.scene;
    const values = { ...this.lastOf(now, plan), n: plan.n_spare, said: told.written[1].text };
    const text = say(unchanged(told) ? 'edit.story.spare' : 'edit.story.spare_other', values);
    const take = { label: say('edit.story.act.last', values), e: plan.both, spot: plan.last };
    const next = nextOf(plan.wrong, sentence.read);
    if (!next || plan.wrong.includes(sentence.read)) return { text, main: take, more: null };
    return { text, main: { label: say('edit.story.act.sentence'), sentence: next }, more: take };
  }

  /**
   * One more head is gone, and nobody takes over.
   * @param {Now} now
   * @param {Plan} plan
   * @param {Told} told
   * @returns {Step}
   */
  last(now, plan, told) {
    const { say, sentence } = now.scene;
    const { row } = now.story;
    const [was, is] = [told.rows[row].before[0], told.rows[row].after[0]];
    const flips = told.rows.filter(({ flipped }) => flipped).length;
    const values = { ...now.values, word: wordOf(now.scene, was[0]), p: percent(was[1]), now: wordOf(now.scene, is[0]), q: percent(is[1]), flips };
    const flipped = was[0] !== is[0];
    const text = say(flipped ? 'edit.story.flipped' : flips ? 'edit.story.stays_but' : 'edit.story.stays', values);
    const back = { label: say('edit.story.act.back', this.lastOf(now, plan)), e: plan.spare, spot: plan.last };
    const next = nextOf(plan.wrong, sentence.read);
    const other = next ? { label: say(flipped ? 'edit.story.act.another' : 'edit.story.act.sentence'), sentence: next } : null;
    return flipped || !other ? { text, main: back, more: other } : { text, main: other, more: back };
  }

  /**
   * @param {Now} now
   * @param {Plan} plan
   */
  lastOf({ scene }, { last: [block, head] }) {
    return { block: shortName(block, scene.say), head: head + 1 };
  }

  /**
   * Any other list of edits.
   * @param {Now} now
   * @param {Told} told
   * @returns {Step}
   */
  anything({ scene }, told) {
    const flips = told.rows.filter(({ flipped }) => flipped).length;
    const sleep = told.asleep.length === this.edits.acts.length;
    const text = scene.say(sleep ? 'edit.story.asleep' : unchanged(told) ? 'edit.story.same' : 'edit.story.other', { flips, n: told.rows.length, said: told.written[1].text });
    return { text, main: { label: scene.say('edit.clear'), e: '' }, more: null };
  }

  /**
   * The next thing that was tried on this sentence and changes the word.
   * @param {Now} now
   * @param {Tried} after
   * @returns {Next | null}
   */
  other({ scene, story }, after) {
    const next = story.acts.slice(story.acts.indexOf(after) + 1).find(({ name, flipped }) => flipped || name === 'close');
    return next ? { label: scene.say(`edit.story.act.${next.name}`, { noun: story.noun === null ? '' : scene.words.src[story.noun].text }), e: next.e } : null;
  }

  /** @param {Next | null | undefined} next */
  go(next) {
    if (!next || next.wait) return;
    if (next.sentence !== undefined) return this.desk.server.sentence(next.sentence);
    const { story, edits } = this;
    const [at, head] = next.spot ?? (story ? [story.start.block, story.start.head] : []);
    if (story && at !== undefined) this.desk.change((view) => ({ ...view, at, head: head ?? 0, stage: 'weights', row: { ...view.row, tgt: story.row } }));
    if (edits.past[edits.past.length - 1] === next.e) edits.undo();
    else edits.put(next.e ?? '');
  }

  /** The passport of the head that is looked at. */
  open() {
    const { view } = this.desk;
    if (view) this.desk.go('heads', { v: 'passport', b: view.at, f: String(view.head) });
  }
}

/**
 * What came of something that was tried beforehand.
 * @param {Now} now
 * @param {Tried} tried
 */
function outcome({ scene, values }, tried) {
  const said = { ...values, now: wordOf(scene, tried.best[0][0]), q: percent(tried.best[0][1]), flips: tried.flips };
  if (tried.flipped) return scene.say('edit.story.flipped', said);
  return scene.say(tried.flips ? 'edit.story.stays_but' : 'edit.story.stays', said);
}

/**
 * Does the edited model, writing on its own, still write the same?
 * @param {Told} told
 */
function unchanged({ written: [before, after] }) {
  return String(before.words) === String(after.words);
}

/**
 * The sentence after this one in a list, round and round; null if there is no other.
 * @param {string[]} all
 * @param {string} here
 */
function nextOf(all, here) {
  const next = all[(all.indexOf(here) + 1) % all.length];
  return next === undefined || next === here ? null : next;
}

/**
 * A rate as the page Heads prints it. What is lost may be below 0, where more comes out right than before.
 * @param {string} name
 * @param {number} rate
 */
function printed(name, rate) {
  if (name !== 'lost') return share(rate);
  const text = (100 * Math.abs(rate)).toFixed(1);
  return `${rate < 0 && Number(text) ? '−' : ''}${text}\u202f%`;
}

/** An interval says its unit once. @param {string} text */
function bare(text) {
  return text.replace(/\u202f%$/u, '');
}
