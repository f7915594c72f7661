/** The formula of a sublayer, in the paper's letters and fixed colours. What a model lacks of the paper's is crossed out in it. */

import { el, join, set, write } from '../dom.js';
import { normsAfter, normsBefore } from '../lacks.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {'q' | 'k' | 'v' | 'w' | 'x' | 'ink' | 'gone'} Tone whose quantity a letter is: it decides the colour */
/**
 * @typedef {object} Part a piece of the formula
 * @property {string} text
 * @property {Tone} tone
 * @property {string[]} of the stages, or tensors of a stage, that this piece stands for
 * @property {'' | 'up' | 'sub' | 'sup'} form letters of quantities lean; words, brackets and numbers stand upright
 */

/**
 * @param {string} text
 * @param {string} [of] names with blanks between
 * @param {Tone} [tone]
 * @param {Part['form']} [form]
 * @returns {Part}
 */
function part(text, of = '', tone = 'ink', form = '') {
  return { text, of: of.split(' ').filter(Boolean), tone, form };
}

/** @param {string} text @param {string} [of] @param {Tone} [tone] */
const word = (text, of = '', tone = /** @type {Tone} */ ('ink')) => part(text, of, tone, 'up');
const ARROW = word(' → ');
const LONG = 58; // signs that fit on the wall in full size

/**
 * The pieces of a place's formula, left to right.
 * @param {Scene} scene
 * @returns {Part[]}
 */
export function formulaOf({ place, stageNow, pass }) {
  const { model } = pass.header;
  const done = new Set(place.stages.filter((stage) => !stage.missing).map((stage) => stage.name));
  const own = { embed: embedding, attention: attention, ffn: feedForward, memory, output }[place.kind](model, done, place);
  const said = [stageNow.name, ...stageNow.tensors.map((name) => name.slice(place.name.length + 1)), ...stageNow.tensors];
  if (stageNow.missing || own.some(({ of }) => of.some((name) => said.includes(name)))) return own;
  // A tensor that this formula does not know shows its own symbol.
  return [...own, word('   '), word(pass.spec(stageNow.tensors[0]).symbol, stageNow.name)];
}

/** @typedef {any} Model the sizes and choices of a model, as pass.header.model has them */
/** @typedef {import('./itinerary.js').Place} Place */

/**
 * @param {Model} model
 * @param {Set<string>} done
 * @param {Place} place
 */
function attention(model, done, place) {
  const cross = place.name.endsWith('cross_attn');
  const before = entering(model);
  const enter = [...before, ...(cross ? [word(', '), word('memory', 'memory', 'x')] : []), ARROW];
  const inner = [
    word('softmax', 'weights', 'w'),
    word(' ( '),
    ...score(model, done),
    ...(done.has('biased') ? [word(' + bias', 'biased')] : []),
    ...(done.has('masked') ? [word(' + mask', 'masked')] : []),
    word(' ) '),
    part('V', 'v context', 'v'),
  ];
  const after = [ARROW, word('concat', 'concat'), word(' '), part('W', 'output'), part('O', 'output', 'ink', 'sub'), ARROW];
  return [...enter, ...inner, ...after, ...addition(model)];
}

/**
 * @param {Model} model
 * @param {Set<string>} done
 */
function score(model, done) {
  const [q, k] = done.has('rotated')
    ? [
        [part('R', 'q.rotated raw'), part('Q', 'q q.rotated raw', 'q')],
        [word('(', 'raw'), part('R', 'k.rotated raw'), part('K', 'k k.rotated raw', 'k'), word(')', 'raw')],
      ]
    : [[part('Q', 'q raw', 'q')], [part('K', 'k raw', 'k')]];
  const scaled = done.has('scaled');
  if (model.score === 'cosine') return [part('g', 'scaled'), word(' · ', 'scaled'), word('cos(', 'raw'), ...q, word(', ', 'raw'), ...k, word(')', 'raw')];
  if (model.score === 'additive') return [part('v', 'raw'), part('T', 'raw', 'ink', 'sup'), word(' tanh(', 'raw'), ...q, word(' + ', 'raw'), ...k, word(')', 'raw')];
  const root = scaled ? [word(' / √', 'scaled'), part('d', 'scaled'), part('k', 'scaled', 'ink', 'sub')] : [];
  return [...q, ...k, part('T', 'raw', 'k', 'sup'), ...root];
}

/**
 * What a sublayer reads: the stream, in pre norm normed. A norm that the model lacks is crossed out.
 * @param {Model} model
 */
function entering(model) {
  const [x, here] = [part('x', 'x', 'x'), part('x', 'x norm', 'x')];
  if (normsBefore(model)) return [word('LayerNorm(', 'norm'), here, word(')', 'norm')];
  return model.norm_first ? [gone('LayerNorm'), word(' '), x] : [x];
}

/**
 * What surrounds every sublayer: the stream and the norm, crossed out where the model lacks them.
 * @param {Model} model
 */
function addition(model) {
  const sum = model.residual === false ? [gone('x +'), word(' ·', 'output')] : [part('x', 'residual', 'x'), word(' + ·', 'residual')];
  if (normsAfter(model)) return [word('LayerNorm(', 'norm'), ...sum, word(')', 'norm')];
  return model.norm_first ? sum : [gone('LayerNorm'), word(' ( '), ...sum, word(' )')];
}

/** @param {string} text */
const gone = (text) => part(text, '', 'gone', 'up');

/** @param {Model} model */
function feedForward(model) {
  const enter = entering(model);
  const linear = [part('x', 'hidden', 'x'), word(' ', 'hidden'), part('W', 'hidden'), sub('1', 'hidden'), word(' + ', 'hidden'), part('b', 'hidden'), sub('1', 'hidden')];
  const hidden = model.activation === 'gelu' ? [word('GELU(', 'hidden'), ...linear, word(')', 'hidden')] : [word('max(0, ', 'hidden'), ...linear, word(')', 'hidden')];
  const out = [word(' '), part('W', 'output'), sub('2', 'output'), word(' + ', 'output'), part('b', 'output'), sub('2', 'output')];
  return [...enter, ARROW, ...hidden, ...out, ARROW, ...addition(model)];
}

/** @param {string} text @param {string} of */
const sub = (text, of) => part(text, of, 'ink', 'sub');

/**
 * @param {Model} _model
 * @param {Set<string>} done
 * @param {Place} place
 */
function embedding(_model, done, place) {
  const side = place.side === 'src' ? word('source → ') : word('target → ');
  const scaled = done.has('scaled') ? [word(' · √', 'scaled'), part('d', 'scaled'), part('model', 'scaled', 'ink', 'sub')] : [];
  const position = done.has('position') ? [word(' + ', 'position'), part('PE', 'position')] : [];
  return [side, part('E', 'tokens', 'x'), ...scaled, ...position, word(' = '), part('x', 'sum', 'x')];
}

/** @param {Model} model */
function memory(model) {
  const x = part('x', 'memory', 'x');
  return [word('memory', 'memory', 'x'), word(' = ', 'memory'), ...(model.final_norm ? [word('LayerNorm(', 'memory'), x, word(')', 'memory')] : [x])];
}

/** @param {Model} model */
function output(model) {
  const x = part('x', 'decoder_output', 'x');
  const enter = model.final_norm ? [word('LayerNorm(', 'decoder_output'), x, word(')', 'decoder_output')] : [x];
  const linear = [word(' '), part('W', 'logits'), word(' + ', 'logits'), part('b', 'logits')];
  return [part('p', 'p', 'w'), word(' = '), word('softmax', 'p', 'w'), word(' ( '), ...enter, ...linear, word(' )')];
}

/** The line that shows it, with the current piece under the highlighter. */
export class Formula {
  constructor() {
    this.node = el('div', { class: 'formula', 'data-part': 'formula' });
  }

  /**
   * @param {Scene} scene
   * @param {string} tensor the tensor that is shown, without its place
   */
  draw(scene, tensor) {
    const parts = formulaOf(scene);
    const stage = scene.stageNow.name;
    const exact = parts.some(({ of }) => of.includes(tensor));
    const here = parts.map(({ of }) => of.includes(exact ? tensor : stage));
    join(
      this.node,
      parts,
      () => el('span', {}, el('i')),
      (node, { text, tone, form }, i) => {
        write(node.children[0], text);
        const edge = here[i] ? ` here${here[i - 1] ? '' : ' first'}${here[i + 1] ? '' : ' last'}` : '';
        set(node, { class: `tone-${tone} ${form || 'letter'}${/^(W|E|PE)$/.test(text) ? ' matrix' : ''}${edge}` });
      },
    );
    const text = parts.map((one) => one.text).join('');
    set(this.node, { 'aria-label': text, 'data-long': text.length > LONG ? 'true' : null });
  }
}
