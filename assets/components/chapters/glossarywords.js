/** The words of this project, one sentence each, in both languages, with the page where each is seen. */

import { el, join, listen, set, write } from '../dom.js';
import { Pager, windowOf } from './outputpager.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */

/** @type {{id: string, page: string, tone?: string}[]} in the order in which a pass meets them */
export const ENTRIES = [
  { id: 'token', page: 'tokens' },
  { id: 'embedding', page: 'tokens', tone: 'x' },
  { id: 'd_model', page: 'tokens' },
  { id: 'position', page: 'positions' },
  { id: 'query', page: 'attention', tone: 'q' },
  { id: 'key', page: 'attention', tone: 'k' },
  { id: 'value', page: 'attention', tone: 'v' },
  { id: 'd_k', page: 'attention' },
  { id: 'scores', page: 'attention', tone: 'w' },
  { id: 'mask', page: 'masks' },
  { id: 'causal', page: 'masks' },
  { id: 'weights', page: 'attention', tone: 'w' },
  { id: 'context', page: 'attention', tone: 'v' },
  { id: 'head', page: 'attention' },
  { id: 'self', page: 'attention' },
  { id: 'cross', page: 'attention' },
  { id: 'stream', page: 'encoder', tone: 'x' },
  { id: 'norm', page: 'encoder' },
  { id: 'ffn', page: 'encoder' },
  { id: 'memory', page: 'encoder', tone: 'x' },
  { id: 'logits', page: 'output' },
  { id: 'loss', page: 'output' },
  { id: 'smoothing', page: 'output' },
  { id: 'lens', page: 'output' },
];
const ON_WALL = 6;
/** @type {Record<string, (model: any) => boolean>} words that name a part which a model may lack */
const LACKING = {
  stream: ({ residual }) => residual === false,
  norm: ({ layer_norm }) => layer_norm === false,
  causal: ({ causal }) => causal === false,
  position: ({ position }) => position === 'none',
};

export class TermsView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.list = el('dl', { class: 'glossary-terms', 'data-part': 'terms' });
    this.pager = new Pager((step) => this.turn(step));
    this.node = el('div', { class: 'glossary-words' }, this.list, this.pager.node);
    this.first = 0;
    listen(this.list, 'click', '[data-page]', (part) => desk.go(part.dataset.page ?? '', {}));
  }

  /** @param {number} step */
  turn(step) {
    this.first = Math.max(0, Math.min(ENTRIES.length - 1, this.first + step * ON_WALL));
    if (this.desk.scene) this.draw(this.desk.scene);
  }

  /** @param {StepScene} scene */
  draw({ say, look, model }) {
    const shown = windowOf(this.first, look.projector ? ON_WALL : ENTRIES.length, ENTRIES.length);
    this.pager.draw(say, 'step.rows', shown, ENTRIES.length);
    join(
      this.list,
      shown.map((at) => ENTRIES[at]),
      () => el('div', {}, el('dt', {}, el('b'), el('span', { class: 'quiet' }), el('button', { type: 'button' })), el('dd')),
      (node, { id, page, tone }) => {
        const [term, other, link] = node.children[0].children;
        write(term, say('glossary.term.' + id + '.name'));
        set(term, { class: tone ? 'tone-' + tone : null });
        write(other, say('glossary.term.' + id + '.other'));
        write(link, say('page.' + page) + ' →');
        set(link, { 'data-page': page });
        const lacks = LACKING[id]?.(model) ?? false;
        write(node.children[1], say('glossary.term.' + id + '.text') + (lacks ? ' ' + say('bugs.not_here') : ''));
        set(node, { 'data-term': id, 'data-lacks': lacks ? 'true' : null });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table({ say }) {
    const rows = ENTRIES.map(({ id, page }) => ({ name: say('glossary.term.' + id + '.name'), cells: [say('glossary.term.' + id + '.other'), say('glossary.term.' + id + '.text'), say('page.' + page)] }));
    return { caption: say('glossary.tab.words'), columns: ['other', 'text', 'page'].map((name) => say('glossary.column.' + name)), rows };
  }
}
