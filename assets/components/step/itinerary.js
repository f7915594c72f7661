/** The way through the model: its places in the order of the pass, and the stages of each. Read off the tensors that there are. */

import { normsAfter } from '../lacks.js';

/** @typedef {import('./pass.js').Pass} Pass */
/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {string[]} tensors full names; `p` is the softmax over the vocabulary, which is no tensor of the catalogue
 * @property {string | null} missing the string key of why this model does not do this step
 */
/**
 * @typedef {object} Place
 * @property {string} name such as decoder.1.cross_attn
 * @property {'embed' | 'attention' | 'ffn' | 'memory' | 'output'} kind
 * @property {'src' | 'tgt'} side which words its rows are
 * @property {number} layer
 * @property {string} page the chapter that it belongs to
 * @property {Stage[]} stages
 */

// Which tensors share a stage: they are made in one step of the paper.
/** @type {Record<string, string>} */
const SHARED = { q: 'qkv', k: 'qkv', v: 'qkv', 'q.rotated': 'rotated', 'k.rotated': 'rotated', residual: 'add' };
/** @type {Record<string, string>} */
const SHORT = { 'scores.raw': 'raw', 'scores.scaled': 'scaled', 'scores.biased': 'biased', 'scores.masked': 'masked' };

/**
 * @param {Pass} pass
 * @returns {Place[]}
 */
export function placesOf(pass) {
  const { n_encoder_layers, n_decoder_layers } = pass.model;
  /** @type {Place[]} */
  const places = [embed(pass, 'src')];
  for (let n = 0; n < n_encoder_layers; n++) places.push(sublayer(pass, 'encoder', n, 'self_attn'), sublayer(pass, 'encoder', n, 'ffn'));
  places.push({ name: 'memory', kind: 'memory', side: 'src', layer: 0, page: 'encoder', stages: [{ name: 'memory', tensors: ['memory'], missing: null }] });
  places.push(embed(pass, 'tgt'));
  for (let n = 0; n < n_decoder_layers; n++) {
    for (const part of ['self_attn', 'cross_attn', 'ffn']) places.push(sublayer(pass, 'decoder', n, part));
  }
  const known = new Set(['src_mask', 'tgt_mask', ...places.flatMap((place) => place.stages.flatMap((stage) => stage.tensors))]);
  const rest = pass.names.filter((name) => !known.has(name) && !['decoder_output', 'logits'].includes(name));
  const stages = ['decoder_output', 'logits', ...rest, 'p'].map((name) => ({ name, tensors: [name], missing: null }));
  places.push({ name: 'output', kind: 'output', side: 'tgt', layer: 0, page: 'output', stages });
  return places;
}

/**
 * @param {Pass} pass
 * @param {'src' | 'tgt'} side
 * @returns {Place}
 */
function embed(pass, side) {
  const { position, scale_embeddings } = pass.model;
  const name = `${side}_embed`;
  const missing = {
    scaled: scale_embeddings ? null : 'step.missing.scale',
    position: pass.has(`${name}.position`) ? null : `step.missing.position.${position}`,
  };
  const stages = ['tokens', 'scaled', 'position', 'sum'].map((stage) => stageOf(pass, stage, [`${name}.${stage}`], missing[/** @type {'scaled'} */ (stage)] ?? null));
  return { name, kind: 'embed', side, layer: 0, page: 'tokens', stages: [...stages, ...others(pass, name, stages)] };
}

/**
 * @param {Pass} pass
 * @param {'encoder' | 'decoder'} stack
 * @param {number} layer
 * @param {string} part
 * @returns {Place}
 */
function sublayer(pass, stack, layer, part) {
  const name = `${stack}.${layer}.${part}`;
  const side = stack === 'encoder' ? 'src' : 'tgt';
  const x = part === 'cross_attn' ? [pass.incoming(name), 'memory'] : [pass.incoming(name)];
  /** @type {Stage[]} */
  const stages = [{ name: 'x', tensors: x, missing: null }];
  const withSum = normsAfter(pass.model) && pass.has(`${name}.residual`); // the paper adds and norms in one step
  for (const tensor of pass.names.filter((one) => one.startsWith(name + '.'))) {
    const tail = tensor.slice(name.length + 1);
    const own = tail === 'norm' && withSum ? 'add' : (SHARED[tail] ?? SHORT[tail] ?? tail);
    const last = stages.find((stage) => stage.name === own);
    if (last) last.tensors.push(tensor);
    else stages.push({ name: own, tensors: [tensor], missing: null });
  }
  crossOut(pass, name, stages);
  const page = part === 'ffn' ? stack : 'attention';
  return { name, kind: part === 'ffn' ? 'ffn' : 'attention', side, layer, page, stages };
}

/**
 * Put the steps of the paper that this model leaves out where they would stand: they are crossed out, with the reason.
 * @param {Pass} pass
 * @param {string} place
 * @param {Stage[]} stages
 */
function crossOut(pass, place, stages) {
  const { norm_first, layer_norm, causal, score } = pass.model;
  /** @param {string} after the stage that it would follow; '' for the end @param {string} name @param {string} missing */
  const leaveOut = (after, name, missing) => {
    const at = stages.findIndex((stage) => stage.name === after);
    stages.splice(at < 0 ? stages.length : at + 1, 0, { name, tensors: [], missing });
  };
  const scores = pass.has(`${place}.scores.raw`);
  if (scores && !pass.has(`${place}.scores.scaled`)) leaveOut('raw', 'scaled', `step.missing.scores.${score}`);
  if (!causal && /^decoder\..*self_attn$/.test(place)) leaveOut(stages[stages.findIndex((stage) => stage.name === 'masked') - 1].name, 'causal', 'bugs.missing.causal');
  if (!pass.has(`${place}.residual`)) leaveOut('output', 'add', 'bugs.missing.residual');
  if (!layer_norm) leaveOut(norm_first ? 'x' : '', 'norm', 'bugs.missing.layer_norm');
}

/**
 * A step that this model does, or one that it leaves out, with the reason.
 * @param {Pass} pass
 * @param {string} name
 * @param {string[]} tensors
 * @param {string | null} missing
 * @returns {Stage}
 */
function stageOf(pass, name, tensors, missing) {
  const there = tensors.filter((tensor) => pass.has(tensor));
  return { name, tensors: there, missing: there.length ? null : missing };
}

/**
 * Tensors that nobody has told us about: each is a stage of its own, under its own name.
 * @param {Pass} pass
 * @param {string} place
 * @param {Stage[]} stages
 * @returns {Stage[]}
 */
function others(pass, place, stages) {
  const known = new Set(stages.flatMap((stage) => stage.tensors));
  const rest = pass.names.filter((name) => name.startsWith(place + '.') && !known.has(name));
  return rest.map((name) => ({ name: name.slice(place.length + 1), tensors: [name], missing: null }));
}

/**
 * The stage some steps on, across places; null at either end of the pass.
 * @param {Place[]} places
 * @param {string} at
 * @param {string} stage
 * @param {number} step
 * @returns {{at: string, stage: string} | null}
 */
export function stepFrom(places, at, stage, step) {
  const all = places.flatMap((place) => place.stages.filter((one) => !one.missing).map((one) => ({ at: place.name, stage: one.name })));
  const now = all.findIndex((one) => one.at === at && one.stage === stage);
  return all[now + step] ?? null;
}
