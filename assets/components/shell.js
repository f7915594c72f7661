/** What the page around us needs from us, once per window: Streamlit's own parts are otherwise left alone. */

const LOST = '.st-key-frame_switches button:disabled'; // widgets are disabled as long as the server does not answer
const SKIP = '[data-testid="stSkipToContent"]'; // for people without a mouse, in English only
const FORGOTTEN = 20_000; // milliseconds after which a page that was asked for does not come any more
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

/** @typedef {Event & {navigationType: string, destination: {url: string}}} NavigateEvent */

/**
 * Ask the server for another page. Streamlit enters that into the history twice: first the new query on the old page, which
 * nobody has ever seen, then the new page. Where browsers ask before an entry is made, the first one is not let in, so that
 * Back leads to what was seen.
 * @param {import('./mount.js').Component | null} component
 * @param {string} page
 * @param {Record<string, string>} view what its address says
 */
export function goTo(component, page, view) {
  const { pathname } = location;
  const navigation = /** @type {{navigation?: EventTarget}} */ (/** @type {unknown} */ (window)).navigation;
  const over = new AbortController();
  navigation?.addEventListener(
    'navigate',
    (event) => {
      const { navigationType, destination } = /** @type {NavigateEvent} */ (event);
      if (navigationType !== 'push') return;
      over.abort();
      if (new URL(destination.url).pathname === pathname) event.preventDefault();
    },
    { signal: over.signal },
  );
  setTimeout(() => over.abort(), FORGOTTEN);
  component?.setTriggerValue('go', { page, view });
}
