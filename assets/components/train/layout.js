/** Where the parts of the Train page stand, and what each is told. Boxes are fixed: nothing moves except data. */

import { el, join, listen, set, write } from '../dom.js';
import { Twin } from '../step/twin.js';
import { leave } from './acts.js';
import { Before } from './before.js';
import { boardOf } from './board.js';
import { Bugs } from './bugs.js';
import { Chart } from './chart.js';
import { Controls } from './controls.js';
import { Events } from './events.js';
import { Heads } from './heads.js';
import { Legend } from './legend.js';
import { noteOf, noticeText } from './notices.js';
import { Pairs } from './pairs.js';
import { pictureOf, PICTURES } from './pictures.js';
import { Says } from './says.js';
import { Screens } from './screens.js';
import { Settings } from './settings.js';
import { Slider } from './slider.js';
import { Strip } from './strip.js';
import { tableOf } from './table.js';
import { Tasks } from './tasks.js';

/** @typedef {import('./desk.js').TrainDesk} TrainDesk */
/** @typedef {import('./scene.js').TrainScene} TrainScene */

const [LEFT, GAP, NARROW] = [284, 28, 1000]; // pixels; below NARROW the columns come closer
const [LOWEST, HIGHEST] = [800, 980];
const [CONTROLS, HEAD, CHART, SLIDER, STRIP, EVENTS] = [72, 28, 186, 28, 118, 50];
const SAYS = 316;
const WALL = 140; // on the projector: what stands above the one thing that is shown

export class Layout {
  /** @param {TrainDesk} desk */
  constructor(desk) {
    this.screens = new Screens((screen) => desk.look({ screen }));
    this.tasks = new Tasks((task) => desk.choose(task));
    this.settings = new Settings(
      (name, value) => {
        desk.draft?.set(name, value);
        desk.edited();
      },
      (field) => desk.layout.refuse(desk, field.name),
    );
    this.bugs = new Bugs(
      (name) => {
        desk.draft?.toggle(name);
        desk.edited();
      },
      (on) => desk.draft && (desk.draft.beside = on),
    );
    this.before = new Before();
    this.controls = new Controls((deed) => void desk.act(deed));
    this.pictures = el('div', { class: 'switch pictures', role: 'group', 'data-part': 'pictures' });
    this.legend = new Legend();
    this.chart = new Chart((step) => desk.scrub(step));
    this.slider = new Slider((step) => desk.scrub(step));
    this.strip = new Strip({
      pick: (step) => desk.scrub(step),
      probe: (probe) => desk.look({ probe }),
      act: (deed) => (deed === 'follow' ? desk.look({ at: null }) : desk.player.toggle()),
    });
    this.heads = new Heads((head) => desk.look({ head }), (page, view) => leave(desk, page, view));
    this.events = new Events((event) => desk.look({ at: event.step, ...(event.block ? { head: { block: event.block, head: event.head ?? 0 } } : {}) }));
    this.says = new Says();
    this.twin = new Twin();
    this.pairs = new Pairs(desk.pairs, { use: () => desk.usePairs(), close: () => desk.closePairs() });
    this.form = el('fieldset', { class: 'train-form' }, this.settings.node, this.bugs.node);
    this.left = el('div', { class: 'train-scroll' }, this.tasks.node, this.form);
    const chartHead = el('div', { class: 'chart-head' }, this.pictures, this.legend.node);
    this.curves = el('div', { class: 'train-curves' }, chartHead, this.chart.node, this.slider.node);
    this.lower = el('div', { class: 'train-lower' }, this.heads.node, this.says.node);
    this.film = el('div', { class: 'train-film', 'data-part': 'film' }, this.curves, this.strip.node, this.events.node, this.lower);
    const right = el('section', { class: 'train-right' }, this.controls.node, this.film, this.twin.node, this.pairs.node);
    this.node = el('div', { class: 'train-frame' }, this.screens.node, el('div', { class: 'train-desk' }, el('aside', { class: 'train-left' }, this.left, this.before.node), right));
    listen(this.pictures, 'click', '[data-picture]', (part) => desk.look({ picture: part.dataset.picture ?? PICTURES[0] }));
    for (const fold of [this.settings.fold, this.bugs.node]) fold.addEventListener('toggle', () => fold.open && showWhole(fold, this.left));
    // What is typed into a field, and the Space that opens a fold, are no keys of the page, nor of Streamlit.
    this.left.addEventListener('keydown', (event) => {
      const at = event.composedPath()[0];
      const typed = at instanceof Element && at.matches('input, select') && event.key !== 'Escape';
      const folds = at instanceof Element && at.matches('summary') && [' ', 'Enter'].includes(event.key);
      if (typed || folds) event.stopPropagation();
    });
    /** @type {{projector: boolean, width: number, height: number} | null} */
    this.measured = null;
  }

  /**
   * How much room there is. To measure makes the browser lay the page out, so it is done when the room changes only.
   * @param {TrainDesk} desk
   */
  look({ projector, root }) {
    if (this.measured?.projector === projector) return this.measured;
    const above = Math.max(0, root.getBoundingClientRect().top + scrollY);
    const room = innerHeight - above - 10;
    const height = projector ? Math.max(480, room) : Math.max(LOWEST, Math.min(HIGHEST, room));
    this.measured = { projector, width: root.clientWidth || 1156, height };
    return this.measured;
  }

  /**
   * Is the room still what was measured?
   * @param {TrainDesk} desk
   */
  fits(desk) {
    const before = this.measured;
    if (!desk.reel || !desk.root.clientWidth || !before) return true;
    this.measured = null;
    const now = this.look(desk);
    return now.width === before.width && now.height === before.height;
  }

  /**
   * @param {TrainDesk} desk
   * @param {TrainScene} scene
   */
  draw(desk, scene) {
    const { look, view, lang, say } = scene;
    const { root, draft, words, reel } = desk;
    if (!draft || !words || !reel) return;
    const narrow = !look.projector && look.width < NARROW;
    set(root, { 'data-mode': look.projector ? 'projector' : null, 'data-screen': look.projector ? view.screen : null, 'data-shape': narrow ? 'narrow' : 'wide' });
    set(root, { lang: lang === 'zh' ? 'zh-CN' : lang, 'aria-label': say('page.train'), style: `--height:${look.height}px` });
    this.screens.draw(scene);
    this.tasks.draw(draft, desk.workbench, words);
    this.settings.draw(draft, words);
    this.bugs.draw(draft, words);
    this.form.disabled = !desk.settled;
    const { planner } = desk;
    this.before.draw(planner.plan, planner.trouble ? noticeText(planner.trouble, words) : '', planner.stale, words, scene.count, desk.mine === null);
    this.drawControls(desk, scene);
    this.pairs.node.hidden = !desk.workbench;
    this.film.hidden = view.table || desk.workbench;
    set(this.film, { 'aria-busy': String(!reel.complete && !reel.active) });
    this.twin.node.hidden = !view.table || desk.workbench;
    if (desk.workbench) this.pairs.draw(words);
    else if (view.table) this.twin.draw(/** @type {any} */ (scene), tableOf(scene));
    else this.drawFilm(desk, scene, narrow);
    keepFocus(root);
  }

  /**
   * @param {TrainDesk} desk
   * @param {TrainScene} scene
   */
  drawControls(desk, scene) {
    const { words, news, lost, reel, mine, asking, ready } = desk;
    if (!words || !reel) return;
    const named = reel.run ? (words.has(`run.${reel.run}`) ? words.say(`run.${reel.run}`) : (reel.job?.label ?? reel.run)) : '';
    const board = boardOf({ reel, mine, asking, ready, count: scene.count, workbench: desk.workbench }, words);
    const trouble = news.trouble ?? null;
    const alarm = lost || trouble !== null;
    const text = lost ? words.say('train.lost') : trouble ? noticeText(trouble, words) : noteOf(desk, words, named);
    const grey = scene.beside ? words.say('train.beside.legend', { name: desk.nameBeside() }) : '';
    this.controls.draw({ ...board, news: text, beside: grey, alarm }, words.say);
  }

  /**
   * @param {TrainDesk} desk
   * @param {TrainScene} scene
   * @param {boolean} narrow
   */
  drawFilm(desk, scene, narrow) {
    const { say, look, view, reel } = scene;
    const width = look.projector ? look.width : look.width - (narrow ? 236 + 20 : LEFT + GAP);
    join(
      this.pictures,
      PICTURES,
      () => el('button', { type: 'button' }),
      (node, picture) => {
        write(node, say(`train.picture.${picture}`));
        set(node, { 'data-picture': picture, 'aria-pressed': String(picture === view.picture), title: say(`train.picture.${picture}_long`) });
      },
    );
    const picture = pictureOf(scene);
    this.legend.draw(scene, picture);
    const wall = look.height - WALL;
    this.chart.draw(scene, picture, { width, height: look.projector ? wall - 46 - 40 - 66 : CHART });
    this.slider.draw(scene, width);
    const large = Math.min(Math.floor(width / 6) - 14, Math.floor((wall - 56) / 2) - 34);
    this.strip.draw(scene, { width, size: look.projector ? large : 70, playing: desk.player.playing, following: view.at === null && reel.active });
    const lower = look.height - CONTROLS - HEAD - CHART - SLIDER - STRIP - EVENTS - 8;
    set(this.lower, { style: narrow || look.projector ? null : `height:${lower}px` });
    const room = { width: narrow || look.projector ? width : width - SAYS - GAP, height: look.projector ? wall : narrow ? 330 : lower - 8 };
    this.heads.draw(scene, room);
    this.events.draw(scene);
    this.says.draw(scene);
  }

  /**
   * What was typed cannot work: say which numbers can.
   * @param {TrainDesk} desk
   * @param {string} field
   */
  refuse(desk, field) {
    const [low, high] = desk.draft?.menu.limits[field] ?? [0, 0];
    const name = desk.words?.say(`train.field.${field}`) ?? field;
    desk.news = { ...desk.news, trouble: { key: 'train.refuse.number', values: { field: name, low, high } } };
    desk.draw();
  }
}

/**
 * A button that hides itself takes the focus with it, and then no key is heard any more: the page keeps it.
 * @param {HTMLElement} root
 */
function keepFocus(root) {
  const at = /** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement;
  if (at && at !== root && root.contains(at) && !at.checkVisibility()) root.focus({ preventScroll: true });
}

/**
 * What a fold holds lies below the edge: it is scrolled up, as far as its first line stays.
 * @param {HTMLElement} fold
 * @param {HTMLElement} within
 */
function showWhole(fold, within) {
  const [part, room] = [fold.getBoundingClientRect(), within.getBoundingClientRect()];
  if (part.bottom > room.bottom) within.scrollTop += Math.min(part.top - room.top, part.bottom - room.bottom);
}
