/** A choice with its label, as the workbench has many of them. */

import { el, join, set, write } from '../dom.js';

/**
 * A labelled choice; its options are kept and only what differs is written.
 * @param {Element} node an empty one at first
 * @param {string} id
 * @param {string} label
 * @param {[string, string][]} options
 * @param {string} value
 */
export function drawChoice(node, id, label, options, value) {
  if (!node.firstChild) node.append(el('label', { for: `pairs-${id}` }), el('select', { id: `pairs-${id}`, 'data-choice': id }));
  const [name, control] = node.children;
  write(name, label);
  join(
    control,
    options,
    () => el('option'),
    (option, [key, text]) => {
      write(option, text);
      set(option, { value: key });
    },
  );
  /** @type {HTMLSelectElement} */ (control).value = value;
}
