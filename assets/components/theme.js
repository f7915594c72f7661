/** The colours and fonts of lab.css, read once for canvas and SVG. Light or dark follows Streamlit's own background. */

/**
 * @typedef {object} Palette
 * @property {boolean} dark
 * @property {string} paper
 * @property {string} shade
 * @property {string} sunk
 * @property {string} line
 * @property {string} line2
 * @property {string} ink
 * @property {string} ink2
 * @property {string} ink3
 * @property {string} mark
 * @property {string} markline
 * @property {string} q queries
 * @property {string} k keys
 * @property {string} v values
 * @property {string} scores and weights
 * @property {string} stream
 * @property {string} negative the lower half of every signed scale
 * @property {string[]} heads
 * @property {string[]} ramp
 * @property {{ui: string, word: string, num: string}} fonts
 */

const HEADS = 8;

/**
 * Set the theme on the root, and read what lab.css makes of it.
 * @param {HTMLElement} root
 * @returns {Palette}
 */
export function readPalette(root) {
  root.dataset.theme = isDark(root) ? 'dark' : 'light';
  const style = getComputedStyle(root);
  /** @param {string} name */
  const token = (name) => style.getPropertyValue('--' + name).trim();
  return {
    dark: root.dataset.theme === 'dark',
    paper: token('paper'),
    shade: token('shade'),
    sunk: token('sunk'),
    line: token('line'),
    line2: token('line2'),
    ink: token('ink'),
    ink2: token('ink2'),
    ink3: token('ink3'),
    mark: token('mark'),
    markline: token('markline'),
    q: token('q'),
    k: token('k'),
    v: token('v'),
    scores: token('scores'),
    stream: token('stream'),
    negative: token('negative'),
    heads: Array.from({ length: HEADS }, (_, i) => token(`head${i + 1}`)),
    ramp: Array.from({ length: 5 }, (_, i) => token(`ramp${i}`)),
    fonts: { ui: token('ui'), word: token('word'), num: token('num') },
  };
}

/**
 * The colour of a head. After eight they repeat: the number decides, and it always stands beside the colour.
 * @param {Palette} palette
 * @param {number} head
 */
export function headColour(palette, head) {
  return palette.heads[head % HEADS];
}

/** @param {HTMLElement} root */
function isDark(root) {
  const background = getComputedStyle(root).getPropertyValue('--st-background-color').trim();
  if (!background) return matchMedia('(prefers-color-scheme: dark)').matches;
  return luminance(rgbOf(background)) < 0.2;
}

/**
 * Tell when Streamlit's background changes. A custom property sends no event, but a colour that follows it can run a
 * transition, and a transition does.
 * @param {HTMLElement} root
 * @param {() => void} changed
 * @returns {() => void} stop watching
 */
export function watchTheme(root, changed) {
  const probe = document.createElement('i');
  probe.className = 'theme-probe';
  probe.addEventListener('transitionend', changed);
  root.append(probe);
  return () => probe.remove();
}

/**
 * Canvas and measured text need the page's fonts, which the browser fetches only when something uses them. They are a
 * matter of looks: after a moment the page is drawn without them.
 * @param {Palette} palette
 * @param {number} patience milliseconds
 * @returns {Promise<void>}
 */
export async function loadFonts({ fonts }, patience) {
  const wanted = [`400 16px ${fonts.ui}`, `400 16px ${fonts.word}`, `700 16px ${fonts.word}`, `600 13px ${fonts.num}`];
  const loaded = Promise.all(wanted.map((font) => document.fonts.load(font))).catch(() => []);
  await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, patience))]);
}

/**
 * @param {string} colour `#rrggbb`, `#rgb` or `rgb(...)`
 * @returns {[number, number, number]}
 */
export function rgbOf(colour) {
  const digits = colour.startsWith('#') ? colour.slice(1) : '';
  const hex = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const parts = hex ? [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) : (colour.match(/[\d.]+/g) ?? []).map(Number);
  return [parts[0] ?? 255, parts[1] ?? 255, parts[2] ?? 255];
}

/**
 * Relative luminance, 0 to 1, as WCAG defines it.
 * @param {readonly number[]} rgb
 */
export function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {readonly number[]} one
 * @param {readonly number[]} other
 */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
