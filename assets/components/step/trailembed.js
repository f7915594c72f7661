/** Trails of the embeddings and of the masks: from ids to the numbers that enter the model (sections 3.1, 3.4, 3.5). */

import { figure, line, operand, said, table } from './trailparts.js';
import { roundingError } from './trailnumbers.js';

/** @typedef {import('./trailask.js').Asked} Asked */
/** @typedef {import('./trailparts.js').Draft} Draft */

const BASE = 10000;
const AROUND = 8; // numbers shown of a row that is looked up

/** @param {Asked} asked */
function idOf({ pass, side, index }) {
  return (side === 'src' ? pass.ids.src : pass.ids.tgt_in)[index[0]];
}

/**
 * The values that every embedding trail says.
 * @param {Asked} asked
 */
function valuesOf(asked) {
  return { word: asked.keyLabel(asked.index[0]), feature: asked.index[1], position: asked.index[0] };
}

/**
 * A number that is looked up in a learned table, with its neighbours.
 * @param {string} name
 * @param {number[]} row
 * @param {number} at
 */
function neighbours(name, row, at) {
  const first = Math.max(0, Math.min(row.length - AROUND, at - (at % AROUND)));
  const shown = row.slice(first, first + AROUND);
  return table({
    corner: said('trail.feature'),
    columns: [{ name, hue: 'stream', decimals: 4 }],
    rows: shown.map((value, i) => ({ name: String(first + i), cells: [value] })),
    here: at - first,
  });
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function tokens(asked) {
  const [, feature] = asked.index;
  const id = idOf(asked);
  const name = `${asked.side}_embed.tokens.weight`;
  const row = asked.weights(name, id);
  return {
    kind: 'tokens',
    values: { ...valuesOf(asked), id },
    blocks: [neighbours(`E[${id}]`, row, feature)],
    before: [`E[${id}, ${feature}]`, '='],
    value: row[feature],
    error: 0,
    hue: 'stream',
    snippet: { lines: [`E = model.${name}  # float32`, `E[${id}, ${feature}]`] },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function scaled(asked) {
  const [i, feature] = asked.index;
  const { d_model } = asked.model;
  const [before, factor] = [asked.at(asked.own('tokens'), i, feature), Math.sqrt(d_model)];
  return {
    kind: 'times_root',
    values: { ...valuesOf(asked), d_model },
    blocks: [line(`√d_model = √${d_model} =`, figure(factor, 4))],
    before: [operand(before, 'stream'), '×', figure(factor, 4), '='],
    value: before * factor,
    error: roundingError(before * factor),
    hue: 'stream',
    snippet: {
      tensors: { tokens: asked.own('tokens') },
      lines: ['scaled = tokens * math.sqrt(d_model)  # float32', `scaled[${i}, ${feature}]`],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function position(asked) {
  return asked.model.position === 'sinusoidal' ? sinusoid(asked) : learned(asked);
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
function sinusoid(asked) {
  const [pos, feature] = asked.index;
  const { d_model } = asked.model;
  const pair = feature - (feature % 2);
  const divisor = BASE ** (pair / d_model);
  const angle = pos / divisor;
  const [wave, value] = feature % 2 ? ['cos', Math.cos(angle)] : ['sin', Math.sin(angle)];
  return {
    kind: feature % 2 ? 'position_cosine' : 'position_sine',
    values: valuesOf(asked),
    blocks: [
      line(`10000^(${pair} / ${d_model}) =`, figure(divisor, 4)),
      line(said('trail.wavelength', { wavelength: figure(2 * Math.PI * divisor, 2) })),
      line(said('trail.angle'), `= ${pos} /`, figure(divisor, 4), '=', figure(angle, 6)),
    ],
    before: [`${wave}(`, figure(angle, 6), ') ='],
    value,
    error: roundingError(1),
    hue: 'stream',
    snippet: {
      lines: [
        `angle = ${pos} / 10000 ** (${pair} / d_model)`,
        `torch.tensor(angle, dtype=torch.float64).${wave}()`,
      ],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
function learned(asked) {
  const [pos, feature] = asked.index;
  const name = `${asked.side}_embed.position.table`;
  const row = asked.weights(name, pos);
  return {
    kind: 'position_learned',
    values: valuesOf(asked),
    blocks: [neighbours(`P[${pos}]`, row, feature)],
    before: [`P[${pos}, ${feature}]`, '='],
    value: row[feature],
    error: 0,
    hue: 'stream',
    snippet: { lines: [`P = model.${name}  # float32`, `P[${pos}, ${feature}]`] },
  };
}

/**
 * What enters the model: embedding plus position, or the embedding alone.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function total(asked) {
  const [i, feature] = asked.index;
  const word = asked.model.scale_embeddings ? 'scaled' : 'tokens';
  const embedding = asked.at(asked.own(word), i, feature);
  const has = asked.has(asked.own('position'));
  const place = has ? asked.at(asked.own('position'), i, feature) : 0;
  const value = embedding + place;
  const parts = [
    { name: asked.model.scale_embeddings ? 'E × √d_model' : 'E', cells: [embedding] },
    ...(has ? [{ name: said('trail.position'), cells: [place] }] : []),
  ];
  return {
    kind: has ? 'input_sum' : 'input_alone',
    values: valuesOf(asked),
    blocks: [table({ corner: '', columns: [{ name: `[${i}, ${feature}]`, hue: 'stream', decimals: 6 }], rows: parts, adds: 0, total: value })],
    before: [said('trail.sum'), '='],
    value,
    error: roundingError(Math.abs(embedding) + Math.abs(place)),
    hue: 'stream',
    snippet: {
      tensors: { [word]: asked.own(word), ...(has ? { position: asked.own('position') } : {}) },
      lines: [has ? `x = ${word} + position  # float32` : `x = ${word}  # float32`, `x[${i}, ${feature}]`],
    },
  };
}

/**
 * Which source words may be looked at: all but padding.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function sourceMask(asked) {
  const [key] = asked.index;
  const open = Array.from(asked.pass.values('src_mask'), Boolean);
  return {
    kind: open[key] ? 'src_mask_open' : 'src_mask_padding',
    values: { word: asked.keyLabel(key) },
    blocks: [{ kind: 'words', labels: open.map((_, j) => asked.keyLabel(j)), open, here: key }],
    before: ['mask =', `${asked.pass.ids.src[key]} ≠ pad_id →`],
    value: Number(open[key]),
    error: 0,
    hue: 'plain',
    snippet: {
      before: [`src_ids = torch.tensor([${asked.pass.ids.src.join(', ')}])`, 'pad_id = model.config.pad_id'],
      lines: ['mask = src_ids != pad_id  # bool, True = may look', `mask[${key}]`],
    },
  };
}

/**
 * Which words a target row may look at: itself and what came before it, and no padding.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function targetMask(asked) {
  const [query, key] = asked.index;
  const open = asked.row('tgt_mask', query).map(Boolean);
  const { causal } = asked.model;
  const shut = causal && key > query ? 'tgt_mask_later' : 'tgt_mask_padding';
  return {
    kind: open[key] ? (causal ? 'tgt_mask_open' : 'tgt_mask_uncausal') : shut,
    values: { query: asked.rowLabel(query), key: asked.keyLabel(key) },
    blocks: [
      line(said('trail.keeps', { row: asked.rowLabel(query), kept: open.filter(Boolean).length, all: open.length })),
      { kind: 'words', labels: open.map((_, j) => asked.keyLabel(j)), open, here: key },
    ],
    before: causal ? ['mask =', `${key} ${key > query ? '>' : '≤'} ${query} →`] : ['mask ='],
    value: Number(open[key]),
    error: 0,
    hue: 'plain',
    snippet: {
      before: [`tgt_in = torch.tensor([${asked.pass.ids.tgt_in.join(', ')}])`, 'pad_id = model.config.pad_id'],
      lines: causal
        ? [`causal = torch.ones(${open.length}, ${open.length}, dtype=torch.bool).tril()`, 'mask = causal & (tgt_in != pad_id)  # bool', `mask[${query}, ${key}]`]
        : [`mask = (tgt_in != pad_id).expand(${open.length}, -1)  # bool`, `mask[${query}, ${key}]`],
    },
  };
}
