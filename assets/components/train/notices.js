/** Sentences that the server sends as a key with values; a value that names a setting is said in words. */

import { bugsBetween, differences } from './draft.js';
import { fieldText, settingsText } from './wording.js';

/** @typedef {import('../strings.js').Words} Words */
/** @typedef {import('./reel.js').Reel} Reel */

const MOST_NAMED = 3; // settings

/**
 * @param {{key: string, values: Record<string, string | number>}} notice
 * @param {Words} words
 */
export function noticeText({ key, values }, { say, has }) {
  const { field } = values;
  return say(key, typeof field === 'string' ? { ...values, field: fieldText(field, { say, has }) } : values);
}

/**
 * What the training beside is called: by what it differs in.
 * @param {Reel} reel
 * @param {Reel | null} beside
 * @param {Words} words
 */
export function besideName(reel, beside, words) {
  if (!beside?.recipe || !reel.recipe) return '';
  const fields = differences(beside.recipe, reel.recipe);
  const named = settingsText(fields.slice(0, MOST_NAMED), beside.recipe, words);
  const name = beside.job?.label ?? beside.run ?? '';
  return named ? `${named}${fields.length > MOST_NAMED ? ' …' : ''} (${name})` : name;
}

/**
 * What must be known about the training that is shown, when nothing is wrong.
 * @param {import('./desk.js').TrainDesk} desk
 * @param {Words} words
 * @param {string} named what the shown run is called
 */
export function noteOf({ reel, beside, own, draft }, words, named) {
  const { say } = words;
  const [bug] = bugsBetween(draft?.menu.bugs ?? [], reel?.recipe, beside?.recipe);
  if (bug) return say('train.bugs_watch', { watch: say(`bugs.${bug.name}.watch`) });
  if (own?.job && own !== reel && own !== beside) return say('train.note.elsewhere', { step: own.job.step, steps: own.job.steps });
  if (reel?.job) return noteOnJob(reel.job, words);
  return reel && 'run' in reel.source ? say('train.note.shipped', { run: named }) : '';
}

/**
 * @param {import('./reel.js').Job} job
 * @param {Words} words
 */
function noteOnJob({ message, mine, state, wish, step }, words) {
  if (message) return noticeText(message, words);
  if (!mine) return words.say('train.note.stranger');
  if (state === 'waiting') return words.say('train.note.waiting');
  if (state !== 'running' || wish !== 'go') return words.say('train.note.look');
  return words.say(step ? 'train.note.scrub' : 'train.note.begins');
}
