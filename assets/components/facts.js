/** What each head did on the test sentences: how spread out it is, where it looks, and what fails without it. */

import { el, join, listen, numberOf, set, write } from './dom.js';
import { share, short } from './format.js';
import { spread } from './grid.js';
import { headColour } from './theme.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./payload.js').HeadFacts} HeadFacts */
/** @typedef {import('./payload.js').Score} Score */
/** @typedef {{heading: string, about: string, text: (facts: HeadFacts, head: number) => string, bar?: (facts: HeadFacts) => number, style?: string}} Column */

const ROOMY = 860; // below, the tooltip of a row says what is left without the head
const BADGE_RATE = 0.8; // as in transformer/heads.py: at least four rows in five
const FEW = 1; // relations whose columns may be wide

export class Facts {
  /** @param {(head: number) => void} outline */
  constructor(outline) {
    this.headings = el('tr');
    this.body = el('tbody');
    this.table = el('table', {}, el('thead', {}, this.headings), this.body);
    this.node = el('section', { class: 'facts', 'data-part': 'facts', tabindex: -1 }, this.table);
    listen(this.body, 'click', '[data-head]', (part) => outline(numberOf(part, 'head')));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { header, view, say, palette, grid } = scene;
    const measured = header.heads?.[view.block] ?? null;
    const facts = measured ?? unmeasured(scene);
    const columns = columnsOf(scene, facts, measured !== null);
    set(this.node, { 'aria-label': say('explore.facts.label') });
    const n = header.n_sentences;
    set(this.table, { title: measured ? (n ? say('explore.facts.measured', { n }) : null) : say('explore.facts.here') });
    join(
      this.headings,
      columns,
      () => el('th', { scope: 'col' }),
      (node, column) => {
        write(node, column.heading);
        set(node, { title: column.about });
      },
    );
    join(
      this.body,
      facts.slice(0, grid.heads),
      () => el('tr'),
      (row, fact, head) => {
        set(row, { 'data-head': head, title: detailsOf(fact, say) });
        join(
          row,
          columns,
          () => el('td', {}, el('i'), el('span')),
          (cell, column, at) => drawCell(cell, column, at, fact, head, headColour(palette, head)),
        );
      },
    );
    this.point(scene);
  }

  /** @param {Scene} scene */
  point({ view }) {
    for (const row of this.body.children) row.classList.toggle('outlined', numberOf(row, 'head') === view.head);
  }
}

/**
 * @param {HTMLElement} cell
 * @param {Column} column
 * @param {number} at
 * @param {HeadFacts} fact
 * @param {number} head
 * @param {string} colour
 */
function drawCell(cell, column, at, fact, head, colour) {
  const [mark, text] = /** @type {HTMLCollectionOf<HTMLElement>} */ (cell.children);
  write(text, column.text(fact, head));
  set(cell, { class: at === 0 ? 'head' : (column.style ?? 'num') });
  const value = column.bar?.(fact);
  set(mark, {
    class: at === 0 ? 'square' : 'level',
    hidden: at === 0 || value !== undefined ? null : '',
    style: at === 0 ? `background:${colour}` : value === undefined ? null : `--value:${value}`,
  });
}

/**
 * Which columns a block has. A fact that was not measured is left out, never shown as 0.
 * @param {Scene} scene
 * @param {HeadFacts[]} facts
 * @param {boolean} measured
 * @returns {Column[]}
 */
function columnsOf({ say, look }, facts, measured) {
  /** @param {(fact: HeadFacts) => unknown} read */
  const some = (read) => facts.some((fact) => read(fact) !== null && read(fact) !== undefined);
  /** @param {string} name @param {Omit<Column, 'heading' | 'about'>} column @returns {Column} */
  const named = (name, column) => ({ heading: say('explore.facts.' + name), about: say(`explore.facts.${name}_long`), ...column });
  const columns = [named('head', { text: (_, head) => String(head + 1) })];
  if (measured) columns.push(named('pattern', { style: 'pattern', text: (fact) => say('explore.badge.' + patternOf(fact)) }));
  columns.push(named('spread', { text: (fact) => fact.entropy?.toFixed(2) ?? '–', bar: (fact) => fact.entropy ?? 0 }));
  for (const name of /** @type {const} */ (['alignment', 'referent'])) {
    if (some((fact) => fact[name]) && some((fact) => fact.pronoun || fact.alignment)) {
      columns.push(named(name, { text: (fact) => both(fact[name]) }));
    }
  }
  columns.push(...relationColumns(facts, say));
  for (const name of /** @type {const} */ (['same', 'previous', 'next', 'first'])) {
    if (some((fact) => fact[name])) columns.push(named(name, { text: (fact) => rate(fact[name]) }));
  }
  if (look.stage >= ROOMY && some((fact) => fact.knockout?.pronoun)) columns.push(named('without', { text: (fact) => rate(fact.knockout?.pronoun) }));
  return columns;
}

/**
 * One column for each relation of the task, such as the carry; where there are many, how often the head hits it.
 * @param {HeadFacts[]} facts
 * @param {import('./strings.js').Say} say
 * @returns {Column[]}
 */
function relationColumns(facts, say) {
  const names = Object.keys(facts[0]?.relations ?? {}).filter((name) => facts.some((fact) => fact.relations?.[name]));
  return names.map((name) => {
    const relation = say('explore.relation.' + name);
    const kind = names.length > FEW ? 'relation_rate' : 'relation';
    return {
      heading: say('explore.facts.' + kind, { relation }),
      about: say(`explore.facts.${kind}_long`, { relation }),
      text: (fact) => (names.length > FEW ? rate(fact.relations?.[name]?.argmax) : both(fact.relations?.[name])),
    };
  });
}

/** @param {number | null | undefined} value */
function rate(value) {
  return value === null || value === undefined ? '–' : share(value);
}

/**
 * Both scores of a head: the mean weight, and how often the largest weight lies there.
 * @param {Score | null | undefined} score
 */
function both(score) {
  return score ? `${short(score.mean)} ${share(score.argmax).padStart(5, '\u2007')}` : '–';
}

/**
 * The measured badge of a head. A head without one may still have a clear part in the story of the pronoun.
 * @param {HeadFacts} fact
 */
function patternOf(fact) {
  if (fact.badge && fact.badge !== 'mixed') return fact.badge;
  const sure = Object.entries(fact.pronoun ?? {}).find(([, score]) => (score?.argmax ?? 0) >= BADGE_RATE);
  return sure ? 'pronoun_' + sure[0] : 'mixed';
}

/**
 * What a row says when it is pointed at: where the pronoun's row looks, and what is left without the head.
 * @param {HeadFacts} fact
 * @param {import('./strings.js').Say} say
 */
function detailsOf(fact, say) {
  const roles = Object.entries({ referent: fact.pronoun ? fact.referent : null, ...fact.pronoun });
  const reads = roles.flatMap(([role, score]) =>
    score ? [say('explore.facts.reads', { role: say('explore.role.' + role), mean: short(score.mean), argmax: share(score.argmax) })] : [],
  );
  const left = fact.knockout?.pronoun;
  const loss = left === null || left === undefined ? [] : [say('explore.facts.knockout', { share: share(left) })];
  return [...reads, ...loss].join('\n') || null;
}

/**
 * Where no test sentences were measured, the spread in this sentence is all there is to say.
 * @param {Scene} scene
 * @returns {HeadFacts[]}
 */
function unmeasured({ grid }) {
  return Array.from({ length: grid.heads }, (_, head) => ({ entropy: spread(grid, head), badge: 'mixed' }));
}
