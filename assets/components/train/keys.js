/** The keys of the Train page. */

/** @typedef {import('./desk.js').TrainDesk} TrainDesk */
/** @typedef {import('../keys.js').Binding} Binding */

import { SCREENS } from './screens.js';

/**
 * @param {TrainDesk} desk
 * @returns {Binding[]}
 */
export function bindingsOf(desk) {
  const heads = Math.max(1, Math.min(9, desk.reel?.heads ?? 1));
  const numbers = Array.from({ length: heads }, (_, i) => String(i + 1));
  /** @type {(by: number) => void} */
  const turn = (by) => desk.look({ screen: SCREENS[(SCREENS.indexOf(desk.view.screen) + by + SCREENS.length) % SCREENS.length] });
  const wall = [
    { keys: ['PageDown', 'PageUp'], shown: 'PgDn PgUp', help: 'train.keys.screen', run: (/** @type {string} */ key) => turn(key === 'PageDown' ? 1 : -1) },
    { keys: ['b'], shown: 'b', help: 'lab.keys.blank', run: () => void (desk.blank.hidden = !desk.blank.hidden) },
  ];
  return [
    { keys: [' '], shown: 'Space', help: 'train.keys.space', run: () => space(desk) },
    { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'train.keys.frames', run: (key) => desk.move(key === 'ArrowLeft' ? -1 : 1) },
    { keys: ['Home', 'End'], shown: 'Home End', help: 'train.keys.ends', run: (key) => desk.move(key === 'Home' ? -1e6 : 1e6) },
    { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'train.keys.blocks', run: (key) => block(desk, key === 'ArrowUp' ? -1 : 1) },
    { keys: numbers, shown: heads > 1 ? `1–${heads}` : '1', help: 'train.keys.head', run: (key) => desk.look({ head: { ...headOf(desk), head: Number(key) - 1 } }) },
    { keys: ['f'], shown: 'f', help: 'train.keys.follow', run: () => desk.look({ at: null }) },
    { keys: ['t'], shown: 't', help: 'train.keys.table', run: () => desk.look({ table: !desk.view.table }) },
    { keys: ['p'], shown: 'p', help: 'lab.keys.projector', run: () => desk.server.projector(!desk.projector) },
    ...(desk.projector ? wall : []),
    { keys: ['l'], shown: 'l', help: 'lab.keys.link', run: () => void desk.copyLink() },
    { keys: ['Escape'], shown: 'Esc', help: 'train.keys.close', run: () => desk.escape() },
    { keys: ['?'], shown: '?', help: 'lab.keys.help', run: () => desk.help.toggle() },
  ];
}

/**
 * Space does what the moment asks for: it starts what is ready, halts what works, and plays what is over.
 * @param {TrainDesk} desk
 */
function space(desk) {
  const job = desk.reel?.job;
  if (job?.mine && job.state === 'running') return void desk.act('pause');
  if (job?.mine && job.state === 'paused') return void desk.act('resume');
  if (desk.player.playing || (desk.reel?.frames.length ?? 0) > 1) return desk.player.toggle();
  if (!desk.mine && desk.ready) void desk.act('start');
}

/** @param {TrainDesk} desk */
function headOf(desk) {
  return desk.scene()?.view.head ?? desk.view.head;
}

/**
 * @param {TrainDesk} desk
 * @param {number} by
 */
function block(desk, by) {
  const blocks = desk.reel?.blocks ?? [];
  const head = headOf(desk);
  const next = blocks[blocks.indexOf(head.block) + by];
  if (next) desk.look({ head: { ...head, block: next } });
}
