/**
 * The Explore page of Attention Lab: the entry that Streamlit calls.
 *
 * Python sends which run and which sentence; the trace comes from /lab/trace and is drawn here. Head, row, block, view
 * and hover never travel.
 */

import { drawOn, Mount } from './mount.js';
import { Page } from './page.js';
import { readTrace } from './payload.js';
import { goTo } from './shell.js';
import { readPalette } from './theme.js';
import { carryView, readView } from './view.js';

/** @typedef {import('./mount.js').Component} Component */
/** @typedef {import('./mount.js').Data} Data */

const SHEETS = ['lab.css', 'explore.css', 'projector.css'].map((name) => new URL(name, import.meta.url).href);

/**
 * Draw, or draw again with new data. Resolves to a function that takes the page down.
 * @param {Component} component
 * @returns {Promise<() => void>}
 */
export function draw(component) {
  return drawOn(component, SHEETS, (root) => new ExploreMount(root));
}

class ExploreMount extends Mount {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.page = new Page(root, {
      sentence: (text) => this.component?.setTriggerValue('sentence', text),
      projector: (on) => this.component?.setTriggerValue('projector', on),
      go: (page, view) => goTo(this.component, page, view),
    });
  }

  get drawable() {
    return this.page;
  }

  get loader() {
    return this.load.bind(this);
  }

  /**
   * Fetch what is missing and draw. A lost connection is tried again until it is back or newer data comes.
   * @param {number} turn
   * @param {Data} data
   */
  async load(turn, data) {
    const { page } = this;
    const asked = JSON.stringify([data.run, data.s]);
    const ready = await this.prepare(turn, data);
    if (!ready) return;
    if (!page.payload) page.parts.stage.drawEmpty(ready.words.say);
    const fresh = asked !== this.asked || !page.payload;
    const payload = fresh ? await this.insist(turn, () => this.fetchTrace(data)) : page.payload;
    await ready.fonts;
    if (!payload || turn !== this.turn) return;
    this.asked = asked;
    const onWall = Boolean(data.projector) && !page.projector;
    page.projector = Boolean(data.projector);
    page.palette = readPalette(this.root);
    page.news = { trouble: null, notices: data.notices ?? [], passing: [] };
    if (!page.payload || !page.view) this.open(payload);
    else if (fresh) page.view = carryView(page.view, payload, page.payload);
    page.payload = payload;
    page.draw();
    if (onWall) this.root.focus({ preventScroll: true });
    page.link.soon();
  }

  /**
   * The first sentence: the view comes from the address.
   * @param {import('./payload.js').Payload} payload
   */
  open(payload) {
    const { page } = this;
    const { view, lost } = readView(location.search, payload);
    page.view = view;
    if (lost.length) page.news.passing = [{ key: 'explore.notice.link', values: { names: lost.join(', ') } }];
  }

  /** @param {Data} data */
  async fetchTrace(data) {
    if (window.__lab) window.__lab.fetches += 1;
    return readTrace(data.run, data.s, this.abort.signal);
  }
}
