/** What the page around us needs from us, once per window: Streamlit's own parts are otherwise left alone. */

const LOST = '.st-key-frame_switches button:disabled'; // widgets are disabled as long as the server does not answer
const SKIP = '[data-testid="stSkipToContent"]'; // for people without a mouse, in English only
const CLOSE = '[data-testid="stDialog"] button[aria-label="Close"]';

/** Keep the page usable without the server, and the server usable whatever is pasted. */
export function guardShell() {
  if (window.__labGuarded) return;
  window.__labGuarded = true;
  // A lost connection opens a dialog that locks the page. The picture works without the server, and the frame says it.
  const unlock = () => {
    if (document.querySelector(LOST)) /** @type {HTMLElement | null} */ (document.querySelector(CLOSE))?.click();
  };
  new MutationObserver(() => setTimeout(unlock, 50)).observe(document.body, { childList: true });
  // Half a character (a lone surrogate) cannot be sent: it would cost the connection. Before React sees it, it becomes U+FFFD.
  document.addEventListener('input', mend, { capture: true });
}

/**
 * Say Streamlit's own link in the language of the page.
 * @param {string} text
 */
export function nameSkipLink(text) {
  const link = document.querySelector(SKIP);
  if (link && link.textContent !== text) link.textContent = text;
}

/** @param {Event} event */
function mend({ target }) {
  if (!(target instanceof HTMLInputElement) || target.type !== 'text' || !/\p{Surrogate}/u.test(target.value)) return;
  const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
  setter?.call(target, target.value.replace(/\p{Surrogate}/gu, '\ufffd'));
}
