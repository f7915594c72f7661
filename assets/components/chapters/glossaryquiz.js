/** Guess the shape: the true one between two that a person could take it for. The same tensor always asks the same. No DOM. */

/** @typedef {import('./glossaryrows.js').TensorRow} TensorRow */

/**
 * Three shapes, one of them true.
 * @param {TensorRow} row
 * @param {number[]} sizes that stand elsewhere in this pass: lengths, d_k, d_model, d_ff, heads
 * @returns {{choices: string[], right: number}}
 */
export function shapeChoices({ name, shape }, sizes) {
  const truth = spell(shape);
  const seed = hash(name);
  const likely = [...new Set(slips(shape, sizes).map(spell))].filter((text) => text !== truth);
  const wrong = likely.length > 1 ? likely : [...likely, spell([...shape.slice(0, -1), (shape.at(-1) ?? 0) + 1]), spell([...shape, 2])];
  const first = wrong[seed % wrong.length];
  const rest = wrong.filter((text) => text !== first);
  const choices = [first, rest[Math.floor(seed / 7) % rest.length]];
  const right = Math.floor(seed / 3) % 3;
  choices.splice(right, 0, truth);
  return { choices, right };
}

/** @param {number[]} shape */
export function spell(shape) {
  return shape.join(' × ');
}

/**
 * What one may take a shape for: two axes swapped, one size taken for another, the heads forgotten or put in.
 * @param {number[]} shape
 * @param {number[]} sizes
 */
function slips(shape, sizes) {
  const all = [];
  const last = shape.length - 1;
  if (last > 0) all.push([...shape.slice(0, last - 1), shape[last], shape[last - 1]]);
  for (const size of sizes) {
    all.push([...shape.slice(0, last), size]);
    if (last > 0) all.push([...shape.slice(0, last - 1), size, shape[last]]);
  }
  if (last > 1) all.push(shape.slice(1), [shape[1], shape[0] * shape[2]]);
  if (last === 0) all.push([shape[0], shape[0]]);
  return all;
}

/** @param {string} text */
function hash(text) {
  let value = 7;
  for (const sign of text) value = (value * 31 + (sign.codePointAt(0) ?? 0)) % 1_000_003;
  return value;
}
