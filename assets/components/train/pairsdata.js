/** People's own pairs on their way to a training: sent, read by the server, read anew when a choice changes, cut into tokens. */

import { Refusal } from '../payload.js';
import { insist, noticeOf } from './deeds.js';
import { get, send, sendFile } from './roads.js';

/** @typedef {import('./deeds.js').Notice} Notice */
/** @typedef {'encoding' | 'delimiter' | 'header' | 'src' | 'tgt' | 'longest'} Choice */
/** @typedef {{mb: number, bytes: number, rows: number, pairs: number, longest: [number, number, number], tokens: number, days: number}} Limits */
/** @typedef {{id: string, pairs: number, ready: boolean, first: {src: string, tgt: string} | null}} Entry */
/**
 * @typedef {object} TextState what the server says about a text, see ui/own_data.py
 * @property {string} id
 * @property {Limits} limits
 * @property {Record<Choice, any>} choices null where the server finds it out
 * @property {{lines: number, encoding: string, encodings: string[], delimiter: string | null, header: boolean, names: string[], src: number, tgt: number, rows: {line: number, cells: string[]}[]}} look
 * @property {{error: string, values: Record<string, string | number>} | null} refusal
 * @property {{lines: number, header: number, kept: number, kept_lines: number, skipped: {reason: string, lines: number, pairs: number, first: number[]}[]} | null} report
 * @property {{src: string, tgt: string}[]} preview
 * @property {{train: number, valid: number, test: number} | null} split
 * @property {boolean} ready
 */
/** @typedef {{kind: string, size: number, longest: number, mean: number, unknown: number, sample: string[][]}} SideVocabulary */
/** @typedef {{kind: string, size: number, smallest: number, largest: number, src: SideVocabulary, tgt: SideVocabulary, max_len: number}} VocabularyState */

export const KINDS = ['task', 'word', 'char', 'bpe', 'unigram'];
export const SIZED = ['bpe', 'unigram'];
const MOST_BYTES = 5 * 1024 * 1024;
const [SHORTEST, ROOM] = [32, 8]; // tokens that a model reads at least, and beyond the longest text of its pairs

export class PairsData {
  /**
   * @param {() => void} changed
   * @param {(lost: boolean) => void} lost
   */
  constructor(changed, lost) {
    this.changed = changed;
    this.lost = lost;
    /** @type {TextState | null} */
    this.text = null;
    /** @type {Limits | null} */
    this.limits = null;
    /** @type {Entry[]} one's own texts */
    this.texts = [];
    /** @type {VocabularyState | null} */
    this.vocabulary = null;
    /** @type {Notice | null} */
    this.trouble = null;
    this.name = '';
    this.kind = KINDS[0];
    this.size = 0;
    this.busy = 0;
    this.turn = 0;
  }

  /** @param {File} file */
  readFile(file) {
    const most = this.limits?.bytes ?? MOST_BYTES;
    if (file.size > most) return this.refuse({ key: 'corpus.refused.too_large', values: { limit: Math.round(most / 1024 / 1024) } });
    this.name = file.name.slice(0, 60);
    return this.take(() => sendFile('/lab/texts', file));
  }

  /** @param {string} paste */
  readPaste(paste) {
    if (new Blob([paste]).size > MOST_BYTES) return this.refuse({ key: 'corpus.refused.too_large', values: { limit: MOST_BYTES / 1024 / 1024 } });
    this.name = '';
    return this.take(() => send('/lab/texts', { paste }));
  }

  /** What may be brought, and what is there already. */
  async list() {
    await this.during(async () => {
      const { texts, limits } = await insist(() => get('/lab/texts'), this.lost);
      Object.assign(this, { texts, limits });
    });
  }

  async remove() {
    const { text } = this;
    if (!text) return;
    await this.during(async () => void (await insist(() => send(`/lab/texts/${text.id}`, { delete: true }), this.lost)));
    this.forget();
  }

  /**
   * A link or an earlier visit knows the text already, and perhaps how it is to be cut.
   * @param {string} id
   * @param {{kind: string, size: number}} [cut]
   */
  open(id, cut) {
    return this.take(() => get(`/lab/texts/${id}`), cut);
  }

  /**
   * The person knows better than what was found out.
   * @param {Choice} name
   * @param {any} value
   */
  choose(name, value) {
    const { text } = this;
    if (text) void this.take(() => send(`/lab/texts/${text.id}`, { ...text.choices, [name]: value }));
  }

  /**
   * @param {string} kind
   * @param {number} size 0: what is usual
   */
  cut(kind, size) {
    this.kind = kind;
    this.size = size;
    void this.askVocabulary();
  }

  forget() {
    Object.assign(this, { text: null, vocabulary: null, trouble: null, name: '', kind: KINDS[0], size: 0, turn: this.turn + 1 });
    void this.list();
  }

  /** @param {Notice} trouble */
  refuse(trouble) {
    this.trouble = trouble;
    this.changed();
  }

  /**
   * @param {() => Promise<any>} ask
   * @param {{kind: string, size: number}} [cut] how another text is cut, if not as usual
   */
  async take(ask, cut = { kind: KINDS[0], size: 0 }) {
    const turn = ++this.turn;
    await this.during(async () => {
      const text = await insist(ask, this.lost);
      if (turn !== this.turn) return;
      const another = text.id !== this.text?.id;
      Object.assign(this, { text, trouble: null, vocabulary: null });
      if (another) Object.assign(this, cut);
    });
    if (turn === this.turn && this.text?.ready && !this.trouble) await this.askVocabulary();
  }

  async askVocabulary() {
    const { text, kind, size } = this;
    const turn = ++this.turn;
    if (!text) return;
    await this.during(async () => {
      const vocabulary = await insist(() => get(`/lab/texts/${text.id}/vocabulary`, { kind, ...(size ? { size: String(size) } : {}) }), this.lost);
      if (turn === this.turn) Object.assign(this, { vocabulary, trouble: null });
    });
  }

  /** @param {() => Promise<void>} work */
  async during(work) {
    this.busy += 1;
    this.trouble = null;
    this.changed();
    try {
      await work();
    } catch (error) {
      this.trouble = error instanceof Refusal ? { key: error.key, values: error.values } : noticeOf(error);
    }
    this.busy -= 1;
    this.changed();
  }

  get ready() {
    return Boolean(this.text?.ready && this.vocabulary && !this.busy);
  }

  /**
   * What a training needs of these pairs.
   * @param {Record<string, any>} base the settings to begin with
   * @returns {import('./draft.js').Text | null}
   */
  made(base) {
    const { text, vocabulary } = this;
    if (!text || !vocabulary || !text.preview.length) return null;
    const recipe = { ...base, vocabulary: vocabulary.kind, vocabulary_size: vocabulary.size, max_len: Math.max(SHORTEST, vocabulary.max_len + ROOM) };
    return { id: text.id, name: this.name, example: text.preview[0], recipe };
  }
}
