/** Text to pieces to ids: one sentence under four cuts, a vocabulary that is really learnt anew, and how its pieces grow. */

import { clamp, el, join, listen, set, write } from '../dom.js';
import { share } from '../format.js';
import { literal } from '../tokens.js';
import { Courses } from './tokenscourses.js';
import { Ladder } from './tokensladder.js';
import { SizeSlider } from './tokensslider.js';
import { windowOf } from './tokenswall.js';
import { SideSwitch, sideOf } from './tokensside.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */
/** @typedef {import('./tokenswall.js').Cut} Cut */
/** @typedef {import('./tokenscourses.js').Spot} Spot */
/**
 * @typedef {object} Told what ui/chapters/tokens.py answers
 * @property {string} text
 * @property {string} side
 * @property {number} unknown
 * @property {string | null} task
 * @property {{kind: string, size: number}} own
 * @property {Record<string, [number, number]> | null} bounds
 * @property {number} most
 * @property {number | null} size
 * @property {number} n_lines
 * @property {number} n_held_out
 * @property {Cut[]} cuts
 */

export class Pieces {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.sides = new SideSwitch(desk);
    this.slider = new SizeSlider((size) => desk.set('size', String(size)));
    this.note = el('p', { class: 'note', role: 'status' });
    this.courses = new Courses((spot) => this.pick(spot));
    this.window = el('div', { class: 'window', hidden: '' }, el('button', { type: 'button', 'data-step': -1 }, '‹'), el('span'), el('button', { type: 'button', 'data-step': 1 }, '›'));
    this.here = el('p', { class: 'covers', role: 'status' });
    this.ladder = new Ladder((size) => desk.set('size', String(size)));
    this.counts = el('tbody');
    this.heads = el('tr');
    this.about = el('p', { class: 'about' });
    const table = el('table', { class: 'counts' }, el('thead', {}, this.heads), this.counts);
    const below = el('div', { class: 'below-wall' }, this.ladder.node, el('section', { 'data-part': 'counts' }, table, this.about));
    const top = el('div', { class: 'controls' }, this.sides.node, this.slider.node, this.note);
    this.node = el('div', { class: 'tokens-pieces' }, top, this.courses.node, el('div', { class: 'wall-foot' }, this.here, this.window), below);
    /** @type {Told | null} */
    this.told = null;
    this.shownOf = '';
    listen(this.window, 'click', '[data-step]', (part) => this.page(Number(part.dataset.step)));
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const side = sideOf(this.desk);
    const size = this.desk.option('size', '');
    const answer = scene.ask(size ? { what: 'cuts', side, size } : { what: 'cuts', side });
    const of = `${scene.header.run}|${scene.sentence.typed}`;
    if (answer && !answer.trouble) [this.told, this.shownOf] = [/** @type {Told} */ (/** @type {any} */ (answer).header), of];
    this.node.classList.toggle('waiting', answer === null);
    this.sides.draw(scene, side);
    if (!this.told) return write(this.note, answer?.trouble ? scene.say(answer.trouble.key, answer.trouble.values) : scene.say('tokens.learning'));
    this.drawTold(scene, this.told, answer);
  }

  /**
   * @param {Scene} scene
   * @param {Told} told
   * @param {import('../step/answers.js').Asked | null} answer
   */
  drawTold(scene, told, answer) {
    const limits = told.bounds ? widest(told.bounds) : null;
    this.slider.draw(scene.say, limits, told.size ?? 0);
    write(this.note, answer?.trouble ? scene.say(answer.trouble.key, answer.trouble.values) : answer ? learntWords(scene, told, limits) : scene.say('tokens.learning'));
    this.note.title = this.note.textContent ?? '';
    const spot = this.spotOf(told);
    const headings = told.cuts.map((cut) => headingOf(scene, told, cut));
    const from = this.desk.option('window', '') ? windowOf(Number(this.desk.option('window', '0')) || 0) : windowOf(startOf(told, spot));
    this.courses.draw(scene, told, headings, spot, { from, width: scene.look.width });
    this.drawWindow(scene);
    write(this.here, spot ? coversWords(scene, told, spot) : scene.say('tokens.nothing'));
    this.drawLadder(scene, told, spot);
    this.drawCounts(scene, told);
  }

  /** @param {Scene} scene */
  drawWindow({ say }) {
    const { wall } = this.courses;
    this.window.hidden = !wall || (wall.from === 0 && wall.to === wall.all);
    if (!wall) return;
    write(this.window.children[1], say('tokens.window', { first: wall.from + 1, last: wall.to, all: wall.all }));
    set(this.window.children[0], { disabled: wall.from === 0 || null, 'aria-label': say('step.before') });
    set(this.window.children[2], { disabled: wall.to === wall.all || null, 'aria-label': say('step.after') });
  }

  /**
   * @param {Scene} scene
   * @param {Told} told
   * @param {Spot | null} spot
   */
  drawLadder(scene, told, spot) {
    const merges = told.bounds && told.text.trim() ? scene.ask({ what: 'merges', side: told.side }) : null;
    /** @type {import('./tokensladder.js').Grown[]} */
    const words = merges && !merges.trouble ? /** @type {any} */ (merges).header.words : [];
    const at = startOf(told, spot);
    const grown = words.find(({ span }) => at >= span[0] && at < Math.max(span[1], span[0] + 1)) ?? words.find(({ span }) => at < span[1]) ?? null;
    const note = told.bounds ? scene.say(grown ? 'tokens.ladder.long' : 'tokens.nothing') : scene.say('tokens.no_task');
    this.ladder.draw(scene, grown, note, told.cuts.find(({ kind }) => kind === 'bpe')?.size ?? 0);
  }

  /**
   * @param {Scene} scene
   * @param {Told} told
   */
  drawCounts(scene, told) {
    join(this.heads, ['', ...columnsOf(scene, told)], () => el('th', { scope: 'col' }), write);
    join(
      this.counts,
      told.cuts.filter(({ there }) => there),
      () => el('tr', {}, el('th', { scope: 'row' }), ...Array.from({ length: 4 }, () => el('td', { class: 'num' }))),
      (node, cut) => {
        write(node.children[0], scene.say(`tokens.kind.${cut.kind}`));
        cellsOf(cut).forEach((text, i) => write(node.children[i + 1], text));
        set(node, { 'data-own': cut.own ? 'true' : null });
      },
    );
    const key = (told.side === 'src' ? 'tokens.about.src.' : 'tokens.about.tgt.') + told.task;
    write(this.about, told.task && scene.has(key) ? scene.say(key) : '');
  }

  /**
   * The piece that is marked: the chosen one, else what the model does not know, else the longest word.
   * @param {Told} told
   * @returns {Spot | null}
   */
  spotOf(told) {
    const [kind, n] = this.desk.option('piece', '').split('.');
    const chosen = told.cuts.findIndex((cut) => cut.kind === kind && Number(n) < cut.tokens.length);
    if (chosen >= 0) return { course: chosen, n: Number(n) };
    const own = Math.max(0, told.cuts.findIndex((cut) => cut.own));
    const lost = told.cuts[own].ids.indexOf(told.unknown);
    if (lost >= 0) return { course: own, n: lost };
    const course = told.cuts.findIndex(({ kind, n }) => kind === 'word' && n > 1);
    const from = course >= 0 ? course : own;
    const lengths = told.cuts[from].tokens.map((token) => token.length);
    return lengths.length ? { course: from, n: lengths.indexOf(Math.max(...lengths)) } : null;
  }

  /** @param {Spot} spot */
  pick(spot) {
    if (this.told) this.desk.set('piece', `${this.told.cuts[spot.course].kind}.${spot.n}`);
    this.courses.reveal();
  }

  /** @param {number} step */
  page(step) {
    const { wall } = this.courses;
    if (wall) this.desk.set('window', String(step < 0 ? Math.max(0, wall.from - 1) : Math.min(wall.all - 1, wall.to)));
  }

  /**
   * Go to the next piece, or to what another cut makes of the same characters.
   * @param {number} across
   * @param {number} down
   */
  move(across, down) {
    const { told } = this;
    const spot = told && this.spotOf(told);
    if (!told || !spot) return;
    if (across) return this.pick({ ...spot, n: clamp(spot.n + across, 0, told.cuts[spot.course].tokens.length - 1) });
    const open = told.cuts.map((cut, i) => (cut.tokens.length ? i : -1)).filter((i) => i >= 0);
    const course = open[clamp(open.indexOf(spot.course) + down, 0, open.length - 1)];
    const at = startOf(told, spot);
    const { spans, tokens } = told.cuts[course];
    const n = tokens.findIndex((_, i) => spans[2 * i + 1] > at);
    this.pick({ course, n: n < 0 ? tokens.length - 1 : n });
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const across = { ArrowLeft: -1, ArrowRight: 1 };
    const down = { ArrowUp: -1, ArrowDown: 1 };
    return [
      { keys: Object.keys(across), shown: '← →', help: 'tokens.keys.piece', run: (key) => this.move(across[/** @type {'ArrowLeft'} */ (key)], 0) },
      { keys: Object.keys(down), shown: '↑ ↓', help: 'tokens.keys.cut', run: (key) => this.move(0, down[/** @type {'ArrowUp'} */ (key)]) },
      { keys: ['+', '='], shown: '+', help: 'tokens.more', run: () => this.slider.move(1) },
      { keys: ['-'], shown: '−', help: 'tokens.less', run: () => this.slider.move(-1) },
    ];
  }

  /** @param {Scene} scene */
  table(scene) {
    this.draw(scene);
    const { told } = this;
    if (!told) return { caption: scene.say('tokens.learning'), columns: [], rows: [] };
    const rows = told.cuts
      .filter(({ there }) => there)
      .map((cut) => ({ name: scene.say(`tokens.kind.${cut.kind}`), cells: [...cellsOf(cut), cut.tokens.map((token, n) => `${literal(token)} ${cut.ids[n]}`).join('  ')] }));
    return { caption: scene.say('tokens.table', { text: literal(told.text) }), columns: [...columnsOf(scene, told), scene.say('tokens.column.pieces')], rows };
  }
}

/**
 * The fewest and the most pieces that any of the cuts can have.
 * @param {Record<string, [number, number]>} bounds
 * @returns {[number, number]}
 */
function widest(bounds) {
  const all = Object.values(bounds);
  return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
}

/**
 * @param {Told} told
 * @param {Spot | null} spot
 */
function startOf(told, spot) {
  return spot ? (told.cuts[spot.course].spans[2 * spot.n] ?? 0) : 0;
}

/**
 * @param {Scene} scene
 * @param {Told} told
 * @param {[number, number] | null} limits
 */
function learntWords({ say }, told, limits) {
  if (!limits) return say('tokens.no_task');
  const seconds = told.cuts.filter(({ kind, seconds }) => ['bpe', 'unigram'].includes(kind) && seconds !== null).map(({ seconds }) => Number(seconds));
  const learnt = say('tokens.learnt', { seconds: seconds.reduce((a, b) => a + b, 0).toFixed(2), n: told.n_lines.toLocaleString('en') });
  return `${learnt} ${say(limits[1] >= told.most ? 'tokens.bounds_page' : 'tokens.bounds', { smallest: limits[0], largest: limits[1] })}`;
}

/**
 * @param {Scene} scene
 * @param {Told} told
 * @param {Cut} cut
 * @returns {import('./tokenscourses.js').Heading}
 */
function headingOf({ say }, told, cut) {
  const title = say(`tokens.kind.${cut.kind}`);
  if (!cut.there) return { title, own: '', note: '', missing: say('tokens.no_task') };
  const limit = told.bounds?.[cut.kind];
  const asked = told.size ?? 0;
  const held = !limit || cut.own ? '' : asked > limit[1] ? say('tokens.at_most', { size: limit[1] }) : asked < limit[0] ? say('tokens.at_least', { size: limit[0] }) : '';
  const lost = cut.n_unknown ? say('tokens.lost', { n: cut.n_unknown, all: cut.n }) : '';
  return { title, own: cut.own ? say('tokens.own') : '', note: [say('tokens.ids', { n: cut.n }), lost, held].filter(Boolean).join(' · '), missing: '' };
}

/**
 * @param {Scene} scene
 * @param {Told} told
 * @param {Spot} spot
 */
function coversWords({ say }, told, spot) {
  const cut = told.cuts[spot.course];
  const [start, end] = [cut.spans[2 * spot.n], cut.spans[2 * spot.n + 1]];
  const values = { kind: say(`tokens.kind.${cut.kind}`), piece: literal(cut.tokens[spot.n]), id: cut.ids[spot.n], first: start + 1, last: end, text: literal([...told.text].slice(start, end).join('')) };
  if (start === end) return say('tokens.covers_none', values);
  return say(cut.ids[spot.n] === told.unknown ? 'tokens.covers_unknown' : 'tokens.covers', values);
}

/**
 * @param {Scene} scene
 * @param {Told} told
 */
function columnsOf({ say }, told) {
  return [say('tokens.column.ids'), say('tokens.column.size'), say('tokens.column.mean', { n: told.n_held_out ?? 0 }), say('tokens.column.unknown')];
}

/** @param {Cut} cut */
function cellsOf({ n, size, held_out }) {
  const mean = held_out ? (held_out.n_tokens / held_out.n_sentences).toFixed(1) : '–';
  return [String(n), String(size), mean, held_out ? share(held_out.n_unknown / Math.max(1, held_out.n_tokens)) : '–'];
}
