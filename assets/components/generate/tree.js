/** The beam tree: every word that was kept, above the line by rank, and the best of those that were dropped, below. */

import { el, join, listen, numberOf, set, svg, write } from '../dom.js';
import { fit, widthOf } from '../tokens.js';
import { planTree } from './treeplan.js';
import { probability } from './words.js';

/** @typedef {import('./roads.js').TreeNode} TreeNode */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('./treeplan.js').TreePlan} TreePlan */

const DROPPED = { beam: 3, other: 6 };
const AIR = 9; // pixels around a word in its box
const [THIN, THICK] = [1, 5]; // pixels: an edge of P near 0 and of P 1

export class Tree {
  /** @param {{pick: (node: number) => void, point: (node: number | null, box: DOMRect | null) => void}} on */
  constructor(on) {
    this.shade = svg('rect', { class: 'tree-here' });
    this.line = svg('line', { class: 'tree-line' });
    this.split = svg('text', { class: 'tree-split note', 'text-anchor': 'middle' });
    this.steps = svg('g', { class: 'tree-steps' });
    this.edges = svg('g', { class: 'tree-edges' });
    this.boxes = svg('g', { class: 'tree-boxes' });
    this.field = svg('svg', { role: 'img' }, this.shade, this.line, this.edges, this.boxes, this.steps, this.split);
    this.node = el('div', { class: 'generate-tree', 'data-part': 'tree' }, this.field);
    listen(this.field, 'click', '[data-node]', (part) => on.pick(numberOf(part, 'node')));
    listen(this.field, 'pointerover', '[data-node]', (part) => on.point(numberOf(part, 'node'), part.getBoundingClientRect()));
    this.field.addEventListener('pointerleave', () => on.point(null, null));
  }

  /**
   * @param {StepScene} scene
   * @param {Session} session
   * @param {{width: number, height: number}} size
   */
  draw(scene, session, { width, height }) {
    const { look, palette, say, pass } = scene;
    const wall = look.projector;
    const type = { size: wall ? 22 : 15, smallest: wall ? 20 : 13, family: palette.fonts.word, weight: 700 };
    const names = pass.labels('logits', 1);
    const lanes = session.mode === 'beam' ? { kept: session.width, dropped: DROPPED.beam } : { kept: 1, dropped: DROPPED.other };
    const typeOf = (/** @type {TreeNode} */ { id, state }) => ({ ...type, weight: state === 'dropped' && !session.chosen.has(id) ? 400 : 700 });
    const wide = (/** @type {TreeNode} */ node, /** @type {number} */ room, least = false) => widthIn(names[node.word].text, room, least ? { ...type, size: type.smallest } : typeOf(node));
    const plan = planTree(session.nodes, session.chosen, session.row, lanes, { width, height, wall }, wide);
    set(this.field, { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-label': say(`generate.tree.${session.mode}`, { width: session.width }) });
    this.drawGround(scene, plan, { width, height }, session.mode);
    this.drawEdges(plan);
    join(
      this.boxes,
      plan.boxes,
      () => svg('g', {}, svg('rect', { rx: 3 }), svg('text', {}), svg('text', { class: 'tree-p' })),
      (g, box) => {
        const [rect, text, number] = g.children;
        const { node } = box;
        const middle = (box.width - box.digits) / 2;
        const label = fit(names[node.word].text, 2 * middle - AIR, typeOf(node));
        set(g, { 'data-node': node.id, 'data-state': node.state, 'data-chosen': box.chosen || null, 'data-forced': node.forced || null, 'data-column': node.step === session.row + 1 ? 'here' : null, transform: `translate(${box.x.toFixed(1)},${box.y.toFixed(1)})` });
        set(rect, { width: box.width, height: plan.box });
        write(text, label.text);
        set(text, { x: middle, y: plan.box / 2 + label.size * 0.33, 'font-size': label.size, 'text-anchor': 'middle' });
        write(number, probability(Math.exp(node.logP)));
        set(number, box.digits ? { x: box.width - 4, y: plan.box / 2 + (wall ? 7 : 5), 'text-anchor': 'end' } : { x: 1, y: plan.box + (wall ? 20 : 13), 'text-anchor': null });
      },
    );
  }

  /**
   * Column heads, the shaded column of the word that is looked at, the line between kept and dropped.
   * @param {StepScene} scene
   * @param {TreePlan} plan
   * @param {{width: number, height: number}} size
   * @param {import('./roads.js').Mode} mode
   */
  drawGround({ say, look }, plan, { width, height }, mode) {
    const here = plan.columns.find((column) => column.here);
    set(this.shade, { x: here?.x ?? 0, y: 0, width: plan.column, height, visibility: here ? 'visible' : 'hidden' });
    set(this.line, { x1: 0, x2: width, y1: plan.line, y2: plan.line });
    set(this.split, { 'data-here': here ? 'true' : null, x: here ? here.x + plan.column / 2 : width / 2, y: plan.line + (look.projector ? 7 : 4), 'font-size': look.projector ? 20 : 13 });
    write(this.split, say(`generate.tree.split_${mode}`));
    join(
      this.steps,
      plan.columns,
      () => svg('text', {}),
      (text, { step, x, here: current }) => {
        write(text, say('generate.tree.word', { n: step }));
        set(text, { x: x + 4, y: look.projector ? 20 : 13, 'font-size': look.projector ? 20 : 13, class: current ? 'strong' : 'note' });
      },
    );
  }

  /** @param {TreePlan} plan */
  drawEdges(plan) {
    join(
      this.edges,
      plan.edges,
      () => svg('path', { fill: 'none' }),
      (path, { node, from, to, chosen }) => {
        const bend = (to.x - from.x) / 2;
        set(path, {
          d: `M${from.x.toFixed(1)},${from.y.toFixed(1)}C${(from.x + bend).toFixed(1)},${from.y.toFixed(1)} ${(to.x - bend).toFixed(1)},${to.y.toFixed(1)} ${to.x.toFixed(1)},${to.y.toFixed(1)}`,
          'stroke-width': node.state === 'dropped' && !chosen ? 1 : (THIN + (THICK - THIN) * Math.exp(node.logP)).toFixed(2),
          'data-state': node.state,
          'data-chosen': chosen || null,
        });
      },
    );
  }
}

/**
 * How wide the box of a word is: as the word in its full size, and never wider than there is room.
 * @param {string} text
 * @param {number} room
 * @param {{size: number, smallest: number, family: string, weight: number}} type
 */
function widthIn(text, room, type) {
  const label = fit(text, room - AIR, type);
  return Math.min(room, Math.max(20, widthOf(label.text, `${type.weight} ${label.size}px ${type.family}`) + AIR + 1));
}
