/** What the address of the Runs page says: which view, which two models at which steps, which heads. Foreign text, so all of it is checked. */

/** @typedef {'loss' | 'valid_loss' | 'valid_exact_match' | 'valid_accuracy' | 'grad_norm'} Measure */
/** @typedef {{run: string, step: number, block: string, head: number}} Side step: Infinity for the last one */
/**
 * @typedef {object} RunsView
 * @property {'list' | 'compare' | 'class'} tab
 * @property {Side} a
 * @property {Side} b
 * @property {Measure} measure
 * @property {number} probe
 * @property {'curves' | 'heads' | 'head'} screen what of a comparison is on the wall
 * @property {boolean} table
 */

/** @type {Measure[]} */
export const MEASURES = ['valid_loss', 'valid_exact_match', 'valid_accuracy', 'loss', 'grad_norm'];
export const TABS = /** @type {const} */ (['list', 'compare', 'class']);
export const SCREENS = /** @type {const} */ (['heads', 'head', 'curves']);
const NAME = /^[\p{L}\p{N}_-]{1,40}$/u;
const BLOCK = /^(encoder|decoder)\.\d{1,2}\.(self|cross)_attn$/;

/** @returns {RunsView} */
export function firstView() {
  return { tab: 'list', a: sideOf(), b: sideOf(), measure: 'valid_loss', probe: 0, screen: 'heads', table: false };
}

/**
 * @param {string} [run]
 * @param {number} [step]
 * @returns {Side}
 */
export function sideOf(run = '', step = Infinity) {
  return { run, step, block: '', head: 0 };
}

/**
 * @param {string} search
 * @returns {RunsView}
 */
export function readAddress(search) {
  const asked = new URLSearchParams(search);
  const view = firstView();
  view.tab = TABS.find((tab) => tab === asked.get('v')) ?? view.tab;
  readSide(asked, 'a', view.a);
  readSide(asked, 'b', view.b);
  view.measure = MEASURES.find((measure) => measure === asked.get('m')) ?? view.measure;
  view.screen = SCREENS.find((screen) => screen === asked.get('z')) ?? view.screen;
  view.probe = whole(asked.get('p'), 9) ?? 0;
  return view;
}

/**
 * @param {URLSearchParams} asked
 * @param {'a' | 'b'} which
 * @param {Side} side
 */
function readSide(asked, which, side) {
  const run = asked.get(which) ?? '';
  if (NAME.test(run)) side.run = run;
  side.step = whole(asked.get(which + 's'), 1e9) ?? Infinity;
  const [block = '', head = ''] = (asked.get(which + 'h') ?? '').split('~');
  if (!BLOCK.test(block)) return;
  side.block = block;
  side.head = whole(head, 255) ?? 0;
}

/**
 * @param {string | null} text
 * @param {number} most
 */
function whole(text, most) {
  return text !== null && /^\d{1,9}$/.test(text) && Number(text) <= most ? Number(text) : null;
}

/**
 * Write the view into the address, beside what Streamlit keeps there. No frame travels.
 * @param {RunsView} view
 */
export function writeAddress(view) {
  const url = new URL(location.href);
  const compare = view.tab === 'compare';
  /** @type {Record<string, string | null>} */
  const values = { v: view.tab === 'list' ? null : view.tab, m: compare ? view.measure : null, p: compare && view.probe ? String(view.probe) : null, z: compare ? view.screen : null };
  for (const which of /** @type {const} */ (['a', 'b'])) {
    const side = view[which];
    values[which] = compare && side.run ? side.run : null;
    values[which + 's'] = compare && Number.isFinite(side.step) ? String(side.step) : null;
    values[which + 'h'] = compare && side.block ? `${side.block}~${side.head}` : null;
  }
  for (const [name, value] of Object.entries(values)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}
