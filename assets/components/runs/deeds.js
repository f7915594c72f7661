/** What is done with runs from the list, each one question to the server: rename, delete, bring back, bring in, share. */

import { Refusal } from '../payload.js';
import { bring, change } from './api.js';
import { titleOfRun } from './naming.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./api.js').RunLine} RunLine */

export const MOST_BYTES = 20 * 1024 * 1024; // of an archive, as the server has it

const BAD_NAME = 'runs.refuse.label';
const BRINGING = ''; // no run is called so

export class Deeds {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    /** @type {Map<string, number>} how many wishes there were about a run */
    this.turns = new Map();
  }

  /**
   * Do something with a run, and say so if it cannot be done. Of two wishes about the same thing the later one counts:
   * what is heard of the earlier one by then is not said any more.
   * @param {string} what the run's name, or BRINGING
   * @param {() => Promise<void>} act
   */
  async attempt(what, act) {
    const { board } = this;
    const turn = this.begin(what);
    board.busy.wait();
    board.news = { trouble: null, notices: [], passing: [] };
    /** @type {unknown} */
    let trouble = null;
    try {
      await act();
    } catch (error) {
      trouble = error;
    } finally {
      board.busy.arrived();
    }
    if (trouble && this.turns.get(what) === turn) board.refuse(trouble);
    if (trouble instanceof Refusal && trouble.key !== BAD_NAME) board.renaming = ''; // no other name would help
    board.draw();
    if (!trouble || board.renaming) return;
    await board.fetch().catch(() => null); // it may be another window that was faster: what it did is shown
    board.draw();
  }

  /** @param {string} what */
  begin(what) {
    const turn = (this.turns.get(what) ?? 0) + 1;
    this.turns.set(what, turn);
    return turn;
  }

  /**
   * @param {RunLine} line
   * @param {string} label
   */
  call(line, label) {
    return this.attempt(line.name, async () => {
      const said = await change(line.name, { label });
      line.label = said.label ?? label;
      this.board.renaming = '';
    });
  }

  /** @param {RunLine} line */
  remove(line) {
    return this.attempt(line.name, async () => {
      await change(line.name, { delete: true });
      this.board.gone.add(line.name);
    });
  }

  /** @param {string} name */
  undo(name) {
    return this.attempt(name, async () => {
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
    if (file.size > MOST_BYTES) {
      this.begin(BRINGING);
      return this.board.refuse(new Refusal('runs.archive.large', { most: MOST_BYTES / 1024 ** 2 }));
    }
    await this.attempt(BRINGING, async () => {
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
