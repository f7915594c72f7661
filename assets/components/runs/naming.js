/** How a run, a task, a date and a size are called. Names that people gave are text, shown literally. */

import { blockOf } from '../blocks.js';
import { literal } from '../tokens.js';

/** @typedef {import('./api.js').RunLine} RunLine */
/** @typedef {import('../strings.js').Words} Words */

/**
 * What a run is called: as the app calls its own, as somebody called it, or by its id.
 * @param {{name: string, label: string | null, shipped?: boolean}} line
 * @param {Pick<Words, 'has' | 'say'>} words
 */
export function titleOfRun({ name, label, shipped }, { has, say }) {
  if (shipped && has(`run.${name}`)) return say(`run.${name}`);
  return literal(label || name);
}

/**
 * @param {string | null | undefined} task
 * @param {Pick<Words, 'has' | 'say'>} words
 */
export function titleOfTask(task, { has, say }) {
  if (!task) return say('runs.task.none');
  if (task === 'own') return say('runs.task.own');
  return has(`run.${task}`) ? say(`run.${task}`) : literal(task);
}

/**
 * @param {number} seconds since 1970
 * @param {string} lang
 */
export function dateOf(seconds, lang) {
  const date = new Date(seconds * 1000);
  const old = Date.now() - date.getTime() > 300 * 24 * 3600 * 1000;
  return new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', old ? { day: 'numeric', month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(date);
}

/** @param {number} bytes */
export function sizeOf(bytes) {
  const mb = bytes / 1024 ** 2;
  return mb >= 0.1 ? `${mb.toFixed(1)}\u00a0MB` : `${Math.max(1, Math.round(bytes / 1024))}\u00a0KB`;
}

/** @param {number} n */
export function count(n) {
  return new Intl.NumberFormat('en').format(n);
}

/**
 * A block in as few words as there is room for above its heads.
 * @param {string} name
 * @param {import('../strings.js').Say} say
 */
export function shortBlock(name, say) {
  const { kind, layer } = blockOf(name);
  return say(`runs.block.${kind}`, { layer: layer + 1 });
}
