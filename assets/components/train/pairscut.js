/** How a text is cut into tokens: the kind of vocabulary, its size, and what it makes of the first pairs. */

import { el, join, set, write } from '../dom.js';
import { share } from '../format.js';
import { nameTokens } from '../tokens.js';
import { drawChoice } from './choice.js';
import { KINDS, SIZED } from './pairsdata.js';

/** @typedef {import('./pairsdata.js').PairsData} PairsData */
/** @typedef {import('./pairsdata.js').SideVocabulary} SideVocabulary */
/** @typedef {import('../strings.js').Words} Words */

const SAMPLES = 2;

export class PairsCut {
  /** @param {PairsData} data */
  constructor(data) {
    this.data = data;
    this.kind = el('div', {});
    this.sizeName = el('label', { for: 'pairs-size' });
    this.size = el('input', { id: 'pairs-size', type: 'text', inputmode: 'numeric', 'data-part': 'size', autocomplete: 'off' });
    this.range = el('p', { class: 'quiet' });
    this.sides = el('div', { class: 'pairs-sides' });
    this.notes = el('p', { class: 'quiet pairs-notes' });
    const form = el('div', { class: 'pairs-choices two' }, this.kind, el('div', {}, this.sizeName, this.size));
    this.node = el('div', { class: 'pairs-cut', 'data-part': 'cut' }, form, this.range, this.sides, this.notes);
    this.kind.addEventListener('change', (event) => {
      const at = /** @type {HTMLSelectElement} */ (event.target);
      data.cut(at.value, 0);
    });
    this.size.addEventListener('change', () => data.cut(data.kind, Math.max(0, Math.round(Number(this.size.value)) || 0)));
  }

  /** @param {Words} words */
  draw({ say }) {
    const { vocabulary, kind, size, busy, text } = this.data;
    drawChoice(this.kind, 'kind', say('corpus.label.vocabulary'), KINDS.map((one) => [one, say(`corpus.kind.${one}`)]), kind);
    write(this.sizeName, say('corpus.label.size'));
    const sized = SIZED.includes(kind) || (vocabulary !== null && SIZED.includes(vocabulary.kind));
    this.size.disabled = !sized;
    const shown = String(size || vocabulary?.size || '');
    const root = /** @type {Document | ShadowRoot} */ (this.size.getRootNode());
    if (root.activeElement !== this.size && this.size.value !== shown) this.size.value = shown;
    write(this.range, vocabulary ? say('corpus.vocabulary.bounds', { smallest: vocabulary.smallest, largest: vocabulary.largest }) : busy && text?.ready ? say('corpus.vocabulary.learning') : '');
    write(this.notes, vocabulary ? `${say('corpus.read_as')} ${say('corpus.no_gold')}` : '');
    join(
      this.sides,
      /** @type {['src' | 'tgt', SideVocabulary][]} */ (vocabulary ? [['src', vocabulary.src], ['tgt', vocabulary.tgt]] : []),
      () => el('div', {}, el('p', {}), el('p', { class: 'quiet' }), el('div', { class: 'pairs-samples' })),
      (node, [side, facts]) => {
        const [name, numbers, samples] = node.children;
        write(name, say(`corpus.vocabulary.${side}`, { size: facts.size, mean: facts.mean.toFixed(1), longest: facts.longest }));
        write(numbers, facts.unknown > 0 ? say('corpus.vocabulary.unknown', { percent: share(facts.unknown) }) : say('corpus.vocabulary.known'));
        join(
          samples,
          facts.sample.slice(0, SAMPLES),
          () => el('p', { class: 'pieces word', title: say('corpus.vocabulary.sample') }),
          (line, tokens) =>
            join(
              line,
              nameTokens(tokens),
              () => el('span'),
              (piece, label) => {
                write(piece, label.token);
                set(piece, { title: label.full });
              },
            ),
        );
      },
    );
  }
}
