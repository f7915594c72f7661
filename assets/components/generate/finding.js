/** One finding in plain words: what greedy and the beam say of each other on this sentence. It claims what the numbers show. */

import { ranked } from './roads.js';
import { logProbability, probability, wordOf } from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../step/scene.js').StepScene} StepScene */

const EQUAL = 1e-4; // two log P closer than this are the same sentence's, or as good as that

/**
 * @param {StepScene} scene
 * @param {Session} session
 * @returns {string}
 */
export function findingOf(scene, session) {
  const { say } = scene;
  const { tree, mode, seed, road, ended } = session;
  const greedy = tree.header.greedy;
  const best = ranked(tree, 0)[0];
  if (!ended) return say('generate.finding.dropped');
  if (mode === 'sample') {
    const drawn = road.logP.reduce((sum, one) => sum + one, 0);
    return say('generate.finding.sample', { seed, drawn: logProbability(drawn), greedy: logProbability(greedy.log_p) });
  }
  const parting = best.ids.findIndex((word, i) => greedy.ids[i] !== word);
  if (parting < 0) return say('generate.finding.agree', { n: tree.header.ends.length, logp: logProbability(best.log_p), p: probability(Math.exp(best.log_p)) });
  const values = {
    n: parting + 1,
    greedy: logProbability(greedy.log_p),
    best: logProbability(best.log_p),
    theirs: wordOf(scene, greedy.ids[parting]),
    ours: wordOf(scene, best.ids[parting]),
    difference: logProbability(Math.abs(best.log_p - greedy.log_p)),
  };
  return say(best.log_p > greedy.log_p + EQUAL ? 'generate.finding.beats' : 'generate.finding.loses', values);
}
