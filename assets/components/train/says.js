/** What the model writes at the cursor: unseen examples, one's own sentence, and how sure it is of a pronoun. */

import { el, join, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { chipOf, textOf } from './strip.js';

/** @typedef {import('./scene.js').TrainScene} TrainScene */
/** @typedef {import('./reel.js').Output} Output */

const MOST = 6;

export class Says {
  constructor() {
    this.title = el('h3');
    this.list = el('ol', { class: 'outputs' });
    this.none = el('p', { class: 'quiet' });
    this.pronounTitle = el('h4');
    this.pronouns = el('div', { class: 'pronouns', 'data-part': 'pronouns' });
    this.node = el('div', { class: 'says', 'data-part': 'says' }, el('div', { class: 'part-head' }, this.title), this.pronounTitle, this.pronouns, this.none, this.list);
  }

  /** @param {TrainScene} scene */
  draw(scene) {
    const { say, step, frame, reel } = scene;
    write(this.title, frame ? say('train.says.title', { step }) : say('train.says.empty'));
    const line = frame ? reel.lookAt(step) : null;
    const outputs = outputsOf(line, reel);
    write(this.none, outputs.length ? '' : noneOf(scene, line));
    join(
      this.list,
      outputs.slice(0, MOST),
      () => el('li', {}, el('i', { class: 'verdict' }), el('span', { class: 'word quiet' }), el('span', { class: 'word said' })),
      (node, output) => this.drawOutput(scene, node, output),
    );
    const pronouns = /** @type {{probe: number, right: string, p: Record<string, number>}[]} */ (line?.pronoun ?? []);
    write(this.pronounTitle, pronouns.length ? say('train.says.pronouns') : '');
    join(
      this.pronouns,
      pronouns,
      () => el('div', { class: 'pronoun' }, el('span', { class: 'word' }), el('span', { class: 'bar' }, el('i'), el('i')), el('span', { class: 'num' })),
      (node, { probe, right, p }) => {
        const [name, bar, numbers] = node.children;
        const text = textOf(reel.probes[probe]?.src ?? []);
        const words = Object.entries(p).sort(([one], [other]) => one.localeCompare(other));
        write(name, chipOf(text));
        set(node, { title: say('train.says.pronoun', { text, right }) });
        [...bar.children].forEach((part, at) => set(part, { style: `width:${(100 * (words[at]?.[1] ?? 0)).toFixed(1)}%` }));
        join(numbers, words, () => el('span'), (part, [word, value]) => {
          write(part, `${word} ${value.toFixed(2)}`);
          set(part, { class: word === right ? 'strong' : null });
        });
      },
    );
  }

  /**
   * @param {TrainScene} scene
   * @param {Element} node
   * @param {Output} output
   */
  drawOutput({ say }, node, output) {
    const [verdict, src, said] = node.children;
    const known = output.right !== null && output.right !== undefined;
    write(verdict, known ? (output.right ? '✓' : '✗') : '');
    set(verdict, { title: known ? say(output.right ? 'train.says.right' : 'train.says.wrong') : null });
    write(src, literal(output.src));
    write(said, output.said ? literal(output.said) : say('train.says.nothing'));
    said.classList.toggle('nothing', !output.said);
    const right = output.right === false && output.tgt ? say('train.says.answer', { answer: literal(output.tgt) }) : '';
    set(node, { title: [literal(output.src), literal(output.said), right].filter(Boolean).join('\n'), 'data-right': known ? String(output.right) : null, 'data-own': known ? null : '' });
  }
}

/**
 * What was written at a step. An older run has kept one sentence only.
 * @param {import('./reel.js').Line | null} line
 * @param {import('./reel.js').Reel} reel
 * @returns {Output[]}
 */
export function outputsOf(line, reel) {
  // One's own sentence, about which nobody knows the right answer, comes first.
  if (Array.isArray(line?.outputs)) return [...line.outputs].sort((one, other) => Number(other.right === null) - Number(one.right === null));
  if (typeof line?.probe !== 'string') return [];
  return [{ src: textOf(reel.probes[0]?.src ?? []), tgt: null, said: line.probe, right: null }];
}

/**
 * @param {TrainScene} scene
 * @param {import('./reel.js').Line | null} line
 */
function noneOf({ say, frame, step, reel }, line) {
  if (!frame) return reel.job?.state === 'running' ? say('train.says.soon') : '';
  if (step === 0 && !line) return say('train.says.untrained');
  return say('train.says.unmeasured');
}
