/** What the address says about the Train page, beside run and language, which are Python's. No server hears of it. */

/** @typedef {import('./scene.js').TrainView} TrainView */
/** @typedef {import('./draft.js').Draft} Draft */

import { MAIN, MORE, OWN } from './draft.js';
import { KINDS, SIZED } from './pairsdata.js';
import { PICTURES } from './pictures.js';

const SETTING = 'r_';
const SETTINGS = [...MAIN, ...MORE, { name: 'encoder_layers', kind: 'choice' }, { name: 'decoder_layers', kind: 'choice' }];
const OURS = ['job', 'film', 'beside', 'task', 'text', 'cut', 'at', 'h', 'p', 'c', 'v', 'bugs'];
const LONGEST = 200;
const ID = /^[0-9a-f]{12}$/;

/** @typedef {{job: string | null, film: string | null, beside: string | null, task: string | null, text: string | null, cut: {kind: string, size: number}, view: Partial<TrainView>, settings: [string, string][], bugs: string[]}} Asked */

/**
 * @param {string} search
 * @returns {Asked}
 */
export function readAddress(search) {
  const asked = new URLSearchParams(search);
  const read = (/** @type {string} */ name, /** @type {RegExp} */ form) => {
    const text = asked.get(name);
    return text !== null && text.length <= LONGEST && form.test(text) ? text : null;
  };
  const [at, head, probe, picture] = [read('at', /^\d{1,7}$/), read('h', /^(en|de)coder\.\d{1,2}\.(self|cross)_attn\.\d{1,2}$/), read('p', /^\d$/), read('c', /^\w+$/)];
  const dot = head?.lastIndexOf('.') ?? 0;
  return {
    job: read('job', ID),
    film: read('film', /^[\w.-]{1,64}$/),
    beside: read('beside', /^(job|run):[\w.-]{1,64}$/),
    task: read('task', /^\w{1,20}$/),
    text: read('text', ID),
    cut: cutOf(read('cut', /^[a-z]{1,10}\.\d{1,6}$/)),
    view: {
      ...(at === null ? {} : { at: Number(at) }),
      ...(head === null ? {} : { head: { block: head.slice(0, dot), head: Number(head.slice(dot + 1)) } }),
      ...(probe === null ? {} : { probe: Number(probe) }),
      ...(picture !== null && PICTURES.includes(picture) ? { picture } : {}),
      table: asked.get('v') === 'table',
    },
    settings: [...asked].filter(([name, text]) => name.startsWith(SETTING) && text.length <= LONGEST).map(([name, text]) => [name.slice(SETTING.length), text]),
    bugs: (read('bugs', /^[\w,]+$/) ?? '').split(',').filter(Boolean),
  };
}

/**
 * How people's own pairs are cut into tokens: the kind of vocabulary, and how many tokens of it.
 * @param {string | null} text
 */
function cutOf(text) {
  const [kind, size] = text?.split('.') ?? [];
  return kind && KINDS.includes(kind) ? { kind, size: SIZED.includes(kind) ? Number(size) : 0 } : { kind: KINDS[0], size: 0 };
}

/**
 * Take the settings of a link over, as far as they can work.
 * @param {Draft} draft
 * @param {Asked} asked
 */
export function applyAddress(draft, { settings, bugs }) {
  for (const [name, text] of settings) {
    if (name === 'probe') draft.set(name, text);
    const field = SETTINGS.find((one) => one.name === name);
    if (!field) continue;
    const value = field.kind === 'choice' ? draft.options(name).find((one) => String(one) === text) : draft.read(/** @type {import('./draft.js').Field} */ (field), text);
    if (value !== undefined && value !== null) draft.set(name, value);
  }
  for (const bug of bugs) if (draft.bug(bug)) draft.bugs.add(bug);
}

/**
 * @param {TrainView} view
 * @param {import('./reel.js').Source} source
 * @param {string} run what the sidebar has chosen
 * @param {string | null} beside
 * @param {Draft} draft
 */
export function writeAddress(view, source, run, beside, draft) {
  const url = new URL(location.href);
  for (const name of [...url.searchParams.keys()]) if (OURS.includes(name) || name.startsWith(SETTING)) url.searchParams.delete(name);
  const values = { ...taskOf(draft), ...viewOf(view), ...sourceOf(source, run), beside };
  for (const [name, value] of [...Object.entries(values), ...settingsOf(draft)]) if (value !== null) url.searchParams.set(name, value);
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}

/**
 * @param {import('./reel.js').Source} source
 * @param {string} run
 */
function sourceOf(source, run) {
  return {
    job: 'job' in source ? source.job : null,
    film: 'run' in source && source.run !== run ? source.run : null,
  };
}

/** @param {Draft} draft */
function taskOf(draft) {
  const own = draft.task === OWN ? draft.text : null;
  return {
    task: draft.task,
    text: own?.id ?? null,
    cut: own ? `${own.recipe.vocabulary}.${own.recipe.vocabulary_size}` : null,
    bugs: draft.bugs.size ? [...draft.bugs].join() : null,
  };
}

/** @param {TrainView} view */
function viewOf(view) {
  const { head } = view;
  return {
    at: view.at === null ? null : String(view.at),
    h: head.block ? `${head.block}.${head.head}` : null,
    p: view.probe ? String(view.probe) : null,
    c: view.picture === PICTURES[0] ? null : view.picture,
    v: view.table ? 'table' : null,
  };
}

/**
 * The settings that differ from what suits the task.
 * @param {Draft} draft
 * @returns {[string, string][]}
 */
function settingsOf(draft) {
  const ours = ['probe', ...SETTINGS.map(({ name }) => name)];
  return ours.filter((name) => draft.recipe[name] !== draft.usual(name)).map((name) => [SETTING + name, String(draft.recipe[name])]);
}
