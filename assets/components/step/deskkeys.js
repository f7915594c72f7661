/** The keys of every step page: first those of the view that is shown, then those that all have. */

import { doorKeys } from '../doors.js';

/** @typedef {import('./desk.js').Desk} Desk */
/** @typedef {import('../keys.js').Binding} Binding */

/**
 * @param {Desk} desk
 * @returns {Binding[]}
 */
export function bindingsOf(desk) {
  const tabs = desk.chapter.views.map(({ name }) => name);
  const blank = { keys: ['b'], shown: 'b', help: 'lab.keys.blank', run: () => void (desk.blank.hidden = !desk.blank.hidden) };
  return [
    ...(desk.shown()?.keys?.() ?? []),
    ...doorKeys(desk.doorsNow(), (page, view) => desk.go(page, view)),
    { keys: ['v'], shown: 'v', help: 'step.keys.tab', run: () => desk.change((view) => ({ ...view, tab: tabs[(tabs.indexOf(view.tab) + 1) % tabs.length] })) },
    { keys: ['t'], shown: 't', help: 'step.keys.table', run: () => desk.change((view) => ({ ...view, table: !view.table })) },
    { keys: ['p'], shown: 'p', help: 'lab.keys.projector', run: () => desk.server.projector(!desk.projector) },
    ...(desk.projector ? [blank] : []),
    { keys: ['l'], shown: 'l', help: 'lab.keys.link', run: () => void desk.copyLink() },
    { keys: ['Escape'], shown: 'Esc', help: 'step.keys.close', run: () => desk.escape() },
    { keys: ['?'], shown: '?', help: 'lab.keys.help', run: () => desk.help.toggle() },
  ];
}
