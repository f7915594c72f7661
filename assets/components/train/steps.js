/** The axis of steps that curves and slider share: the square root of the step, since most happens early. */

/** @typedef {{left: number, right: number, ticks: number[], x: (step: number) => number, stepAt: (x: number) => number}} StepScale */

const ROUND = [0, 1, 5, 10, 20, 50, 100, 200, 300, 400, 600, 900, 1200, 1800, 2400, 3000, 4000, 6000, 9000, 12000, 16000, 20000, 30000, 50000, 100000, 200000, 500000, 1000000];

/**
 * @param {{reel: import('./reel.js').Reel, beside: import('./reel.js').Reel | null, look: {projector: boolean}, view: {picture: string}}} scene
 * @param {number} width
 * @returns {StepScale}
 */
export function stepScale({ reel, beside, look }, width) {
  const last = Math.max(reel.lastStep, beside?.lastStep ?? 1);
  const type = look.projector ? 20 : 13;
  const margin = Math.round(type * 4.6);
  const [left, right] = [margin, width - margin];
  const x = (/** @type {number} */ step) => left + Math.sqrt(Math.max(0, step) / last) * (right - left);
  const stepAt = (/** @type {number} */ at) => Math.max(0, Math.min(1, (at - left) / (right - left))) ** 2 * last;
  /** @type {number[]} */
  const ticks = [];
  for (const step of [...ROUND.filter((step) => step < last), last].reverse()) {
    const text = String(step).length * type * 0.62;
    const next = ticks[0];
    if (next === undefined || x(next) - x(step) > text / 2 + (String(next).length * type * 0.62) / 2 + type) ticks.unshift(step);
  }
  return { left, right, ticks: ticks[0] === 0 ? ticks : [0, ...ticks.slice(x(ticks[0]) - left < 2 * type ? 1 : 0)], x, stepAt };
}
