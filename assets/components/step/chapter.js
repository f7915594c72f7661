/** How a step page comes to life: its pass is fetched, its view read from the address, its chapter drawn. */

import { drawOn, Mount } from '../mount.js';
import { goTo } from '../shell.js';
import { readPalette } from '../theme.js';
import { carryAddress, optionIn, readAddress } from './address.js';
import { Desk } from './desk.js';
import { readPass } from './pass.js';

/** @typedef {import('../mount.js').Component} Component */
/** @typedef {import('../mount.js').Data} Data */
/** @typedef {import('./desk.js').Chapter} Chapter */

const SHARED = ['lab.css', 'step/step.css', 'step/walker.css', 'step/trail.css'];

/**
 * Make the entry of a page, which Streamlit calls.
 * @param {Chapter} chapter
 * @returns {(component: Component) => Promise<() => void>}
 */
export function open(chapter) {
  const sheets = [...SHARED, ...(chapter.sheets ?? [])].map((sheet) => new URL('../' + sheet, import.meta.url).href);
  return (component) => drawOn(component, sheets, (root) => new ChapterMount(root, chapter));
}

class ChapterMount extends Mount {
  /**
   * @param {HTMLElement} root
   * @param {Chapter} chapter
   */
  constructor(root, chapter) {
    super(root);
    this.desk = new Desk(root, chapter, {
      sentence: (text) => this.component?.setTriggerValue('sentence', text),
      projector: (on) => this.component?.setTriggerValue('projector', on),
      go: (page, view) => goTo(this.component, page, view),
    });
    this.desk.reload = () => void this.again();
    this.back = () => this.desk.link.comeBack(location.search || '?');
    window.addEventListener('popstate', this.back);
  }

  stop() {
    window.removeEventListener('popstate', this.back);
    super.stop();
  }

  get drawable() {
    return this.desk;
  }

  get loader() {
    return this.load.bind(this);
  }

  /** The decoder is to read other words: the same question, asked anew. */
  async again() {
    if (this.component) await this.show(this.take(this.component));
  }

  /**
   * @param {number} turn
   * @param {Data} data
   */
  async load(turn, data) {
    const { desk } = this;
    const ready = await this.prepare(turn, data);
    if (!ready) return;
    const address = this.addressOf(data);
    const said = this.saidTo(data.run, address);
    const asked = JSON.stringify([data.run, data.s, said]);
    const fresh = asked !== this.asked || !desk.pass;
    const pass = fresh ? await this.insist(turn, () => readPass(data.run, data.s, said, this.abort.signal)) : desk.pass;
    await ready.fonts;
    if (!pass || turn !== this.turn) return;
    this.asked = asked;
    const onWall = Boolean(data.projector) && !desk.projector;
    desk.projector = Boolean(data.projector);
    desk.palette = readPalette(this.root);
    desk.news = { trouble: null, notices: data.notices ?? [], passing: [] };
    if (fresh) this.takeOver(pass, data, address);
    desk.link.drawn(address);
    desk.draw();
    if (onWall) this.root.focus({ preventScroll: true });
    if (fresh) desk.link.now(); // or Back finds an entry of the history that says what was seen before it
    else desk.link.soon();
  }

  /**
   * The address that says what is to be seen: of a page that opens, or that Back or Forward has led to. '' for one that goes on.
   * @param {Data} data
   */
  addressOf(data) {
    const { view, link } = this.desk;
    if (!view) return location.search || '?';
    const asked = new URLSearchParams(link.returned);
    return (asked.get('run') ?? data.run) === data.run && (asked.get('s') ?? data.s) === data.s ? link.returned : '';
  }

  /**
   * What the decoder of a run is made to read. Another model has other words: what was said to the last one is not for it.
   * @param {string} run
   * @param {string} address '' for a page that goes on
   */
  saidTo(run, address) {
    const { desk } = this;
    if (address) return optionIn(address, 't');
    return desk.pass?.header.run === run ? desk.option('t', '') : '';
  }

  /**
   * @param {import('./pass.js').Pass} pass
   * @param {Data} data
   * @param {string} address '' for a page that goes on
   */
  takeOver(pass, data, address) {
    const { desk } = this;
    const before = desk.pass;
    desk.asking = { run: data.run, s: data.s };
    desk.take(pass);
    const { page, views } = desk.chapter;
    const places = desk.places ?? [];
    if (before && desk.view && !address) {
      desk.view = carryAddress(desk.view, pass, places, page, before.header.run === pass.header.run);
    } else {
      const { view, lost } = readAddress(address || location.search, pass, places, page, views.map(({ name }) => name));
      desk.view = view;
      if (lost.length) desk.news.passing = [{ key: 'explore.notice.link', values: { names: lost.join(', ') } }];
    }
  }
}
