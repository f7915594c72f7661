/** The end of the decoder at work: the most probable words, the one that is written, and its way back to the bottom. */

import { best } from '../chapters/outputmath.js';
import { clamp, join, set, svg, write } from '../dom.js';
import { fit } from '../tokens.js';
import { probability, wordOf } from './words.js';

const TOP = 3;

export class StackOutput {
  constructor() {
    this.node = svg('g', { class: 'stack-outputs' });
    this.feed = svg('path', { class: 'stack-feed', fill: 'none' });
  }

  /** @param {import('./stack.js').Now} now */
  draw({ scene, session, plan, phases, at }) {
    const { palette, look } = scene;
    const part = phases[at].part;
    const told = part === 'softmax' || part === 'write';
    const logits = session.road.logits(session.row);
    const shift = session.road.logP[session.row] - logits[session.road.ids[session.row]];
    const ids = best(logits, TOP);
    if (!ids.includes(session.road.ids[session.row])) ids[TOP - 1] = session.road.ids[session.row];
    const line = look.projector ? 32 : 26;
    const type = { size: look.projector ? 22 : 17, smallest: look.projector ? 20 : 13, family: palette.fonts.word, weight: 600 };
    const top = plan.end.y + (plan.end.height - TOP * line) / 2;
    const left = clamp(plan.x(session.row) - 110, plan.x(plan.rows[0]) - plan.column / 2, plan.memory - 360);
    join(
      this.node,
      told ? ids : [],
      () => svg('g', {}, svg('rect', { class: 'p-track' }), svg('rect', { class: 'p-bar' }), svg('text', { class: 'p-word', 'text-anchor': 'end' }), svg('text', { class: 'p-num' })),
      (g, id, nth) => {
        const [track, bar, word, number] = g.children;
        const y = top + nth * line;
        const p = Math.exp(logits[id] + shift);
        const label = fit(wordOf(scene, id), 120, type);
        set(track, { x: left + 130, y: y + 6, width: 110, height: line - 12 });
        set(bar, { x: left + 130, y: y + 6, width: Math.max(1, 110 * p), height: line - 12 });
        write(word, label.text);
        set(word, { x: left + 122, y: y + line * 0.7, 'font-size': label.size });
        write(number, probability(p));
        set(number, { x: left + 248, y: y + line * 0.7, 'font-size': look.projector ? 20 : 14 });
        set(g, { 'data-here': (part === 'write' && id === session.road.ids[session.row]) || null });
      },
    );
    const next = plan.x(session.row + 1);
    const end = session.row === session.road.ids.length - 1;
    const [right, y] = [plan.memory - 30, top + line / 2];
    set(this.feed, { d: `M${left + 310},${y}H${right}V${plan.words - 26}H${next}v10`, visibility: part === 'write' && !end ? 'visible' : 'hidden' });
  }
}
