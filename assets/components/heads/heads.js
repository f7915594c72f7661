/** The page Heads: an atlas of all heads, the passport of one, how many the model needs, and whether weights explain. */

import { open } from '../step/chapter.js';
import { AtlasView } from './atlas.js';
import { ExplainView } from './explain.js';
import { PassportView } from './passport.js';
import { isSpare, nothingToLose } from './measures.js';
import { known } from './passports.js';
import { PruningView } from './pruning.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */

/**
 * How many heads can be taken away, one after another, before the translations suffer?
 * @param {StepScene} scene
 * @returns {import('../step/guess.js').Guess | null}
 */
function guess({ say, view, header }) {
  const passport = known(header.run)?.passport;
  if (!passport || nothingToLose(passport) || view.tab !== 'atlas' || isSpare({ key: view.options.m ?? '' })) return null; // elsewhere the answer stands
  const all = Object.values(passport.blocks).flat().length;
  const { stop, may_lose, n } = passport.pruning;
  const near = [0, Math.round(all / 4), Math.round(all / 2), Math.round((3 * all) / 4)].filter((count) => Math.abs(count - stop) > all / 10);
  const choices = [...new Set([...near.slice(0, 3), stop])].sort((a, b) => a - b);
  if (choices.length < 2) return null;
  return {
    question: say('heads.guess.question', { all, lost: 100 * may_lose }),
    choices: choices.map(String),
    right: choices.indexOf(stop),
    explain: say('heads.guess.explain', { stop, all, n }),
  };
}

export const draw = open({
  page: 'heads',
  views: [
    { name: 'atlas', title: 'heads.tab.atlas', make: (desk) => new AtlasView(desk) },
    { name: 'passport', title: 'heads.tab.passport', make: (desk) => new PassportView(desk) },
    { name: 'pruning', title: 'heads.tab.pruning', at: null, make: (desk) => new PruningView(desk) },
    { name: 'explain', title: 'heads.tab.explain', make: (desk) => new ExplainView(desk) },
  ],
  guess,
  sheets: ['chapters/output.css', 'heads/heads.css'],
});
