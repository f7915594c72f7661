/** The page Edit's first view: map, matrix, acts, the list of edits, and both translations below each other. */

import { clamp, el, set } from '../dom.js';
import { count } from '../runs/naming.js';
import { saidOf, told as toldP } from '../chapters/masksparts.js';
import { EditActs } from './editacts.js';
import { EditList } from './editlist.js';
import { EditMap } from './editmap.js';
import { EditMatrix } from './editmatrix.js';
import { storyOf, wordOf } from './editparts.js';
import { LONGEST, MOST_EDITS } from './editplan.js';
import { Edits } from './editstate.js';
import { EditStory } from './editstory.js';
import { EditWords } from './editwords.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./editparts.js').Both} Both */

const NARROW = 1100; // pixels: below it map and acts stand closer
const [SIDES, NARROW_SIDES] = [270 + 300 + 32, 164 + 200 + 20 - 10]; // beside the matrix; its last slanted word may lean into a narrow gap
const [DESK, NARROW_DESK] = [261, 276]; // above and below the matrix
const WALL = 180; // the same on the wall
const [WALL_SIDE, LEAST_SIDE, OF_WIDTH] = [392, 290, 0.32]; // what stands at the right there

export class EditView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.edits = new Edits(desk);
    this.story = new EditStory(desk, this.edits);
    this.map = new EditMap({
      goPlace: (name) => desk.change((view) => ({ ...view, at: name })),
      goHead: (block, head) => desk.change((view) => ({ ...view, at: block, head })),
    });
    this.matrix = new EditMatrix(desk, this.edits);
    this.acts = new EditActs(this.edits);
    this.list = new EditList(this.edits);
    this.words = new EditWords();
    const side = el('div', { class: 'edit-side' }, this.acts.node, this.list.node);
    const columns = el('div', { class: 'edit-columns' }, this.map.node, this.matrix.node, side);
    this.node = el('div', { class: 'edit' }, this.story.node, columns, this.words.node);
    /** @type {{key: string, both: Both} | null} */
    this.last = null;
    this.trouble = '';
    this.fresh = false;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    if (!['attention', 'ffn'].includes(scene.place.kind)) {
      const { start } = scene.header;
      const first = scene.places.find(({ name }) => name === start?.block) ?? scene.places.filter(({ kind }) => kind === 'attention').at(-1);
      if (first) queueMicrotask(() => this.stand(first.name));
      return;
    }
    const both = this.ask(scene);
    this.story.draw(scene, storyOf(scene), this.fresh ? (both?.header ?? null) : null, this.trouble);
    this.map.draw(scene, both, this.edits);
    this.matrix.draw(scene, both, this.room(scene));
    this.acts.draw(scene);
    this.list.draw(scene, both?.header.asleep ?? [], both?.header.unseen ?? {});
    if (both) this.words.draw(scene, both.header, this.matrix.decoderRow);
  }

  /**
   * Stand at a place, and leave what the page has to say about its link.
   * @param {string} at
   */
  stand(at) {
    if (this.desk.view) this.desk.view = { ...this.desk.view, at, stage: 'weights' };
    this.desk.draw();
    this.desk.link.now();
  }

  /** @param {StepScene} scene */
  room({ look }) {
    const narrow = look.width < NARROW && !look.projector;
    this.node.classList.toggle('narrow', narrow);
    if (!look.projector) return { width: look.width - (narrow ? NARROW_SIDES : SIDES), height: look.height - (narrow ? NARROW_DESK : DESK) };
    const side = clamp(Math.round(look.width * OF_WIDTH), LEAST_SIDE, WALL_SIDE);
    set(this.node, { style: `--side:${side}px` });
    return { width: look.width - side - 16, height: look.height - WALL };
  }

  /**
   * Both passes under the edits of now; while they are on their way, or refused, those of before.
   * @param {StepScene} scene
   * @returns {Both | null}
   */
  ask(scene) {
    const answer = scene.ask({ ask: 'pass', e: this.edits.text, ...saidOf(scene) });
    const key = JSON.stringify([scene.header.run, scene.sentence.read, scene.pass.ids]);
    if (answer) set(this.node, { 'data-answered': this.edits.text });
    if (answer && !answer.trouble) this.last = { key, both: /** @type {Both} */ (answer) };
    this.fresh = Boolean(answer && !answer.trouble);
    if (answer) this.edits.refused = answer.trouble?.key.startsWith('edit.refused.') ?? false;
    this.trouble = answer?.trouble ? scene.say(answer.trouble.key, answer.trouble.values) : this.edits.full ? scene.say('edit.full', { n: MOST_EDITS, most: count(LONGEST) }) : '';
    return this.last?.key === key ? this.last.both : null;
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    const { matrix, edits } = this;
    const heads = (/** @type {string} */ key) => {
      if (Number(key) <= (this.acts.scene?.model.n_heads ?? 0)) this.desk.change((view) => ({ ...view, head: Number(key) - 1 }));
    };
    const press = (/** @type {string} */ name) => () => {
      const button = /** @type {HTMLElement | null} */ (this.acts.ofHead.querySelector(`[data-name="${name}"]`));
      if (button) this.acts.press(button);
    };
    return [
      { keys: ['ArrowUp'], shown: '↑ ↓ ← →', help: 'edit.keys.move', run: () => matrix.move(-1, 0) },
      { keys: ['ArrowDown'], shown: '↓', help: 'edit.keys.move', run: () => matrix.move(1, 0) },
      { keys: ['ArrowLeft'], shown: '←', help: 'edit.keys.move', run: () => matrix.move(0, -1) },
      { keys: ['ArrowRight'], shown: '→', help: 'edit.keys.move', run: () => matrix.move(0, 1) },
      { keys: ['+', '='], shown: '+', help: 'edit.keys.more', run: () => matrix.nudge(0.1) },
      { keys: ['-', '−'], shown: '−', help: 'edit.keys.less', run: () => matrix.nudge(-0.1) },
      { keys: ['Enter', ' '], shown: 'Enter', help: 'edit.keys.paint', run: () => matrix.toggle() },
      { keys: ['z'], shown: 'z', help: 'edit.keys.zero', run: press('zero') },
      { keys: ['u'], shown: 'u', help: 'edit.keys.undo', run: () => edits.undo() },
      { keys: ['r'], shown: 'r', help: 'edit.keys.redo', run: () => edits.redo() },
      { keys: ['1', '2', '3', '4', '5', '6', '7', '8'], shown: '1–8', help: 'edit.keys.head', run: heads },
    ];
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const { say, words } = scene;
    const rows = this.ask(scene)?.header.rows ?? [];
    return {
      caption: say('edit.caption'),
      columns: [say('edit.words.before'), 'p', say('edit.words.rows'), 'p', say('edit.own_word'), say('edit.own_word_edited')],
      rows: rows.map(({ before, after, p }, i) => ({ name: words.tgtIn[i].full, cells: [wordOf(scene, before[0][0]), toldP(before[0][1]), wordOf(scene, after[0][0]), toldP(after[0][1]), toldP(p[0]), toldP(p[1])] })),
    };
  }
}
