/** The PyTorch that makes a number again: the lines that are shown, and those before them that make them run. */

/** @typedef {import('./trailask.js').Asked} Asked */
/**
 * @typedef {object} Snippet
 * @property {Record<string, string>} [tensors] what a variable holds: the name of a tensor of the pass
 * @property {string[]} [before] further lines of preparation
 * @property {string[]} lines the lines shown; the last one is the number itself
 * @property {boolean} [functional] does it need torch.nn.functional?
 */

// Signs without a shape of their own, and those that turn the direction of a text: in code they are written out.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]|(?! )\p{Zs}/gu;

/**
 * A text as a Python string.
 * @param {string} text
 */
export function pythonText(text) {
  const quoted = JSON.stringify(text);
  return quoted.replace(HIDDEN, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code < 0x10000 ? '\\u' + code.toString(16).padStart(4, '0') : '\\U' + code.toString(16).padStart(8, '0');
  });
}

/**
 * Load the model, the sentence and the tensors.
 * @param {Asked} asked
 * @param {Snippet} snippet
 * @returns {string[]}
 */
export function setupOf(asked, { tensors = {}, before = [], lines, functional = false }) {
  const { header, sentence, ids } = asked.pass;
  const changed = sentence.notices.some(({ key }) => !key.startsWith('bugs.') || key === 'bugs.notice.causal_answer');
  const itself = !sentence.forced && !changed;
  const loads = Object.entries(tensors).map(([variable, name]) => `${variable} = torch.tensor(trace["${name}"])  # ${axesOf(asked, name)}`);
  const body = [...before, ...lines].join('\n');
  const sizes = ['n_heads', 'd_k', 'd_model'].filter((size) => new RegExp(`\\b${size}\\b`).test(body));
  return [
    ...(body.includes('math.') ? ['import math', ''] : []),
    'import torch',
    ...(functional ? ['import torch.nn.functional as F'] : []),
    itself ? 'from transformer import load_run' : 'from transformer import load_run, trace_pair',
    '',
    `run = load_run(${pythonText(header.run)})`,
    'model = run.model',
    '# Every tensor of the pass, float32 as the model computes.',
    itself ? `trace = run.trace(${pythonText(sentence.typed)})` : `trace = trace_pair(model, [${ids.src.join(', ')}], [${ids.tgt_in.join(', ')}])`,
    ...sizes.map((size) => `${size} = model.config.${size}`),
    ...before,
    ...loads,
    '',
  ];
}

/**
 * The axes of a tensor as a comment says them.
 * @param {Asked} asked
 * @param {string} name
 */
function axesOf({ pass }, name) {
  const { axes } = pass.spec(name);
  return `(${axes.join(', ')}${axes.length === 1 ? ',' : ''}), ${name.endsWith('_mask') ? 'bool' : 'float32'}`;
}

/**
 * A module of the model as Python reaches it: `decoder.1.cross_attn` is `model.decoder[1].cross_attn`.
 * @param {string} path
 */
export function moduleOf(path) {
  return 'model.' + path.replace(/\.(\d+)/g, '[$1]');
}
