/** What a person is about to train: task, settings, what is left out on purpose. Only what can work is offered. */

/** @typedef {Record<string, any>} Recipe */
/** @typedef {{name: string, example: {src: string, tgt: string}, recipe: Recipe}} TaskEntry */
/** @typedef {{name: string, recipe: Recipe, needs: Recipe, exact: boolean}} Bug what it changes, and what the normal training must have: see ui/experiments.py */
/**
 * @typedef {object} Menu what GET /lab/train says
 * @property {TaskEntry[]} tasks
 * @property {Record<string, string[]>} choices
 * @property {Record<string, [number, number]>} limits
 * @property {Recipe} own to begin with on people's own pairs
 * @property {Bug[]} [bugs]
 * @property {number} cores
 * @property {{running: string | null, waiting: string | null, paused: string[], last: string | null}} visitor_has
 */
/** @typedef {{id: string, name: string, example: {src: string, tgt: string}, recipe: Recipe}} Text people's own pairs, ready to train on */
/** @typedef {{name: string, kind: 'choice' | 'whole' | 'number' | 'text' | 'switch'}} Field */

/** @type {Field[]} */
export const MAIN = [
  { name: 'heads', kind: 'choice' },
  { name: 'd_model', kind: 'choice' },
  { name: 'position', kind: 'choice' },
  { name: 'steps', kind: 'whole' },
  { name: 'learning_rate', kind: 'number' },
  { name: 'seed', kind: 'whole' },
];
/** @type {Field[]} */
export const MORE = [
  { name: 'target', kind: 'choice' },
  { name: 'batch', kind: 'whole' },
  { name: 'd_ff', kind: 'whole' },
  { name: 'dropout', kind: 'number' },
  { name: 'norm_first', kind: 'choice' },
  { name: 'score', kind: 'choice' },
  { name: 'activation', kind: 'choice' },
  { name: 'schedule', kind: 'choice' },
  { name: 'warmup', kind: 'whole' },
  { name: 'label_smoothing', kind: 'number' },
  { name: 'weight_decay', kind: 'number' },
  { name: 'clip', kind: 'number' },
];
const WIDTHS = [16, 24, 32, 48, 64, 96, 128, 192, 256];
const HEADS = [1, 2, 3, 4, 6, 8, 12, 16];
const LAYERS = [1, 2, 3, 4, 5, 6];
const TARGETS = [0, 0.9, 0.95, 0.99, 1];
export const OWN = 'own';
const SEEDS = 10_000;

export class Draft {
  /** @param {Menu} menu */
  constructor(menu) {
    this.menu = menu;
    /** @type {Recipe} */
    this.recipe = {};
    /** @type {Set<string>} names of bugs */
    this.bugs = new Set();
    /** Train without the bug as well, for comparison? */
    this.beside = true;
    /** @type {Text | null} */
    this.text = null;
    this.choose(menu.tasks[0].name);
  }

  /** @returns {string} */
  get task() {
    return this.recipe.task;
  }

  /**
   * Take a task up with the settings that suit it. The sentence to watch belongs to the task before.
   * @param {string} name
   */
  choose(name) {
    const suits = name === OWN ? this.text?.recipe : this.menu.tasks.find((task) => task.name === name)?.recipe;
    if (!suits) return false;
    this.recipe = { ...suits, task: name };
    return true;
  }

  /**
   * Take the settings of a training over, the bugs out of it.
   * @param {Recipe} recipe
   */
  follow(recipe) {
    if (!this.choose(recipe.task)) return;
    const known = Object.entries(recipe).filter(([name]) => name in this.recipe && !['tried', 'target'].includes(name));
    this.recipe = { ...this.recipe, ...Object.fromEntries(known) };
  }

  /**
   * Take over what a training was made with: its settings if it is one's own, else only its task.
   * @param {Recipe} recipe
   * @param {boolean} mine
   */
  adopt(recipe, mine) {
    if (mine) this.follow(recipe);
    else if (recipe.task !== this.task) this.choose(recipe.task);
    return true;
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  set(name, value) {
    this.recipe = { ...this.recipe, [name]: value };
  }

  /**
   * What suits the task.
   * @param {string} name
   */
  usual(name) {
    const suits = this.task === OWN ? this.text?.recipe : this.menu.tasks.find((task) => task.name === this.task)?.recipe;
    return suits?.[name];
  }

  /** @param {string} name */
  toggle(name) {
    if (!this.bugs.delete(name)) this.bugs.add(name);
  }

  /** @param {string} name */
  bug(name) {
    return this.menu.bugs?.find((bug) => bug.name === name);
  }

  /** The bugs that are switched on, in the order of the menu. */
  get chosen() {
    return (this.menu.bugs ?? []).filter(({ name }) => this.bugs.has(name));
  }

  /** The training to compare with: the settings, with everything that the bugs are to take away. @returns {Recipe} */
  get normal() {
    return this.chosen.reduce((recipe, bug) => ({ ...recipe, ...lacking(recipe, bug) }), this.recipe);
  }

  /** The training that Start begins. @returns {Recipe} */
  get whole() {
    return this.chosen.reduce((recipe, bug) => ({ ...recipe, ...bug.recipe }), this.normal);
  }

  /**
   * Can these settings be given what this bug takes away?
   * @param {Bug} bug
   */
  possible(bug) {
    const recipe = { ...this.recipe, ...lacking(this.recipe, bug) };
    return fits(recipe, recipe.d_model, recipe.heads);
  }

  newSeed() {
    let seed = this.recipe.seed;
    while (seed === this.recipe.seed) seed = 1 + Math.floor(Math.random() * SEEDS);
    this.set('seed', seed);
  }

  /**
   * What can be chosen for a setting beside the others as they are.
   * @param {string} name
   * @returns {any[]}
   */
  options(name) {
    const { recipe, menu } = this;
    if (name === 'norm_first') return [false, true];
    if (name === 'target') return withOwn(TARGETS, recipe.target);
    if (name.endsWith('_layers')) return withOwn(within(LAYERS, menu.limits[name]), recipe[name]);
    if (name === 'd_model') return withOwn(within(WIDTHS, menu.limits.d_model), recipe.d_model).filter((width) => fits(recipe, width, recipe.heads));
    if (name === 'heads') return withOwn(within(HEADS, menu.limits.heads), recipe.heads).filter((heads) => fits(recipe, recipe.d_model, heads));
    if (name === 'position') return (menu.choices.position ?? []).filter((position) => fits({ ...recipe, position }, recipe.d_model, recipe.heads));
    return menu.choices[name] ?? [];
  }

  /**
   * Read what was typed for a setting. Null if it is no number, or one that is not offered.
   * @param {Field} field
   * @param {string} text
   * @returns {number | null}
   */
  read({ name, kind }, text) {
    const value = Number(text.trim().replace(/[\s\u202f]/g, '').replace(',', '.').replace('\u2212', '-'));
    const [low, high] = this.menu.limits[name] ?? [-Infinity, Infinity];
    if (!text.trim() || !Number.isFinite(value) || value < low || value > high) return null;
    return kind === 'whole' && !Number.isInteger(value) ? null : value;
  }
}

/**
 * What a training must be given first, so that a bug takes something away from it.
 * @param {Recipe} recipe
 * @param {Bug} bug
 * @returns {Recipe}
 */
export function lacking(recipe, { recipe: removes, needs, exact }) {
  return Object.fromEntries(Object.entries(needs).filter(([field, value]) => recipe[field] !== value && (exact || !(field in removes) || recipe[field] === removes[field])));
}

/**
 * Which of the bugs tell a training from the normal one.
 * @param {Bug[]} bugs
 * @param {Recipe | null | undefined} recipe
 * @param {Recipe | null | undefined} normal
 */
export function bugsBetween(bugs, recipe, normal) {
  if (!recipe || !normal) return [];
  return bugs.filter((bug) => Object.entries(bug.recipe).every(([field, value]) => recipe[field] === value && normal[field] !== value));
}

/**
 * Each head works in width / heads features: that must come out even, and rotary and sinusoidal positions need pairs.
 * @param {Recipe} recipe
 * @param {number} width
 * @param {number} heads
 */
function fits({ position }, width, heads) {
  if (width % heads) return false;
  if (position === 'rotary') return (width / heads) % 2 === 0;
  return position !== 'sinusoidal' || width % 2 === 0;
}

/**
 * @param {number[]} values
 * @param {[number, number]} [limit]
 */
function within(values, [low, high] = [-Infinity, Infinity]) {
  return values.filter((value) => value >= low && value <= high);
}

/**
 * @param {number[]} values
 * @param {number} own the value that is chosen, which is always offered
 */
function withOwn(values, own) {
  return values.includes(own) || own === undefined ? values : [...values, own].sort((a, b) => a - b);
}

/**
 * Are two recipes the same training but for these fields?
 * @param {Recipe} one
 * @param {Recipe} other
 * @param {readonly string[]} [but]
 */
export function same(one, other, but = []) {
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...fields].every((field) => but.includes(field) || field === 'tried' || one[field] === other[field]);
}

/**
 * Which settings differ between two recipes, by name.
 * @param {Recipe} one
 * @param {Recipe} other
 */
export function differences(one, other) {
  return Object.keys(one).filter((field) => field !== 'tried' && field in other && one[field] !== other[field]);
}
