/** Where everything stands in the diagram of a decoder layer: three sublayers side by side, the stream below, memory above. */

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {'q' | 'k' | 'v' | 'weights' | 'stream'} Kind */
/** @typedef {{d: string, kind: string}} Wire */
/** @typedef {{text: string, x: number, y: number, kind: string, anchor?: string}} Sign */
/** @typedef {{sign: string, kind: Kind, tensor: string, place: string, stage: string, x: number, y: number, w: number, h: number}} Mini */
/** @typedef {{title: string, about: string, place: string, x: number, y: number, w: number}} Heading */
/** @typedef {{width: number, height: number, note: number, wires: Wire[], signs: Sign[], heads: Heading[], minis: Mini[]}} Plan */
/**
 * @typedef {object} Frame of one sublayer
 * @property {Plan} plan
 * @property {string} place
 * @property {number} x left edge
 * @property {number} w
 * @property {number} mini size
 * @property {number} caption height of the words around a miniature
 * @property {number} top below the memory
 * @property {number} stream height of the stream
 * @property {number} memory height of the memory line
 * @property {boolean} first pre norm?
 * @property {boolean} sums is the output added to the stream? Else it takes its place
 * @property {boolean} norms is there a norm at all?
 * @property {Scene} scene
 */

/**
 * @param {Scene} scene
 * @param {number} layer
 * @param {number} width
 * @param {number} height
 * @returns {Plan}
 */
export function planOf(scene, layer, width, height) {
  const { say, look, model } = scene;
  const note = look.projector ? 20 : 13;
  /** @type {Plan} */
  const plan = { width, height, note, wires: [], signs: [], heads: [], minis: [] };
  const parts = ['self_attn', 'cross_attn', 'ffn'];
  const w = Math.floor(width / 3);
  const head = look.projector ? 46 : 62;
  const memory = head + (look.projector ? 30 : 18);
  const stream = height - (look.projector ? 46 : 56);
  const caption = look.projector ? 28 : note * 2 + 12;
  const room = (stream - memory - (look.projector ? 62 : 84)) / 3 - caption;
  const mini = Math.max(34, Math.min(look.projector ? 96 : 84, Math.floor(Math.min(room, (w - 126) / 3.5))));
  plan.wires.push({ d: `M0,${stream}H${width - 12}l-9,-6m9,6l-9,6`, kind: 'stream thick' });
  plan.wires.push({ d: `M0,${memory}H${w + w - 24}`, kind: 'stream memory' });
  plan.signs.push({ text: say('decoder.sources.memory', { rows: scene.words.src.length, d: model.d_model }), x: 6, y: memory - 9, kind: 'stream', anchor: 'start' });
  plan.signs.push({ text: say('decoder.sources.stream', { rows: scene.words.tgtIn.length, d: model.d_model }), x: 6, y: stream + note + 14, kind: 'stream', anchor: 'start' });
  parts.forEach((part, n) => {
    const place = `decoder.${layer}.${part}`;
    plan.heads.push({ title: `${n + 1}  ${say('decoder.part.' + part)}`, about: say('decoder.sources.about_' + part), place, x: n * w + 4, y: 0, w: w - 16 });
    /** @type {Frame} */
    const frame = { plan, place, x: n * w, w, mini, caption, top: memory + 26, stream, memory, first: model.norm_first, sums: model.residual !== false, norms: model.layer_norm !== false, scene };
    if (part === 'ffn') feedForward(frame);
    else attention(frame, part === 'cross_attn');
    addAndNorm(frame);
  });
  return plan;
}

/**
 * @param {Frame} frame
 * @param {boolean} cross
 */
function attention(frame, cross) {
  const { plan, place, x, mini, caption, top, stream, memory } = frame;
  const box = mini + caption;
  const left = x + 20;
  const step = mini + 18;
  const low = stream - (caption < 30 ? 58 : 66) - box + (caption < 30 ? 0 : caption / 2); // the miniatures that come from the stream
  const middle = Math.min(low - box - 20, Math.round(cross ? (top + box + low) / 2 - box / 2 + 6 : (top + low) / 2 - 18)); // an arrow keeps room above Q
  const highs = cross ? top + (caption < 30 ? -6 : 10) : low;
  /** @param {string} letter @param {number} at @param {number} y @returns {Mini} */
  const operand = (letter, at, y) => ({ sign: letter.toUpperCase(), kind: /** @type {Kind} */ (letter), tensor: `${place}.${letter}`, place, stage: 'qkv', x: at, y, w: mini, h: mini });
  const q = operand('q', left, low);
  const k = operand('k', left + step, highs);
  const v = operand('v', left + 2 * step, highs);
  /** @type {Mini} */
  const weights = { sign: 'softmax', kind: 'weights', tensor: `${place}.weights`, place, stage: 'weights', x: left + (cross ? 0 : step / 2), y: middle, w: mini, h: mini };
  const out = outputOf(frame, 'W_O', middle);
  plan.minis.push(q, k, v, weights, out);
  const [feed, half] = [stream - 34, mini / 2];
  // From the stream up to Q, and in self-attention to K and V as well.
  const takers = cross ? [q] : [q, k, v];
  plan.wires.push({ d: `M${x + 10},${stream}V${feed}H${takers[takers.length - 1].x + half}`, kind: 'stream' });
  for (const one of takers) plan.wires.push(arrowUp(one.x + half, feed, one.y + box, one.kind));
  if (cross) for (const one of [k, v]) plan.wires.push({ d: `M${one.x + half},${memory}V${one.y - 3}l-4,-6m4,6l4,-6`, kind: one.kind });
  // Q and K meet in the weights, which mix V.
  if (cross) plan.wires.push(arrowUp(q.x + half, q.y - 2, weights.y + box, 'q'), { d: `M${k.x + half},${k.y + box}V${weights.y + caption / 2 + half}H${weights.x + mini + 3}l6,-4m-6,4l6,4`, kind: 'k' });
  else plan.wires.push(arrowUp(q.x + half + 8, q.y - 2, weights.y + box, 'q'), arrowUp(k.x + half - 8, k.y - 2, weights.y + box, 'k'));
  const mid = weights.y + caption / 2 + half;
  if (!cross) plan.wires.push({ d: `M${weights.x + mini},${mid}H${out.x - 4}l-6,-4m6,4l-6,4`, kind: 'weights' }, { d: `M${v.x + half},${v.y - 2}V${mid + 4}`, kind: 'v' });
  else plan.wires.push({ d: `M${weights.x + mini},${mid + half - 8}H${out.x - 4}l-6,-4m6,4l-6,4`, kind: 'weights' }, { d: `M${v.x + half},${v.y + box}V${mid + half - 10}`, kind: 'v' });
}

/** @param {Frame} frame */
function feedForward(frame) {
  const { plan, place, x, mini, caption, top, stream } = frame;
  const box = mini + caption;
  const middle = Math.round((top + stream - 66 - box) / 2 + 20);
  const wide = Math.min(mini * 2, frame.w - mini - 110);
  /** @type {Mini} */
  const hidden = { sign: frame.scene.say('decoder.sources.hidden'), kind: 'stream', tensor: `${place}.hidden`, place, stage: 'hidden', x: x + 20, y: middle, w: wide, h: mini };
  const out = outputOf(frame, 'W₂', middle);
  plan.minis.push(hidden, out);
  const feed = stream - 34;
  const mid = middle + caption / 2 + mini / 2;
  plan.wires.push({ d: `M${x + 10},${stream}V${feed}H${hidden.x + wide / 2}`, kind: 'stream' }, arrowUp(hidden.x + wide / 2, feed, middle + box, 'stream'));
  plan.wires.push({ d: `M${hidden.x + wide},${mid}H${out.x - 4}l-6,-4m6,4l-6,4`, kind: 'stream' });
}

/**
 * What the sublayer adds: it stands above the place where it is added.
 * @param {Frame} frame
 * @param {string} sign
 * @param {number} y
 * @returns {Mini}
 */
function outputOf({ place, x, w, mini }, sign, y) {
  return { sign, kind: 'stream', tensor: `${place}.output`, place, stage: 'output', x: x + w - mini - 62, y, w: mini, h: mini };
}

/**
 * The addition, and the norm where this model has it: on the stream after it, or on the branch before the sublayer. Where
 * nothing is added the stream ends, and the output goes on in its place; a norm that is lacking is crossed out.
 * @param {Frame} frame
 */
function addAndNorm({ plan, place, x, w, mini, caption, stream, first, sums, norms, scene }) {
  const out = /** @type {Mini} */ (plan.minis.find((mini1) => mini1.tensor === `${place}.output`));
  const at = out.x + mini / 2;
  plan.wires.push({ d: `M${at},${out.y + mini + caption}V${stream - 15}l-4,-6m4,6l4,-6`, kind: 'stream' });
  if (!sums) plan.wires.push({ d: `M${at - 38},${stream}H${at - 3}`, kind: 'gap' }, { d: `M${at - 38},${stream - 9}v18`, kind: 'plus' });
  else plan.wires.push({ d: `M${at - 11},${stream}a11,11 0 1 1 22,0a11,11 0 1 1 -22,0M${at - 6},${stream}h12M${at},${stream - 6}v12`, kind: 'plus' });
  const text = scene.say('decoder.sources.norm');
  const room = plan.note * 1.9;
  const kind = norms ? 'norm' : 'norm gone';
  if (first) {
    const y = stream - 20;
    plan.wires.push({ d: box(x + 10, y, room + 8, plan.note + 6), kind });
    plan.signs.push({ text, x: x + 10, y: y + plan.note * 0.34, kind });
  } else {
    const nx = Math.min(x + w - room / 2 - 4, at + 18 + room / 2 + 6);
    plan.wires.push({ d: box(nx, stream, room + 8, plan.note + 6), kind });
    plan.signs.push({ text, x: nx, y: stream + plan.note * 0.34, kind });
  }
}

/** @param {number} x @param {number} y @param {number} w @param {number} h */
function box(x, y, w, h) {
  return `M${x - w / 2},${y - h / 2}h${w}v${h}h${-w}Z`;
}

/**
 * @param {number} x
 * @param {number} from
 * @param {number} to
 * @param {string} kind
 * @returns {Wire}
 */
function arrowUp(x, from, to, kind) {
  return { d: `M${x},${from}V${to + 3}l-4,6m4,-6l4,6`, kind };
}
