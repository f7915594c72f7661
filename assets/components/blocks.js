/** The attention blocks of a model, by the names that its tensors carry. Layers count from 0 in names, from 1 on screen. */

/** @typedef {'encoder' | 'decoder' | 'cross'} Kind encoder self-attention, masked decoder self-attention, cross-attention */
/** @typedef {{name: string, kind: Kind, layer: number}} Block */

/**
 * List the blocks in the order in which data passes through them.
 * @param {{n_encoder_layers: number, n_decoder_layers: number}} model
 * @returns {Block[]}
 */
export function blocksOf(model) {
  /** @type {Block[]} */
  const blocks = [];
  for (let layer = 0; layer < model.n_encoder_layers; layer++) {
    blocks.push({ name: `encoder.${layer}.self_attn`, kind: 'encoder', layer });
  }
  for (let layer = 0; layer < model.n_decoder_layers; layer++) {
    blocks.push({ name: `decoder.${layer}.self_attn`, kind: 'decoder', layer });
    blocks.push({ name: `decoder.${layer}.cross_attn`, kind: 'cross', layer });
  }
  return blocks;
}

/**
 * @param {string} name
 * @returns {Block}
 */
export function blockOf(name) {
  const [side, layer, sort] = name.split('.');
  return { name, layer: Number(layer), kind: side === 'encoder' ? 'encoder' : sort === 'cross_attn' ? 'cross' : 'decoder' };
}

/**
 * Which words the rows of a block belong to.
 * @param {Kind} kind
 * @returns {'src' | 'tgt'}
 */
export function rowSide(kind) {
  return kind === 'encoder' ? 'src' : 'tgt';
}

/**
 * @param {Kind} kind
 * @returns {'src' | 'tgt'}
 */
export function keySide(kind) {
  return kind === 'decoder' ? 'tgt' : 'src';
}
