/** The smallest tools for building a page. Text goes in through textContent only: a token `<b>` is shown, never obeyed. */

/** @typedef {Record<string, unknown>} Attributes */
/** @typedef {Node | string | null} Child */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Make an HTML element. An attribute `onclick` takes a function, `class` and `data-x` take text, null leaves it out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(/** @type {SVGElementTagNameMap[K]} */ (document.createElementNS(SVG, tag)), attributes, children);
}

/**
 * @template {HTMLElement | SVGElement} E
 * @param {E} node
 * @param {Attributes} attributes
 * @param {Child[]} children
 * @returns {E}
 */
function fill(node, attributes, children) {
  set(node, attributes);
  for (const child of children) if (child !== null) node.append(child);
  return node;
}

/**
 * Give a node these attributes. Only what differs is written, so that pointing costs almost nothing.
 * @param {Element} node
 * @param {Attributes} attributes
 */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
  }
}

/**
 * Show a text in a node, literally.
 * @param {Element} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Put these children into a node, if they differ from what is there.
 * @param {Element} node
 * @param {Child[]} children
 */
export function put(node, children) {
  node.replaceChildren(...children.filter((child) => child !== null));
}

/**
 * Let `parent` hold one child per item. A child that is there already is kept and updated: the node under the pointer
 * is never rebuilt, which would lose its focus and its double click.
 * @template T
 * @template {Element} E
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {(item: T, index: number) => E} make
 * @param {(node: E, item: T, index: number) => void} update
 */
export function join(parent, items, make, update) {
  while (parent.children.length > items.length) parent.lastElementChild?.remove();
  items.forEach((item, index) => {
    let node = /** @type {E | undefined} */ (parent.children[index]);
    if (!node) parent.append((node = make(item, index)));
    update(node, item, index);
  });
}

/**
 * Listen on a container for events on the parts of it that match a selector.
 * @param {HTMLElement | SVGElement} container
 * @param {string} type
 * @param {string} selector
 * @param {(part: HTMLElement, event: Event) => void} handle
 */
export function listen(container, type, selector, handle) {
  container.addEventListener(type, (event) => {
    if (event.type === 'pointerover' && rests(/** @type {PointerEvent} */ (event))) return;
    const part = event.target instanceof Element ? event.target.closest(selector) : null;
    if (part && container.contains(part)) handle(/** @type {HTMLElement} */ (part), event);
  });
}

/** Where the pointer was last seen to move. */
const last = { x: NaN, y: NaN };
window.addEventListener('pointermove', ({ clientX, clientY }) => Object.assign(last, { x: clientX, y: clientY }), { capture: true, passive: true });

/**
 * Did something come to lie under a pointer that rests? The browser calls that pointerover too; a person points nowhere.
 * @param {PointerEvent} event
 */
function rests({ clientX, clientY }) {
  return clientX === last.x && clientY === last.y;
}

/**
 * Read a whole number that a node carries, such as data-row.
 * @param {Element} node
 * @param {string} name
 */
export function numberOf(node, name) {
  return Number(node.getAttribute('data-' + name));
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
