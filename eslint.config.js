import js from '@eslint/js';

const BROWSER = [
  'AbortController', 'Blob', 'Document', 'DOMRect', 'Element', 'HTMLElement', 'HTMLInputElement', 'Intl',
  'MouseEvent', 'MutationObserver', 'Node', 'Path2D', 'ResizeObserver', 'ShadowRoot', 'SVGElement', 'TextDecoder', 'URL', 'URLSearchParams', 'cancelAnimationFrame', 'clearInterval', 'clearTimeout', 'console',
  'devicePixelRatio', 'document', 'fetch', 'getComputedStyle', 'history', 'innerHeight', 'innerWidth', 'location',
  'matchMedia', 'navigator', 'performance', 'queueMicrotask', 'requestAnimationFrame', 'scrollY', 'setInterval', 'setTimeout', 'window',
];

export default [
  { ...js.configs.recommended, files: ['assets/components/**/*.js'] },
  {
    files: ['assets/components/**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: Object.fromEntries(BROWSER.map((name) => [name, 'readonly'])) },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'max-lines': ['error', 330],
      complexity: ['error', 16],
      // A token is text. It goes into the page through textContent, never as markup.
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML'].map((property) => ({ property, message: 'Use textContent: a token <b> is shown, never obeyed.' })),
      ],
    },
  },
];
