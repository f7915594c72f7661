/** The sentence strip: what the model read, what it wrote and how sure it was, the word to flip, examples, and what to say. */

import { blockOf, keySide, rowSide } from './blocks.js';
import { el, join, listen, numberOf, put, set, write } from './dom.js';
import { percent } from './format.js';
import { wordsOf, writesSpecial } from './grid.js';
import { headsShown } from './links.js';
import { messagesOf } from './messages.js';
import { drawTokens, literal, pointTokens } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./messages.js').News} News */
/**
 * @typedef {object} StripActions
 * @property {(side: 'src' | 'tgt', row: number) => void} pointToken
 * @property {() => void} leaveToken
 * @property {() => void} flip
 * @property {(text: string) => void} ask
 * @property {() => void} showKnown
 */

const READ_FROM = 0.5; // a source word read with more than this is underlined

export class Strip {
  /** @param {StripActions} act */
  constructor(act) {
    const label = () => el('div', { class: 'side' });
    this.sides = [label(), label()];
    this.before = el('span', { class: 'run' });
    this.after = el('span', { class: 'run' });
    this.flip = el('span', { class: 'flip', role: 'group' });
    this.cut = el('span', { class: 'cut num' });
    this.src = el('div', { class: 'tokens', role: 'group', 'data-side': 'src', 'data-part': 'src' }, this.before, this.flip, this.after, this.cut);
    this.tgt = el('div', { class: 'tokens', role: 'group', 'data-side': 'tgt', 'data-part': 'tgt' });
    this.known = el('button', { type: 'button', class: 'quiet', 'data-known': '', 'aria-haspopup': 'dialog' });
    this.p = el('div', { class: 'p' }, el('span'), el('b', { class: 'num' }));
    this.try = label();
    this.try.classList.add('try');
    this.chips = el('div', { class: 'chips', role: 'group' });
    this.further = el('button', { type: 'button', class: 'further', onclick: () => this.turnChips() });
    this.examples = el('div', { class: 'examples' }, this.chips, this.further);
    this.verdict = el('div', { class: 'verdict', 'data-part': 'verdict' });
    this.message = el('div', { class: 'message', role: 'status', 'data-part': 'message' });
    this.node = el(
      'section',
      { class: 'strip', 'data-part': 'strip' },
      ...[this.sides[0], this.src, this.known, this.sides[1], this.tgt, this.p, this.try, this.examples, this.verdict, this.message],
    );
    this.connect(act);
  }

  /** @param {StripActions} act */
  connect(act) {
    for (const type of ['pointerover', 'focusin', 'click']) {
      listen(this.node, type, '[data-token]', (part) => {
        const side = part.closest('[data-side]')?.getAttribute('data-side') === 'tgt' ? 'tgt' : 'src';
        act.pointToken(side, numberOf(part, 'token'));
      });
    }
    for (const type of ['pointerleave', 'focusout']) this.src.addEventListener(type, () => act.leaveToken());
    listen(this.node, 'click', '[data-flip]', (part) => {
      if (part.getAttribute('aria-pressed') !== 'true') act.flip();
    });
    listen(this.node, 'click', '[data-ask]', (part) => act.ask(part.dataset.ask ?? ''));
    listen(this.node, 'click', '[data-known]', () => act.showKnown());
    this.chips.addEventListener('scroll', () => this.markEnd());
  }

  /**
   * @param {Scene} scene
   * @param {News} news
   */
  draw(scene, news) {
    const { trace, header, say, look } = scene;
    const [source = 'explore.source', target = 'explore.target'] = header.languages ?? [];
    write(this.sides[0], say(source));
    write(this.sides[1], say(target));
    write(this.try, say('explore.try'));
    write(this.known, say('explore.known.button'));
    set(this.known, { hidden: Object.keys(header.known).length ? null : '' });
    set(this.src, { 'aria-label': say(source) });
    set(this.tgt, { 'aria-label': say(target) });
    this.drawSource(scene);
    const cut = trace.notices.find((notice) => notice.key === 'notice.cut');
    const more = cut ? Number(cut.values.all) - Number(cut.values.shown) : 0;
    write(this.cut, more ? `… +${more}` : '');
    set(this.cut, { hidden: more ? null : '' });
    drawTokens(
      this.tgt,
      wordsOf(trace).tgtOut.map((label, row) => ({
        label,
        row,
        title: say('explore.token.target', { word: label.full, p: percent(trace.p[row]) }),
        p: trace.p[row],
        special: writesSpecial(trace, row),
      })),
    );
    fitRows([this.src, this.tgt], look.projector ? [34, 30, 26] : [21, 20, 19, 18, 17, 16]);
    this.drawChips(scene);
    this.drawVerdict(scene);
    this.drawMessage(scene, news);
    this.point(scene);
  }

  /** @param {Scene} scene */
  drawSource({ trace, say }) {
    const tokens = wordsOf(trace).src.map((label, row) => ({
      label,
      row,
      title: trace.unknown[row] ? say('explore.token.unknown', { word: label.full }) : label.full,
      unknown: trace.unknown[row],
      special: trace.special.src[row],
    }));
    const { flip } = trace;
    const at = flip ? flip.position : tokens.length;
    drawTokens(this.before, tokens.slice(0, at));
    drawTokens(this.after, tokens.slice(at + 1));
    set(this.flip, { hidden: flip ? null : '', 'aria-label': say('explore.flip.label') });
    join(
      this.flip,
      flip ? flip.words : [],
      () => el('button', { type: 'button', 'data-flip': '' }),
      (node, word, i) => {
        const on = i === flip?.index;
        write(node, on ? tokens[at].label.text : literal(word));
        set(node, { 'aria-pressed': String(on), 'data-token': on ? at : null, title: say(on ? 'explore.flip.now' : 'explore.flip.title') });
      },
    );
  }

  /** @param {Scene} scene */
  drawChips({ header, trace, say }) {
    set(this.chips, { 'aria-label': say('explore.try') });
    join(
      this.chips,
      header.examples,
      () => el('button', { type: 'button', class: 'chip' }),
      (node, example) => {
        write(node, literal(example.label));
        const on = example.text === trace.typed || example.text === trace.read;
        set(node, { 'data-ask': example.text, title: literal(example.text), 'aria-pressed': String(on) });
      },
    );
    set(this.further, { 'aria-label': say('explore.further'), title: say('explore.further') });
    this.markEnd();
  }

  /** Where the examples do not fit, an arrow leads to the others, and at the end back to the first. */
  markEnd() {
    const { scrollWidth, clientWidth, scrollLeft } = this.chips;
    const more = scrollLeft + clientWidth < scrollWidth - 1;
    this.chips.classList.toggle('over', more);
    write(this.further, more ? '›' : '‹');
    set(this.further, { hidden: scrollWidth > clientWidth + 1 ? null : '' });
  }

  turnChips() {
    const { scrollLeft, clientWidth } = this.chips;
    this.chips.scrollLeft = this.chips.classList.contains('over') ? scrollLeft + clientWidth * 0.8 : 0;
  }

  /** @param {Scene} scene */
  drawVerdict({ trace, sayTask }) {
    const key = trace.agrees === null ? '' : trace.agrees ? 'task.right.' : 'task.wrong.';
    const sign = el('b', { 'aria-hidden': 'true' }, trace.agrees ? '✓' : '✗');
    put(this.verdict, key ? [sign, el('span', {}, sayTask(key))] : []);
    set(this.verdict, { class: 'verdict' + (trace.agrees === false ? ' wrong' : '') });
  }

  /**
   * @param {Scene} scene
   * @param {News} news
   */
  drawMessage(scene, news) {
    const { parts, alarm } = messagesOf(scene, news);
    put(this.message, parts);
    set(this.message, { role: alarm ? 'alert' : 'status', class: 'message' + (alarm ? ' alarm' : '') });
  }

  /**
   * Mark the words pointed at and the source words that they read.
   * @param {Scene} scene
   */
  point(scene) {
    const { view, trace, grid, row, say } = scene;
    const { kind } = blockOf(view.block);
    const [rows, keys] = [rowSide(kind), keySide(kind)];
    const heads = headsShown(view.shown);
    /** @param {number} col */
    const reads = (col) =>
      row !== null && grid.cols.includes(col) && !grid.masked(row, col) && heads.some((head) => grid.at(head, row, col) > READ_FROM);
    const none = () => false;
    const src = rows === 'src' ? row : keys === 'src' ? view.col : null;
    for (const run of [this.before, this.flip, this.after]) pointTokens(run, src, keys === 'src' ? reads : none);
    for (const button of this.flip.children) set(button, { 'aria-pressed': String(button.hasAttribute('data-token')) });
    // A target word stands for the row that writes it; as a key it is the row below, which reads it.
    pointTokens(this.tgt, rows === 'tgt' ? row : null, keys === 'tgt' ? (col) => reads(col + 1) : none);
    for (const tokens of [this.src, this.tgt]) showHere(tokens);
    const [label, value] = this.p.children;
    write(label, say('explore.bar'));
    write(value, rows === 'tgt' && row !== null ? percent(trace.p[row]) : '');
  }
}

/**
 * In a sentence that scrolls, bring the word pointed at into view, unless the pointer itself is on the sentence.
 * @param {HTMLElement} tokens
 */
function showHere(tokens) {
  if (!tokens.classList.contains('over') || tokens.matches(':hover')) return;
  const here = /** @type {HTMLElement | null} */ (tokens.querySelector('.here'));
  if (!here) return;
  const [box, word] = [tokens.getBoundingClientRect(), here.getBoundingClientRect()];
  if (word.left < box.left || word.right > box.right - 48) tokens.scrollLeft += word.left - box.left - box.width / 2;
}

/**
 * Long sentences are set smaller before they scroll; both rows in one size.
 * @param {HTMLElement[]} rows
 * @param {number[]} sizes
 */
function fitRows(rows, sizes) {
  /** @param {HTMLElement} row */
  const over = (row) => row.scrollWidth > row.clientWidth + 1;
  for (const size of sizes) {
    for (const row of rows) row.style.setProperty('--size', size + 'px');
    if (!rows.some(over)) break;
  }
  for (const row of rows) row.classList.toggle('over', over(row));
}
