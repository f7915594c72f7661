/** Text onto the clipboard. A classroom's server may be reached without https, where the clipboard has only the old road. */

import { el } from '../dom.js';

/**
 * @param {string} text
 * @param {HTMLElement} near a part of the page that may hold the text for a moment
 * @returns {Promise<boolean>}
 */
export async function copyText(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text, near);
  }
}

/**
 * @param {string} text
 * @param {HTMLElement} near
 */
function copyByHand(text, near) {
  const root = /** @type {Document | ShadowRoot} */ (near.getRootNode());
  const before = /** @type {HTMLElement | null} */ (root.activeElement);
  const area = el('textarea', { class: 'spoken', 'aria-hidden': 'true', tabindex: -1 });
  area.value = text;
  near.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus();
  return done;
}
