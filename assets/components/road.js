/**
 * The roads from the pronoun's row to its noun: hop by hop, as measured on test sentences and as taken in this one. A
 * model without pronouns has findings instead: what its heads do most.
 */

import { blockOf, keySide, rowSide } from './blocks.js';
import { el, join, listen, numberOf, put, set, write } from './dom.js';
import { Findings } from './findings.js';
import { share, short } from './format.js';
import { wordsOf } from './grid.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./payload.js').Trace} Trace */
/** @typedef {import('./payload.js').Road} Road */
/** @typedef {import('./payload.js').Hop} Hop */
/** @typedef {(block: string, head: number, row: number | null) => void} Go */

const MOST = 6;
/** @type {Record<string, 'src' | 'tgt'>} which words a role of transformer/gold.py belongs to */
const SIDES = { referent: 'src', it: 'src', adjective: 'src', pronoun: 'tgt', before: 'tgt', written_referent: 'tgt' };

export class RoadPanel {
  /** @param {Go} go */
  constructor(go) {
    this.title = el('h3', {}, el('span'), el('span', { class: 'quiet' }));
    this.list = el('ol');
    this.proof = el('p');
    this.note = el('p', { class: 'quiet' });
    this.roads = el('div', {}, this.title, this.list, this.proof, this.note);
    this.findings = new Findings((block, head) => go(block, head, null));
    this.node = el('section', { class: 'road', 'data-part': 'road' }, this.roads, this.findings.node);
    listen(this.list, 'click', '[data-hop]', (part) => {
      const row = part.dataset.row ? Number(part.dataset.row) : null;
      go(part.dataset.hop ?? '', numberOf(part, 'head'), row);
    });
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { header, trace, say, look } = scene;
    const any = hasRoads(header);
    set(this.roads, { hidden: any ? null : '' });
    set(this.findings.node, { hidden: any ? '' : null });
    if (!any) return this.findings.draw(scene);
    const roads = look.projector ? (header.road ?? []).slice(0, MOST) : bestTwo(header.road ?? []);
    const here = Boolean(trace.roles.pronoun && trace.roles.referent);
    const [from, to] = here ? [nameOf('pronoun', trace, say), nameOf('referent', trace, say)] : ['', ''];
    write(this.title.children[0], here ? say('explore.road.title', { from, to }) : say('explore.road.title_any'));
    write(this.title.children[1], say('explore.road.mean'));
    write(this.proof, proofOf(roads[0], say));
    write(this.note, noteOf(header, say));
    join(
      this.list,
      roads,
      () => el('li', {}, el('div', { class: 'way' }, el('span'), el('span', { class: 'hops' })), el('b', { class: 'num' })),
      (node, road) => drawRoad(node, road, here, scene),
    );
    this.point(scene);
  }

  /**
   * Mark the hop that the stage shows.
   * @param {Scene} scene
   */
  point({ view }) {
    for (const node of this.list.querySelectorAll('[data-hop]')) {
      const here = node.getAttribute('data-hop') === view.block && numberOf(node, 'head') === view.head;
      set(node, { 'aria-current': here ? 'true' : null });
    }
  }
}

/**
 * Were roads from a pronoun to its noun measured for this model?
 * @param {import('./payload.js').Header} header
 */
export function hasRoads({ road }) {
  return Boolean(road?.length);
}

/**
 * What the roads do not say: from how many trainings this model was chosen, and what weights cannot tell.
 * @param {import('./payload.js').Header} header
 * @param {import('./strings.js').Say} say
 */
function noteOf(header, say) {
  const tried = header.training?.training?.tried ?? 1;
  return tried > 1 ? say('explore.road.note_tried', { n: tried }) : say('explore.road.note');
}

/**
 * What the knock-outs say about the best road: is it enough, and is it needed?
 * @param {Road} road
 * @param {import('./strings.js').Say} say
 */
function proofOf({ alone, pronoun_accuracy: without }, say) {
  if (typeof alone !== 'number' || typeof without !== 'number') return '';
  return say('explore.road.alone', { alone: share(alone), without: share(without) });
}

/**
 * The best road, and the best one that passes through other words: two ways of finding the same noun. Where the best
 * one was tried alone, what that showed takes the place of the other.
 * @param {Road[]} roads
 */
function bestTwo(roads) {
  if (typeof roads[0]?.alone === 'number') return [roads[0]];
  const other = roads.find((road) => road.hops.map((hop) => hop.to).join() !== roads[0].hops.map((hop) => hop.to).join()) ?? roads[1];
  return roads.length < 2 ? roads : [roads[0], other];
}

/**
 * @param {HTMLElement} node
 * @param {Road} road
 * @param {boolean} here can the road be followed in this sentence?
 * @param {Scene} scene
 */
function drawRoad(node, road, here, scene) {
  const { trace, say, sayWith } = scene;
  const [[way, hops], score] = [node.children[0].children, node.children[1]];
  const stops = [road.hops[0].from, ...road.hops.map((hop) => hop.to)];
  const [from, ...to] = stops.map((role) => (here ? wordOf(role, scene) : say('explore.role.' + role)));
  const first = road.first ? (here ? wordOf(road.first.to, scene) : say('explore.role.' + road.first.to)) : '';
  const goal = el('span', {}, ...to.flatMap((stop, i) => (i ? [' → ', stop] : [stop])));
  put(way, first ? sayWith('explore.road.first', { from, first, to: goal }) : [from, ' → ', goal]);
  write(score, short(road.hops.reduce((product, hop) => product * hop.mean, 1)));
  set(score, { title: say('explore.road.score') });
  const without = road.pronoun_accuracy;
  set(node, { title: without === undefined || without === null ? null : say('explore.road.without', { share: share(without) }) });
  join(
    hops,
    road.first ? [road.first, ...road.hops] : road.hops,
    () => el('button', { type: 'button' }),
    (button, hop) => {
      const weight = here ? weightOf(hop, trace) : null;
      const place = say('explore.map.short_' + blockOf(hop.block).kind, { layer: blockOf(hop.block).layer + 1 });
      const shown = { place, head: hop.head + 1, weight: short(weight ?? hop.mean) };
      write(button, say('explore.road.hop', shown));
      const measured = say('explore.road.hop_measured', { mean: short(hop.mean), argmax: share(hop.argmax) });
      const row = here ? placesOf(hop.from, trace, rowSide(blockOf(hop.block).kind))[0] : undefined;
      set(button, { 'data-hop': hop.block, 'data-head': hop.head, 'data-row': row ?? null, title: measured });
    },
  );
}

/**
 * Where a role stands in this sentence, as rows or keys of one side.
 * @param {string} role
 * @param {Trace} trace
 * @param {'src' | 'tgt'} side
 * @returns {number[]}
 */
function placesOf(role, { roles }, side) {
  return SIDES[role] === side ? (roles[role] ?? []) : [];
}

/**
 * The weight of a hop in this sentence.
 * @param {Hop} hop
 * @param {Trace} trace
 */
function weightOf(hop, trace) {
  const { kind } = blockOf(hop.block);
  const weights = trace.weights.get(hop.block + '.weights');
  const rows = placesOf(hop.from, trace, rowSide(kind));
  const keys = placesOf(hop.to, trace, keySide(kind));
  if (!weights || !rows.length || !keys.length) return null;
  const nKeys = keySide(kind) === 'src' ? trace.src.length : trace.tgt_in.length;
  const nRows = rowSide(kind) === 'src' ? trace.src.length : trace.tgt_in.length;
  return keys.reduce((sum, key) => sum + weights[(hop.head * nRows + rows[0]) * nKeys + key], 0);
}

/**
 * The word that plays a role in this sentence.
 * @param {string} role
 * @param {Trace} trace
 * @param {import('./strings.js').Say} say
 */
function nameOf(role, trace, say) {
  const words = wordsOf(trace);
  if (role === 'pronoun' || role === 'before') return words.tgtOut[placesOf(role, trace, 'tgt')[0]]?.text ?? role;
  if (role === 'written_referent') {
    const word = words.tgtIn[placesOf(role, trace, 'tgt').at(-1) ?? -1]?.text;
    return word ?? say('explore.role.' + role);
  }
  return words.src[placesOf(role, trace, 'src')[0]]?.text ?? role;
}

/**
 * The same, set in the voice of the sentence; what we say around it keeps ours.
 * @param {string} role
 * @param {Scene} scene
 */
function wordOf(role, { trace, say, sayWith }) {
  const serif = el('span', { class: 'word' }, nameOf(role, trace, say));
  return role === 'written_referent' ? el('span', {}, ...sayWith('explore.road.written', { word: serif })) : serif;
}
