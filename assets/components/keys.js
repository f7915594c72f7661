/** The keyboard of every page. Keys act only while the component has the focus, and the help panel lists what they do. */

import { el, join, write } from './dom.js';
import { Panel } from './panel.js';

/** @typedef {import('./strings.js').Say} Say */
/** @typedef {{keys: string[], shown: string, help: string, run: (key: string) => void}} Binding */

/**
 * Listen for keys on the root. A key that is bound is kept from Streamlit's own shortcuts.
 * @param {HTMLElement} root
 * @param {() => Binding[]} bindings
 */
export function listenKeys(root, bindings) {
  root.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const binding = bindings().find(({ keys }) => keys.includes(event.key));
    if (!binding) return;
    event.preventDefault();
    event.stopPropagation();
    binding.run(event.key);
  });
}

/**
 * Enter and Space belong to a focused button, and every key to a text field.
 * @param {KeyboardEvent} event
 */
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement || target instanceof SVGElement)) return false;
  if (/^(input|textarea|select)$/i.test(target.tagName)) return true;
  return [' ', 'Enter'].includes(event.key) && (target.tagName === 'BUTTON' || target.getAttribute('role') === 'button');
}

export class Help extends Panel {
  constructor() {
    super('help', el('dl'));
  }

  /**
   * @param {Binding[]} bindings
   * @param {Say} say
   */
  draw(bindings, say) {
    this.name(say('lab.keys.title'), say('explore.close'));
    join(
      this.content,
      bindings,
      () => el('div', {}, el('dt', {}, el('kbd')), el('dd')),
      (node, { shown, help }) => {
        write(/** @type {Element} */ (node.children[0].firstElementChild), shown);
        write(node.children[1], say(help));
      },
    );
  }
}
