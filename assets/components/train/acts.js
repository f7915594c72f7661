/** What a click on the Train page does: start, pause, resume, stop, explore, another task, one's own pairs. */

import { applyAddress } from './address.js';
import { begin, noticeOf, tell, twinOf } from './deeds.js';
import { OWN } from './draft.js';

/** @typedef {import('./desk.js').TrainDesk} TrainDesk */
/** @typedef {import('./controls.js').Deed} Deed */
/** @typedef {import('./draft.js').Draft} Draft */

/**
 * @param {TrainDesk} desk
 * @param {Deed} deed
 */
export async function act(desk, deed) {
  const { draft, reel } = desk;
  if (!draft || !reel || desk.asking) return;
  if (deed === 'explore') return explore(desk);
  if (deed === 'back') return desk.own && desk.show(desk.own.source);
  if (deed === 'same' && reel.recipe) draft.set('seed', reel.recipe.seed);
  if (deed === 'new') draft.newSeed();
  const begins = deed === 'start' || deed === 'same' || deed === 'new';
  desk.asking = true;
  desk.news = { trouble: null, notices: [], passing: [] };
  try {
    desk.draw();
    if (begins) await start(desk, draft);
    else if (reel.job) desk.reels.of(reel.source).job = await tell(reel.job.id, deed, (lost) => desk.hearLost(lost));
    if (!begins) desk.reels.poke(reel);
  } catch (error) {
    desk.news = { ...desk.news, trouble: noticeOf(error) };
  }
  desk.asking = false; // whatever happened: the next click is heard
  desk.drawSoon();
}

/**
 * Start what is chosen. With a bug, the normal training of the same seed comes beside it, found or started after it.
 * @param {TrainDesk} desk
 * @param {Draft} draft
 */
async function start(desk, draft) {
  const lost = (/** @type {boolean} */ is) => desk.hearLost(is);
  const text = draft.task === OWN ? (draft.text?.id ?? null) : null;
  const before = desk.reel;
  const job = await begin(draft.whole, text, lost);
  const reel = desk.reels.of({ job: job.id });
  reel.job = job;
  reel.recipe = job.recipe;
  desk.own = reel;
  const previous = before?.job?.mine && before.recipe?.task === draft.task ? before : null;
  desk.show(reel.source, draft.bugs.size ? null : previous);
  if (!draft.bugs.size || !draft.beside) return;
  const known = twinOf([before, ...desk.reels.all.values()], draft.normal);
  if (known) desk.show(reel.source, known);
  else desk.twin = { reel, recipe: draft.normal, text };
}

/**
 * The normal training joins the queue as soon as the one with the bug has left it: only one of a person's may wait.
 * @param {TrainDesk} desk
 */
export async function startTwin(desk) {
  const { twin } = desk;
  if (!twin || twin.reel.job?.state === 'waiting' || desk.asking) return;
  desk.twin = null;
  try {
    const job = await begin(twin.recipe, twin.text, (lost) => desk.hearLost(lost));
    const reel = desk.reels.of({ job: job.id });
    Object.assign(reel, { job, recipe: job.recipe });
    if (desk.reel === twin.reel) desk.show(twin.reel.source, reel);
  } catch (error) {
    desk.news = { ...desk.news, trouble: noticeOf(error) };
    desk.drawSoon();
  }
}

/** @param {TrainDesk} desk */
function explore(desk) {
  const run = desk.reel?.run;
  if (run) leave(desk, 'explore', { run });
}

/**
 * Go to another page, through the server.
 * @param {TrainDesk} desk
 * @param {string} page
 * @param {Record<string, string>} view what its address says
 */
export function leave(desk, page, view) {
  desk.link.leave();
  desk.busy.wait();
  desk.server.go(page, view);
}

/**
 * @param {TrainDesk} desk
 * @param {string} task
 */
export function choose(desk, task) {
  if (!desk.draft) return;
  if (task === OWN) {
    desk.workbench = true;
    if (!desk.pairs.limits) void desk.pairs.list();
    if (desk.draft.text) desk.draft.choose(OWN);
  } else {
    desk.workbench = false;
    desk.draft.choose(task);
    const mine = desk.own?.recipe?.task === task ? desk.own : null;
    const shown = desk.reel?.recipe?.task === task ? desk.reel : mine;
    desk.show(shown ? shown.source : { run: task }, shown === desk.reel ? desk.beside : null);
  }
  desk.touched = true;
  desk.changed();
}

/**
 * Train on one's own pairs: they become the task.
 * @param {TrainDesk} desk
 */
export function usePairs(desk) {
  if (!takePairs(desk)) return;
  desk.show({ new: true });
  desk.touched = true;
  desk.changed();
}

/** @param {TrainDesk} desk */
function takePairs({ draft, pairs }) {
  const text = draft ? pairs.made(draft.menu.own) : null;
  if (!text || !draft) return false;
  draft.text = text;
  return draft.choose(OWN);
}

/**
 * The address names pairs that had become the task before the page was loaded again: they are asked for, and become it.
 * @param {TrainDesk} desk
 * @param {import('./address.js').Asked} asked
 */
export async function reopenPairs(desk, asked) {
  desk.reopening = true;
  await desk.pairs.open(asked.text ?? '', asked.cut);
  desk.reopening = false;
  if (takePairs(desk) && desk.draft) {
    desk.touched = true;
    applyAddress(desk.draft, asked);
  } else {
    desk.news = { ...desk.news, trouble: desk.pairs.trouble };
    desk.pairs.forget();
  }
  desk.drawSoon();
}
