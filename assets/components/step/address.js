/** What is looked at on a step page: place, stage, head, row, column, tab. It lives in the address; no server hears of it. */

import { defaultRows } from '../view.js';

/** @typedef {import('./pass.js').Pass} Pass */
/** @typedef {import('./itinerary.js').Place} Place */
/**
 * @typedef {object} StepView
 * @property {string} at the place, such as decoder.1.cross_attn
 * @property {string} stage
 * @property {number} tensor which of the stage's tensors, from 0
 * @property {number} head
 * @property {{src: number, tgt: number}} row one for each kind of row
 * @property {number} col
 * @property {string} tab which view of the page
 * @property {boolean} table is the table twin shown?
 * @property {Record<string, string>} options what single views keep
 */

const OPTION = 'o_';
const LONGEST_OPTION = 2000;

/**
 * The view in which a page opens.
 * @param {Pass} pass
 * @param {Place[]} places
 * @param {string} page
 * @param {string} tab
 * @returns {StepView}
 */
export function firstView(pass, places, page, tab) {
  const { start } = pass.header;
  const own = places.filter((place) => place.page === page);
  const place = own.find((one) => one.name === start?.block) ?? own[0] ?? places[0];
  const rows = defaultRows(/** @type {any} */ (pass.sentence));
  return {
    at: place.name,
    stage: place.stages[0].name,
    tensor: 0,
    head: Math.min(start?.head ?? 0, pass.model.n_heads - 1),
    row: { src: rows.src ?? 0, tgt: rows.tgt ?? 0 },
    col: 0,
    tab,
    table: false,
    options: {},
  };
}

/**
 * Read a view from an address. What it asks for in vain is named in `lost` and left at its default.
 * @param {string} search
 * @param {Pass} pass
 * @param {Place[]} places
 * @param {string} page
 * @param {string[]} tabs
 * @returns {{view: StepView, lost: string[]}}
 */
export function readAddress(search, pass, places, page, tabs) {
  const asked = new URLSearchParams(search);
  const view = firstView(pass, places, page, tabs[0]);
  /** @type {string[]} */
  const lost = [];
  /** @param {string} name @param {(text: string) => boolean} take */
  const read = (name, take) => {
    const text = asked.get(name);
    if (text !== null && !take(text)) lost.push(name);
  };
  read('b', (text) => goTo(view, places, text));
  const place = places.find((one) => one.name === view.at) ?? places[0];
  read('g', (text) => place.stages.some((stage) => stage.name === text && !stage.missing) && Boolean((view.stage = text)));
  read('f', (text) => within(text, pass.model.n_heads, (head) => (view.head = head)));
  const count = { src: pass.words.src.length, tgt: pass.words.tgtIn.length }[place.side];
  read('q', (text) => text === '' || within(text, count, (row) => (view.row = { ...view.row, [place.side]: row })));
  read('j', (text) => within(text, 100_000, (col) => (view.col = col)));
  read('n', (text) => within(text, 9, (tensor) => (view.tensor = tensor)));
  read('v', (text) => tabs.includes(text) && Boolean((view.tab = text)));
  for (const [name, text] of asked) {
    if (!name.startsWith(OPTION)) continue;
    if (text.length <= LONGEST_OPTION) view.options[name.slice(OPTION.length)] = text;
    else lost.push(name);
  }
  return { view, lost };
}

/**
 * What an address says about one option, read as `readAddress` reads it.
 * @param {string} search
 * @param {string} name
 */
export function optionIn(search, name) {
  const text = new URLSearchParams(search).get(OPTION + name) ?? '';
  return text.length <= LONGEST_OPTION ? text : '';
}

/**
 * @param {StepView} view
 * @param {Place[]} places
 * @param {string} at
 */
function goTo(view, places, at) {
  const place = places.find((one) => one.name === at);
  if (!place) return false;
  view.at = at;
  view.stage = place.stages[0].name;
  return true;
}

/**
 * @param {string} text
 * @param {number} count
 * @param {(n: number) => unknown} take
 */
function within(text, count, take) {
  if (!/^\d{1,6}$/.test(text) || Number(text) >= count) return false;
  take(Number(text));
  return true;
}

/**
 * Carry a view over to another sentence or model: what does not exist there falls back, and nothing throws.
 * @param {StepView} view
 * @param {Pass} pass
 * @param {Place[]} places
 * @param {string} page
 * @param {boolean} sameRun
 * @returns {StepView}
 */
export function carryAddress(view, pass, places, page, sameRun) {
  const first = firstView(pass, places, page, view.tab);
  const place = places.find((one) => one.name === view.at);
  if (!place || !sameRun) return { ...first, table: view.table, options: sameRun ? view.options : {} };
  const stage = place.stages.find((one) => one.name === view.stage && !one.missing) ?? place.stages[0];
  return { ...view, stage: stage.name, head: Math.min(view.head, pass.model.n_heads - 1), row: first.row, col: 0 };
}

/**
 * Write the view into the address, beside what Streamlit keeps there. No frame travels.
 * @param {StepView} view
 * @param {Place} place
 * @param {string} firstTab
 */
export function writeAddress(view, place, firstTab) {
  const url = new URL(location.href);
  for (const name of [...url.searchParams.keys()]) if (name.startsWith(OPTION)) url.searchParams.delete(name);
  /** @type {Record<string, string | null>} */
  const values = {
    b: view.at,
    g: view.stage,
    n: view.tensor ? String(view.tensor) : null,
    f: String(view.head),
    q: String(view.row[place.side]),
    j: String(view.col),
    v: view.tab === firstTab ? null : view.tab,
  };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  for (const [name, value] of Object.entries(view.options)) url.searchParams.set(OPTION + name, value);
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}
