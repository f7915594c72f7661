/** What the heads of a model do, in up to four lines: the best head for each thing that was measured. Each leads to its head. */

import { blockOf, keySide } from './blocks.js';
import { el, join, listen, numberOf, set, write } from './dom.js';
import { share } from './format.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./payload.js').Header} Header */
/** @typedef {import('./payload.js').HeadFacts} HeadFacts */
/** @typedef {{block: string, head: number, rate: number}} Place a head, and how often its largest weight lies there */
/** @typedef {Place & {what: string}} Finding */

const MOST = 4;
const WORTH = 0.5; // a way of looking that fewer rows take is no finding
const LOOKS = /** @type {const} */ (['previous', 'next', 'same', 'first']);

export class Findings {
  /** @param {(block: string, head: number) => void} go */
  constructor(go) {
    this.title = el('h3', {}, el('span'), el('span', { class: 'quiet' }));
    this.list = el('ol', { class: 'findings' });
    this.note = el('p', { class: 'quiet' });
    this.node = el('div', {}, this.title, this.list, this.note);
    listen(this.list, 'click', '[data-hop]', (part) => go(part.dataset.hop ?? '', numberOf(part, 'head')));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { header, say, view } = scene;
    const findings = findingsOf(header);
    write(this.title.children[0], say('explore.findings.title'));
    write(this.title.children[1], findings.length ? say('explore.findings.measured', { n: header.n_sentences ?? 0 }) : '');
    write(this.note, findings.length ? (findings.length < MOST ? say('explore.findings.note') : '') : say('explore.findings.none'));
    join(
      this.list,
      findings,
      () => el('li', {}, el('button', { type: 'button' }, el('b'), el('span'), el('b', { class: 'num' }))),
      ({ firstElementChild: button }, finding) => {
        if (!button) return;
        const place = placeOf(finding, say);
        const does = saidOf(finding, scene);
        const texts = [place, does, share(finding.rate)];
        texts.forEach((text, i) => write(button.children[i], text));
        const here = finding.block === view.block && finding.head === view.head;
        const title = say('explore.findings.line', { place, does, share: texts[2] });
        set(button, { 'data-hop': finding.block, 'data-head': finding.head, 'aria-current': here ? 'true' : null, title });
      },
    );
  }
}

/**
 * The best head for the alignment; and for each relation and each way of looking, if at least half of its rows do it.
 * @param {Header} header
 * @returns {Finding[]}
 */
export function findingsOf({ heads }) {
  if (!heads) return [];
  const names = [...new Set(Object.values(heads).flatMap((facts) => Object.keys(facts[0]?.relations ?? {})))];
  /** @param {string} what @param {(fact: HeadFacts) => number | null | undefined} rate @param {number} [least] */
  const found = (what, rate, least = WORTH) => {
    const best = bestOf(heads, rate);
    return best && best.rate >= least ? [{ what, ...best }] : [];
  };
  const gold = found('alignment', (fact) => fact.alignment?.argmax, 0);
  const related = names.flatMap((name) => found(name, (fact) => fact.relations?.[name]?.argmax));
  const looks = LOOKS.flatMap((look) => found(look, (fact) => fact[look])).sort((a, b) => b.rate - a.rate);
  return [...gold, ...related, ...looks].slice(0, MOST);
}

/**
 * @param {Record<string, HeadFacts[]>} heads
 * @param {(fact: HeadFacts) => number | null | undefined} rateOf
 * @returns {Place | null}
 */
function bestOf(heads, rateOf) {
  /** @type {Place | null} */
  let best = null;
  for (const [block, facts] of Object.entries(heads)) {
    facts.forEach((fact, head) => {
      const rate = rateOf(fact);
      if (typeof rate === 'number' && rate > (best?.rate ?? -1)) best = { block, head, rate };
    });
  }
  return best;
}

/**
 * How a head is called in a line: `D2 cross H3`.
 * @param {{block: string, head: number}} place
 * @param {import('./strings.js').Say} say
 */
export function placeOf({ block, head }, say) {
  const { kind, layer } = blockOf(block);
  return say('explore.findings.place', { block: say('explore.map.short_' + kind, { layer: layer + 1 }), head: head + 1 });
}

/**
 * What a head does, in the words of its badge; for the alignment the task has words of its own.
 * @param {Finding} finding
 * @param {Scene} scene
 */
function saidOf({ what, block }, { say, sayTask, header }) {
  if (what === 'alignment') return sayTask('task.aligned.');
  const unit = header.units[keySide(blockOf(block).kind)];
  return say('explore.badge.' + what, { unit: say(`unit.${unit}.one`) });
}
