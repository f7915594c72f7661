/** The workbench for people's own pairs: paste or upload, see how they are read, choose how they are cut, train on them. */

import { el, join, listen, set, write } from '../dom.js';
import { literal } from '../tokens.js';
import { countText } from './numbers.js';
import { noticeText } from './notices.js';
import { PairsCut } from './pairscut.js';
import { PairsReading } from './pairsreading.js';

/** @typedef {import('./pairsdata.js').PairsData} PairsData */
/** @typedef {import('../strings.js').Words} Words */

const FILES = '.tsv,.csv,.txt,text/plain,text/csv,text/tab-separated-values';

export class Pairs {
  /**
   * @param {PairsData} data
   * @param {{use: () => void, close: () => void}} actions
   */
  constructor(data, { use, close }) {
    this.data = data;
    this.title = el('h2');
    this.about = el('p', { class: 'quiet' });
    this.other = el('button', { type: 'button', class: 'chip', 'data-part': 'other', onclick: () => data.forget() });
    this.close = el('button', { type: 'button', class: 'chip', 'data-part': 'close', onclick: close });
    this.trouble = el('p', { class: 'pairs-trouble', role: 'status', 'data-part': 'pairs-trouble' });
    this.areaName = el('label', { for: 'pairs-paste' });
    this.area = el('textarea', { id: 'pairs-paste', class: 'word', spellcheck: 'false', 'data-part': 'paste' });
    this.read = el('button', { type: 'button', class: 'black', 'data-part': 'read', onclick: () => void data.readPaste(this.area.value) });
    this.file = el('input', { type: 'file', accept: FILES, hidden: '', 'data-part': 'file' });
    this.pick = el('button', { type: 'button', 'data-part': 'pick', onclick: () => this.file.click() });
    this.drop = el('span', { class: 'quiet' });
    this.formats = el('p', { class: 'quiet' });
    this.yours = el('h3');
    this.texts = el('div', { class: 'pairs-texts', 'data-part': 'texts' });
    const buttons = el('div', { class: 'pairs-buttons' }, this.read, this.pick, this.drop, this.file);
    this.bring = el('div', { class: 'pairs-bring' }, this.areaName, this.area, buttons, this.formats, this.yours, this.texts);
    this.reading = new PairsReading(data);
    this.cut = new PairsCut(data);
    this.use = el('button', { type: 'button', class: 'black', 'data-part': 'use', onclick: use });
    this.ready = el('p', { 'data-part': 'ready' });
    this.look = el('div', { class: 'pairs-look' }, this.reading.node, this.cut.node, el('div', { class: 'pairs-foot' }, this.use, this.ready));
    const head = el('div', { class: 'pairs-head' }, this.title, this.other, this.close);
    this.node = el('section', { class: 'pairs', 'data-part': 'pairs' }, head, this.about, this.trouble, this.bring, this.look);
    this.file.addEventListener('change', () => this.send(this.file.files));
    this.area.addEventListener('input', () => (this.read.disabled = !this.area.value.trim()));
    listen(this.texts, 'click', '[data-text]', (part) => void data.open(part.dataset.text ?? ''));
    this.acceptDrops();
    listen(this.node, 'keydown', 'textarea, input, select', (_, event) => /** @type {KeyboardEvent} */ (event).key !== 'Escape' && event.stopPropagation());
  }

  acceptDrops() {
    const over = (/** @type {boolean} */ is) => (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      this.node.classList.toggle('over', is);
    };
    this.node.addEventListener('dragover', over(true));
    this.node.addEventListener('dragleave', over(false));
    this.node.addEventListener('drop', (event) => {
      over(false)(event);
      this.send(event.dataTransfer?.files ?? null);
    });
  }

  /** @param {FileList | null} files */
  send(files) {
    if (files?.[0]) void this.data.readFile(files[0]);
    this.file.value = '';
  }

  /** @param {Words} words */
  draw(words) {
    const { data } = this;
    const { say } = words;
    const { text, limits } = data;
    write(this.title, text && data.name ? data.name : say('corpus.title'));
    write(this.about, limits ? say(text ? 'corpus.found' : 'corpus.about', { mb: limits.mb, pairs: limits.pairs, rows: countText(limits.rows, words.lang) }) : '');
    write(this.other, say('corpus.again'));
    write(this.close, say('explore.close'));
    this.other.hidden = !text;
    const refusal = data.trouble ?? (text?.refusal ? { key: text.refusal.error, values: text.refusal.values } : null);
    write(this.trouble, refusal ? noticeText(refusal, words) : data.busy ? say('corpus.reading') : '');
    this.trouble.classList.toggle('alarm', refusal !== null);
    this.bring.hidden = text !== null;
    this.look.hidden = text === null;
    if (text) this.drawLook(words);
    else this.drawBring(words);
  }

  /** @param {Words} words */
  drawBring({ say }) {
    const { limits, texts, busy } = this.data;
    write(this.areaName, say('corpus.paste'));
    set(this.area, { placeholder: say('corpus.paste_example') });
    write(this.read, say('corpus.use_paste'));
    write(this.pick, say('corpus.upload'));
    write(this.drop, say('corpus.drop'));
    write(this.formats, limits ? say('corpus.formats', { days: limits.days }) : '');
    this.read.disabled = !this.area.value.trim() || busy > 0;
    write(this.yours, texts.length ? say('corpus.yours') : '');
    join(
      this.texts,
      texts,
      () => el('button', { type: 'button' }),
      (node, { id, pairs, ready, first }) => {
        const entry = first ? say('corpus.entry', { n: pairs, src: literal(first.src), tgt: literal(first.tgt) }) : say('corpus.entry_unready');
        write(node, ready ? entry : say('corpus.entry_unready'));
        set(node, { 'data-text': id, title: entry });
      },
    );
  }

  /** @param {Words} words */
  drawLook(words) {
    const { text, ready, busy } = this.data;
    if (!text) return;
    this.reading.draw(text, words);
    this.cut.draw(words);
    write(this.use, words.say('train.own.use'));
    this.use.disabled = !ready;
    write(this.ready, text.split ? words.say('corpus.ready', { ...text.split, kept: text.report?.kept ?? 0 }) : '');
    this.look.classList.toggle('stale', busy > 0);
  }
}
