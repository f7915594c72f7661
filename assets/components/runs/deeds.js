/** What is done with runs from the list, each one question to the server: rename, delete, bring back, bring in, share. */

import { Refusal } from '../payload.js';
import { bring, change } from './api.js';
import { titleOfRun } from './naming.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./api.js').RunLine} RunLine */

export const MOST_BYTES = 20 * 1024 * 1024; // of an archive, as the server has it

export class Deeds {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
  }

  /**
   * Do something with a run, and say so if it cannot be done.
   * @param {() => Promise<void>} act
   */
  async attempt(act) {
    this.board.busy.wait();
    this.board.news = { trouble: null, notices: [], passing: [] };
    try {
      await act();
    } catch (error) {
      this.board.refuse(error);
    } finally {
      this.board.busy.arrived();
    }
    const { trouble } = this.board.news;
    this.board.draw();
    if (trouble) await this.refreshKeeping(trouble);
  }

  /** @param {import('../messages.js').Notice} trouble */
  async refreshKeeping(trouble) {
    if (!this.board.renaming) await this.board.fetch().catch(() => null);
    this.board.news = { trouble, notices: [], passing: [] };
    this.board.draw();
  }

  /**
   * @param {RunLine} line
   * @param {string} label
   */
  call(line, label) {
    return this.attempt(async () => {
      const said = await change(line.name, { label });
      line.label = said.label ?? label;
      this.board.renaming = '';
    });
  }

  /** @param {RunLine} line */
  remove(line) {
    return this.attempt(async () => {
      await change(line.name, { delete: true });
      this.board.gone.add(line.name);
    });
  }

  /** @param {string} name */
  undo(name) {
    return this.attempt(async () => {
      await change(name, { undo: true });
      if (this.board.gone.delete(name)) return;
      await this.board.fetch();
      this.board.arrived = name;
    });
  }

  /** @param {File | undefined} file */
  async bringIn(file) {
    this.board.file.value = '';
    if (!file) return;
    if (file.size > MOST_BYTES) return this.board.refuse(new Refusal('runs.archive.large', { most: MOST_BYTES / 1024 ** 2 }));
    await this.attempt(async () => {
      const { name } = await bring(file);
      await this.board.fetch();
      this.board.arrived = name;
      const line = this.board.lineOf(name);
      if (line && this.board.words) this.board.tell('runs.bring.done', { name: titleOfRun(line, this.board.words) });
    });
    this.board.list.reveal(this.board.arrived);
  }

  /** A file may also be dropped on the list. */
  listenDrops() {
    const { node } = this.board.list;
    /** @param {DragEvent} event */
    const over = (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      node.classList.toggle('open', event.type !== 'dragleave' && event.type !== 'drop');
      if (event.type === 'drop') void this.bringIn(event.dataTransfer.files[0]);
    };
    for (const type of /** @type {const} */ (['dragover', 'dragleave', 'drop'])) node.addEventListener(type, over);
  }

  /**
   * A link for a whole class: it opens this run in Explore.
   * @param {string} name
   */
  async copyRun(name) {
    const copied = await navigator.clipboard.writeText(`${location.origin}/?run=${encodeURIComponent(name)}`).then(() => true, () => false);
    this.board.tell(copied ? 'runs.link.copied' : 'explore.save.not_copied');
  }
}
