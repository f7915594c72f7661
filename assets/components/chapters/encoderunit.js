/** One hidden unit: on which words it fires here, what excites it elsewhere, the direction that it writes, and its logits. */

import { el, join, set, write } from '../dom.js';
import { normsAfter } from '../lacks.js';
import { literal } from '../tokens.js';
import { dot, length, logitsOf, momentsOf, rowOf } from './encodermath.js';
import { drawStrip, largest, num, sideWidth, sublayerName } from './encoderparts.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('./encodermath.js').Side} Side */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {{at: import('./encodermath.js').Sublayer, row: number, unit: number, last: boolean, label: Label, labels: Label[]}} UnitHere last: is it the last layer of its side? */

const AROUND = 3; // words of context to either side
const PUSHED = 4; // words that gain most, and that lose most
const HERE = 5; // words of this sentence that are named

export class UnitCard {
  /**
   * @param {import('../step/desk.js').Desk} desk
   * @param {Side} side
   */
  constructor(desk, side) {
    this.desk = desk;
    this.side = side;
    this.title = el('h3');
    this.here = el('p', { class: 'here-words' });
    this.facts = el('p', { class: 'quiet' });
    this.head = el('tr');
    this.body = el('tbody');
    this.writes = el('h4');
    this.strip = el('canvas', { role: 'img' });
    this.scale = el('p', { class: 'quiet num' });
    this.pushes = el('p', { class: 'pushes' });
    const table = el('table', { class: 'excites' }, el('thead', {}, this.head), this.body);
    this.node = el('div', { class: 'pane-unit right' }, this.title, this.here, this.facts, table, this.writes, this.strip, this.scale, this.pushes);
  }

  /**
   * @param {Scene} scene
   * @param {UnitHere} now
   */
  draw(scene, now) {
    write(this.title, scene.say('encoder.unit.title', { unit: now.unit, place: sublayerName(scene, now.at) }));
    this.drawHere(scene, now);
    this.drawExcites(scene, now);
    this.drawWrites(scene, now);
  }

  /**
   * @param {Scene} scene
   * @param {UnitHere} now
   */
  drawHere({ pass, say, sayWith }, { at, unit, labels }) {
    const values = labels.map((label, i) => ({ label, value: pass.at(`${at.place}.hidden`, i, unit) }));
    const fires = values.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
    const words = fires.slice(0, HERE).flatMap(({ label, value }) => [el('span', { class: 'word' }, label.text), el('span', { class: 'num' }, ` ${num(value)}  `)]);
    const list = el('span', {}, ...words, fires.length > HERE ? '…' : '');
    this.here.replaceChildren(...(fires.length ? sayWith('encoder.unit.here', { n: fires.length, all: labels.length, list }) : [say('encoder.unit.silent', { all: labels.length })]));
  }

  /**
   * What excites it in sentences that were never in training, as Python measured it.
   * @param {Scene} scene
   * @param {UnitHere} now
   */
  drawExcites(scene, { at, unit }) {
    const { say, look } = scene;
    const answer = scene.ask({ what: 'units', at: at.place });
    const got = answer && !answer.trouble ? answer : null;
    const known = got && got.header.n_sentences > 0;
    if (!known) {
      write(this.facts, answer?.trouble ? say(answer.trouble.key, answer.trouble.values) : say(got ? 'encoder.unit.unmeasured' : 'encoder.unit.asking'));
      join(this.head, [], () => el('th'), () => {});
      join(this.body, [], () => el('tr'), () => {});
      return;
    }
    const { header, tensors } = got;
    /** @param {string} name @param {number} rank */
    const read = (name, rank) => {
      const tensor = tensors.get(name);
      return tensor ? tensor.values[unit * tensor.shape[1] + rank] : NaN;
    };
    const share = tensors.get('share')?.values[unit] ?? NaN;
    write(this.facts, say('encoder.unit.share', { share: Math.round(share * 100), tokens: header.n_tokens, sentences: header.n_sentences }));
    join(this.head, ['encoder.unit.word', 'encoder.unit.largest', 'encoder.unit.fired', 'encoder.unit.where'], () => el('th', { scope: 'col' }), (node, key) => write(node, say(key)));
    const best = Math.min(look.projector ? 6 : 8, tensors.get('word')?.shape[1] ?? 0);
    join(
      this.body,
      Array.from({ length: best }, (_, rank) => rank).filter((rank) => read('activation', rank) > 0),
      () => el('tr', {}, el('th', { class: 'word' }), el('td', { class: 'num' }), el('td', { class: 'num' }), el('td', { class: 'word where' })),
      (tr, rank) => {
        const [word, value, fired, where] = tr.children;
        const count = read('count', rank);
        write(word, literal(String(header.words[read('word', rank)] ?? '')));
        write(value, num(read('activation', rank)));
        write(fired, say('encoder.unit.of', { n: Math.round(read('fired', rank) * count), all: count }));
        quote(where, header.sentences[read('sentence', rank)] ?? [], read('position', rank));
      },
    );
  }

  /**
   * The direction that it adds to the stream: its row of W_2. Only what the last layer of the decoder writes goes
   * straight into the logits, so only there is it read as words.
   * @param {Scene} scene
   * @param {UnitHere} now
   */
  drawWrites(scene, now) {
    const { say, look, palette, pass } = scene;
    const { at, unit, row, label } = now;
    const w2 = scene.parameters(at.place)?.get(`${at.place}.w_2.weight`);
    const value = pass.at(`${at.place}.hidden`, row, unit);
    write(this.writes, say('encoder.unit.writes', { unit }));
    this.strip.hidden = !w2;
    if (!w2) return write(this.pushes, '');
    const written = column(w2, unit);
    const max = largest(written);
    drawStrip(this.strip, written, { width: look.projector ? look.width - 20 : sideWidth(scene) - 18, height: look.projector ? 36 : 26, hue: palette.stream, max }, palette);
    set(this.strip, { 'aria-label': say('encoder.unit.writes', { unit }) });
    const [size, along] = [length(written), dot(written, rowOf(pass, at.before, row))];
    write(this.scale, say('encoder.unit.scale', { max: num(max, 2), length: num(size), n: written.length }));
    if (this.side === 'tgt' && now.last) return this.drawPushes(scene, now, written, value);
    write(this.pushes, say('encoder.unit.adds', { word: label.full, value: num(value), length: num(value * size), cosine: num(along / (size * length(rowOf(pass, at.before, row)) || 1)) }));
  }

  /**
   * @param {Scene} scene
   * @param {UnitHere} now
   * @param {number[]} written
   * @param {number} value
   */
  drawPushes(scene, { at, row, label }, written, value) {
    const { pass, say, sayWith, words } = scene;
    const out = scene.parameters('output')?.get('generator.weight');
    const norm = lastNorm(scene, at, row);
    if (!out || norm === undefined) return write(this.pushes, '');
    const per = logitsOf(written, norm, out);
    const names = pass.labels('logits', 1);
    const order = per.map((_, i) => i).sort((a, b) => per[b] - per[a]);
    const factor = value || 1; // a silent unit adds nothing: then we say what it would add per unit of activation
    const [gain, lose] = value < 0 ? [order.slice(-PUSHED).reverse(), order.slice(0, PUSHED)] : [order.slice(0, PUSHED), order.slice(-PUSHED).reverse()];
    /** @param {number[]} ids */
    const list = (ids) => el('span', {}, ...ids.flatMap((id) => [el('span', { class: 'word' }, names[id].text), el('span', { class: 'num' }, ` ${per[id] * factor < 0 ? '' : '+'}${num(per[id] * factor)}  `)]));
    const target = pass.ids.tgt_out[row];
    const key = value === 0 ? 'encoder.unit.would_push' : 'encoder.unit.pushes';
    const own = `${per[target] * factor < 0 ? '' : '+'}${num(per[target] * factor)}`;
    this.pushes.replaceChildren(
      ...sayWith(key, {
        row: el('span', { class: 'word' }, label.full),
        value: num(value),
        gain: list(gain),
        lose: list(lose),
        target: el('span', { class: 'word' }, words.tgtOut[row].text),
        own,
      }),
      norm === null ? '' : say('encoder.unit.norm_note'),
    );
  }
}

/**
 * The norm between the last sublayer and the logits, with the spread that this row has; null if there is none, undefined
 * while its parameters are on their way.
 * @param {Scene} scene
 * @param {import('./encodermath.js').Sublayer} at
 * @param {number} row
 */
function lastNorm({ pass, model, parameters }, at, row) {
  const place = at.place.slice(0, at.place.lastIndexOf('.'));
  // Post norm with a final norm on top has two norms on the way: then no simple reading is honest.
  if (normsAfter(model) && model.final_norm) return undefined;
  if (!normsAfter(model) && !model.final_norm) return null;
  const [where, name] = !normsAfter(model) ? ['output', 'decoder_norm.weight'] : [at.place, `${place}.around_ffn.norm.weight`];
  const gamma = parameters(where)?.get(name)?.values;
  const { variance } = momentsOf(rowOf(pass, at.after, row));
  return gamma && { gamma, sd: Math.sqrt(variance + model.layer_norm_eps) };
}

/**
 * @param {{shape: number[], values: Float32Array}} matrix
 * @param {number} at
 * @returns {number[]}
 */
function column({ shape, values }, at) {
  return Array.from({ length: shape[0] }, (_, i) => values[i * shape[1] + at]);
}

/**
 * A word where it stood, with a few words around it.
 * @param {Element} node
 * @param {string[]} sentence
 * @param {number} at
 */
function quote(node, sentence, at) {
  const [from, to] = [Math.max(0, at - AROUND), Math.min(sentence.length, at + AROUND + 1)];
  /** @param {number} a @param {number} b */
  const part = (a, b) => sentence.slice(a, b).map(literal).join(' ');
  node.replaceChildren(from ? '… ' : '', part(from, at) + ' ', el('b', {}, literal(sentence[at] ?? '')), ' ' + part(at + 1, to), to < sentence.length ? ' …' : '');
}
