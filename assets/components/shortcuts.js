/** The keys of Explore: what is listed in the help panel is what is listened to. */

import { doorKeys } from './doors.js';
import * as moves from './moves.js';

/** @typedef {import('./page.js').Page} Page */
/** @typedef {import('./keys.js').Binding} Binding */

/**
 * @param {Page} page
 * @returns {Binding[]}
 */
export function bindingsOf(page) {
  /** @param {(view: import('./view.js').View) => import('./view.js').View} move */
  const change = (move) => page.change(move);
  /** @param {'joined' | 'table'} picture */
  const toggle = (picture) =>
    page.projector
      ? page.goScreen(page.parts.screens.screen === picture ? 'lines' : picture)
      : change((view) => ({ ...view, picture: view.picture === picture ? 'lines' : picture }));
  return [
    { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'lab.keys.row', run: (key) => page.stepRow(key === 'ArrowUp' ? -1 : 1) },
    ...acrossKeys(page),
    { keys: [...'12345678'], shown: '1 – 8', help: 'lab.keys.head', run: (key) => change((view) => moves.showHead(view, Number(key) - 1)) },
    { keys: ['s'], shown: 's', help: 'lab.keys.solo', run: () => change((view) => moves.soloHead(view, view.head)) },
    { keys: ['a'], shown: 'a', help: 'lab.keys.all', run: () => change(moves.showAll) },
    { keys: ['x'], shown: 'x', help: 'lab.keys.flip', run: () => page.flip() },
    { keys: ['Enter'], shown: 'Enter', help: 'lab.keys.step', run: () => page.stepIn() },
    ...doorKeys(page.doors(), (name, view) => page.goPage(name, view)),
    { keys: ['j'], shown: 'j', help: 'lab.keys.joined', run: () => toggle('joined') },
    { keys: ['t'], shown: 't', help: 'lab.keys.table', run: () => toggle('table') },
    { keys: ['p'], shown: 'p', help: 'lab.keys.projector', run: () => page.server.projector(!page.projector) },
    { keys: ['l'], shown: 'l', help: 'lab.keys.link', run: () => void page.keep('link') },
    { keys: ['Escape'], shown: 'Esc', help: 'lab.keys.clear', run: () => page.escape() },
    { keys: ['?'], shown: '?', help: 'lab.keys.help', run: () => page.parts.help.toggle() },
  ];
}

/**
 * Across the model on the desk; through the screens on the projector, where a presenter's remote sends PageDown.
 * @param {Page} page
 * @returns {Binding[]}
 */
function acrossKeys(page) {
  if (!page.projector) {
    return [{ keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'lab.keys.block', run: (key) => page.stepBlock(key === 'ArrowLeft' ? -1 : 1) }];
  }
  return [
    { keys: ['ArrowRight', 'PageDown'], shown: '→ PageDown', help: 'lab.keys.next', run: () => page.stepScreen(1) },
    { keys: ['ArrowLeft', 'PageUp'], shown: '← PageUp', help: 'lab.keys.back', run: () => page.stepScreen(-1) },
    { keys: ['b'], shown: 'b', help: 'lab.keys.blank', run: () => page.parts.screens.toggleBlank() },
  ];
}
