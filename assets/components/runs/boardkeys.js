/** The keys of the Runs page: what is listed in the help panel is what is listened to. */

import { SCREENS, TABS } from './address.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('../keys.js').Binding} Binding */

/**
 * @param {Board} board
 * @returns {Binding[]}
 */
export function boardKeys(board) {
  const comparing = board.view?.tab === 'compare';
  return [
    { keys: ['v'], shown: 'v', help: 'step.keys.tab', run: () => board.show(TABS[(TABS.indexOf(board.view?.tab ?? 'list') + 1) % TABS.length]) },
    ...(comparing ? compareKeys(board) : []),
    { keys: ['p'], shown: 'p', help: 'lab.keys.projector', run: () => board.server.projector(!board.projector) },
    ...(board.projector ? [{ keys: ['b'], shown: 'b', help: 'lab.keys.blank', run: () => void (board.blank.hidden = !board.blank.hidden) }] : []),
    { keys: ['l'], shown: 'l', help: 'lab.keys.link', run: () => void board.copyLink() },
    { keys: ['Escape'], shown: 'Esc', help: 'step.keys.close', run: () => board.escape() },
    { keys: ['?'], shown: '?', help: 'lab.keys.help', run: () => board.help.toggle() },
  ];
}

/**
 * @param {Board} board
 * @returns {Binding[]}
 */
function compareKeys(board) {
  const { compare } = board;
  /** @param {number} by */
  const turn = (by) => board.change((view) => ({ ...view, screen: SCREENS[(SCREENS.indexOf(view.screen) + by + SCREENS.length) % SCREENS.length] }));
  return [
    { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'runs.keys.frame', run: (key) => compare.stepFrame('b', key === 'ArrowLeft' ? -1 : 1) },
    { keys: [',', '.'], shown: ', .', help: 'runs.keys.frame_a', run: (key) => compare.stepFrame('a', key === ',' ? -1 : 1) },
    { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'runs.keys.head', run: (key) => compare.stepHead(key === 'ArrowUp' ? -1 : 1) },
    { keys: ['x'], shown: 'x', help: 'runs.keys.swap', run: () => compare.swap() },
    { keys: ['n'], shown: 'n', help: 'runs.keys.nearest', run: () => compare.nearest() },
    { keys: ['t'], shown: 't', help: 'lab.keys.table', run: () => board.change((view) => ({ ...view, table: !view.table })) },
    ...(board.projector ? [{ keys: ['PageUp', 'PageDown'], shown: 'PageDown', help: 'lab.keys.next', run: (/** @type {string} */ key) => turn(key === 'PageUp' ? -1 : 1) }] : []),
  ];
}
