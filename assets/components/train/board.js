/** Which buttons there are and what the sentence beside them says, in every state that a training can be in. */

import { share } from '../format.js';
import { spell } from './controls.js';
import { noticeText } from './notices.js';

/** @typedef {import('./controls.js').Board} Board */
/** @typedef {import('./controls.js').Button} Button */
/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {import('./reel.js').Job} Job */
/** @typedef {import('../strings.js').Say} Say */
/** @typedef {import('../strings.js').Words} Words */
/**
 * @typedef {object} Situation
 * @property {Reel} reel what is shown
 * @property {Job | null} mine one's own training that works or waits, shown or not
 * @property {boolean} asking has something been asked of the server that it has not answered?
 * @property {boolean} ready is it known what Start would train, and can that be trained?
 * @property {boolean} workbench is the workbench open, with a black button of its own?
 * @property {(n: number) => string} count
 */

const START = /** @type {Button} */ ({ deed: 'start', label: 'train.do.start', black: true });
const EXPLORE = /** @type {Button} */ ({ deed: 'explore', label: 'train.do.explore' });
const RESUMABLE = ['paused', 'failed', 'timeout'];

/**
 * @param {Situation} now
 * @param {Words} words
 * @returns {Pick<Board, 'state' | 'buttons' | 'extra' | 'sentence'>}
 */
export function boardOf(now, words) {
  const { reel, mine, asking } = now;
  const job = reel.job;
  const buttons = buttonsOf(now).map((button) => ({ ...button, off: button.off || asking, black: button.black && !now.workbench }));
  const off = asking || mine !== null || !startable(now);
  /** @type {Button[]} beside Start, and nowhere else */
  const extra = buttons.some(({ deed }) => deed === 'start') ? [{ deed: 'same', label: 'train.do.same', off }, { deed: 'new', label: 'train.do.new', off }] : [];
  const sentence = asking ? words.say('train.state.asking') : job ? sentenceOf(job, now, words) : shipped(now, words.say);
  return { state: job?.state ?? 'film', buttons, extra, sentence };
}

/**
 * Can Start be pressed? While the workbench is open it is not decided yet what would be trained.
 * @param {Situation} now
 */
function startable({ ready, workbench }) {
  return ready && !workbench;
}

/**
 * @param {Situation} now
 * @returns {Button[]}
 */
function buttonsOf(now) {
  const { reel, mine } = now;
  const job = reel.job;
  const start = { ...START, off: !startable(now) };
  /** @type {Button[]} */
  const explore = reel.run ? [EXPLORE] : [];
  if (mine && mine.id !== job?.id) return [{ deed: 'back', label: 'train.do.back', black: true }, ...explore];
  if (!job?.mine) return [start, ...explore];
  const stop = /** @type {Button} */ ({ deed: 'stop', label: 'train.do.stop', off: job.wish === 'stop' });
  if (job.state === 'waiting') return [{ ...stop, label: 'train.do.cancel', black: true }];
  if (job.state === 'running') return [{ deed: 'pause', label: 'train.do.pause', black: true, off: job.wish !== 'go' }, stop];
  if (RESUMABLE.includes(job.state) && !job.run) return [{ deed: 'resume', label: 'train.do.resume', black: true }, stop];
  return job.run ? [{ ...EXPLORE, black: true }, { ...start, black: false }] : [start];
}

/**
 * @param {Job} job
 * @param {Situation} now
 * @param {Words} words
 */
function sentenceOf(job, { reel, count }, words) {
  const { says, state } = job;
  const going = reel.active || state === 'paused';
  if (going && says) {
    const said = noticeText(says, words);
    const tokens = state === 'running' && job.wish === 'go' ? reel.lines.at(-1)?.tokens : null;
    return tokens ? words.say('train.state.speed', { said, tokens: count(Math.round(tokens / 100) * 100) }) : said;
  }
  const line = reel.newest((one) => typeof one.valid_exact_match === 'number');
  const exact = reel.results?.exact_match ?? line?.valid_exact_match ?? 0;
  return words.say(`train.state.${state}`, { step: count(job.step), steps: count(job.steps), time: spell(job.seconds, words.say), exact: share(exact) });
}

/**
 * @param {Situation} now
 * @param {Say} say
 */
function shipped({ reel, count }, say) {
  if ('new' in reel.source) return say('train.state.new');
  if (!reel.complete && !reel.lines.length) return say('train.state.loading');
  const [last, results] = [reel.lines.at(-1), reel.results];
  if (!last) return say('train.state.no_film');
  const values = { steps: count(results?.steps_done ?? last.step), time: spell(last.seconds ?? null, say) };
  if (typeof results?.exact_match !== 'number') return say('train.state.finished_plain', values);
  return say('train.state.finished', { ...values, exact: share(results.exact_match), n: count(results.n_test) });
}
