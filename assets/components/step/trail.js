/**
 * The number trail of a cell: its operands, the products, the sum, the result, and the PyTorch that gives the same.
 *
 * Every number is recomputed here in float64 from the float32 numbers that entered it, and stands beside the model's own.
 */

import { concat, context, mixed, projection, rotation } from './trailattention.js';
import { Asked, Awaited, Lacking, ownerOf } from './trailask.js';
import { setupOf } from './trailcode.js';
import { position, scaled as timesRoot, sourceMask, targetMask, tokens, total } from './trailembed.js';
import { commonDecimals, spell, written as shown } from './trailnumbers.js';
import { said } from './trailparts.js';
import { biased, masked, raw, scaled } from './trailscores.js';
import { probability, weights } from './trailsoftmax.js';
import { added, ending, hidden, logits, norm, unknown, written } from './trailstream.js';

export { ownerOf };

/** @typedef {import('./pass.js').Pass} Pass */
/** @typedef {import('./pass.js').Parameters} Parameters */
/** @typedef {import('./trailparts.js').Draft} Draft */
/** @typedef {import('./trailparts.js').Trail} Trail */

const TOLERANCE = 1e-5; // absolute and relative together, as the tests of the model have it

// The tensors of an embedding carry no side here, those of an attention not which one it is.
/** @type {Record<string, (asked: Asked) => Draft>} */
const KINDS = {
  src_mask: sourceMask,
  tgt_mask: targetMask,
  'embed.tokens': tokens,
  'embed.scaled': timesRoot,
  'embed.position': position,
  'embed.sum': total,
  'attn.q': projection('q'),
  'attn.k': projection('k'),
  'attn.v': projection('v'),
  'attn.q.rotated': rotation('q'),
  'attn.k.rotated': rotation('k'),
  'attn.scores.raw': raw,
  'attn.scores.scaled': scaled,
  'attn.scores.biased': biased,
  'attn.scores.masked': masked,
  'attn.weights': weights,
  'attn.context': context,
  'attn.concat': concat,
  'attn.output': mixed,
  'attn.residual': added,
  'attn.norm': norm,
  'ffn.hidden': hidden,
  'ffn.output': written,
  'ffn.residual': added,
  'ffn.norm': norm,
  memory: ending('encoder'),
  decoder_output: ending('decoder'),
  logits,
  p: probability,
};

/** @param {string} name */
function keyOf(name) {
  return name.replace(/^(?:encoder|decoder)\.\d+\./, '').replace(/^(?:src|tgt)_embed\./, 'embed.').replace(/^(?:self|cross)_attn\./, 'attn.');
}

/**
 * The trail of one cell; null where there is no such cell. A trail whose parameters are not here yet says in `waits`
 * which place they belong to, and nothing else but its name.
 * @param {Pass} pass
 * @param {Parameters | null} parameters of the place that makes the tensor, see `ownerOf`
 * @param {string} name of the tensor; `p` for the softmax of the logits
 * @param {readonly number[]} index of the cell in the tensor's own axes
 * @returns {Trail | null}
 */
export function trailFrom(pass, parameters, name, index) {
  const tensor = name === 'p' ? 'logits' : name;
  if (!pass.has(tensor)) return null;
  const shape = pass.shape(tensor);
  if (shape.length !== index.length || index.some((at, axis) => !(Number.isInteger(at) && at >= 0 && at < shape[axis]))) return null;
  const asked = new Asked(pass, parameters, name, index);
  try {
    return finished(asked, (KINDS[keyOf(name)] ?? unknown)(asked));
  } catch (error) {
    if (error instanceof Awaited) return waiting(asked, error.place);
    if (error instanceof Lacking) return finished(asked, unknown(asked));
    throw error;
  }
}

/**
 * The same for a scene: the parameters are fetched where they are needed, once per place.
 * @param {{pass: Pass, parameters: (at: string) => Parameters | null}} scene
 * @param {string} name
 * @param {readonly number[]} index
 */
export function trailOf(scene, name, index) {
  const first = trailFrom(scene.pass, null, name, index);
  const parameters = first?.waits ? scene.parameters(first.waits) : null;
  return parameters ? trailFrom(scene.pass, parameters, name, index) : first;
}

/**
 * @param {Asked} asked
 * @param {string} place
 * @returns {Trail}
 */
function waiting({ name, index }, place) {
  const texts = { title: said('trail.waits.title', { name }), lead: said('trail.waits.lead', { place }) };
  return { name, index: [...index], kind: 'waits', ...texts, waits: place, blocks: [], result: null, code: [], setup: [] };
}

/**
 * Lay the recomputed number beside the model's, and say as many digits as are true of both.
 * @param {Asked} asked
 * @param {Draft} draft
 * @returns {Trail}
 */
function finished(asked, draft) {
  const { name, index } = asked;
  const { kind, values, blocks, before, value, error, hue, snippet } = draft;
  const model = name === 'p' ? (draft.model ?? null) : asked.pass.at(name, ...index);
  const same = model === value || (Number.isNaN(model) && Number.isNaN(value));
  const difference = model === null ? null : same ? 0 : Math.abs(model - value);
  const allowed = Math.max(error, TOLERANCE * (1 + Math.abs(value)));
  const decimals = commonDecimals(value, model, error);
  const isTruth = name === 'src_mask' || name === 'tgt_mask';
  const code = isTruth ? (value ? 'True' : 'False') : spell(value, decimals);
  const text = isTruth ? code : shown(value, decimals);
  const last = snippet.lines.length - 1;
  return {
    name,
    index: [...index],
    kind,
    title: said(`trail.${kind}.title`, values),
    lead: said(`trail.${kind}.lead`, values),
    waits: null,
    blocks,
    result: { before, value, model, difference, agrees: difference === null || difference <= allowed, decimals, hue, text, code },
    code: snippet.lines.map((one, i) => (i === last ? `${one}  # ${code}` : one)),
    setup: setupOf(asked, snippet),
  };
}
