/** The strip: every stage of a place side by side, each with its name, its shape and a true miniature. */

import { el, join, listen, set, write } from '../dom.js';
import { paintMiniature } from './miniature.js';
import { picturesOf, shapeOf } from './stagepicture.js';
import { stageTitle } from './stagewords.js';
import { NARROW } from './walkerlook.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./itinerary.js').Stage} Stage */
/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */

const HEIGHT = 70; // of a miniature, or of the pile of a stage with several tensors
const BETWEEN = 3;
const [ARROW, PADDING, MOST_WIDE] = [14, 10, 260];

export class Strip {
  /** @param {(stage: string) => void} go */
  constructor(go) {
    this.node = el('div', { class: 'strip-of-stages', role: 'group', 'data-part': 'strip' });
    listen(this.node, 'click', '[data-stage]', (part) => part.getAttribute('aria-disabled') || go(part.dataset.stage ?? ''));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { place, look } = scene;
    const room = Math.min(MOST_WIDE, Math.floor(look.width / place.stages.length)) - ARROW - PADDING;
    const width = Math.max(34, Math.min(220, room));
    set(this.node, { 'aria-label': scene.say('walk.strip'), style: `--stages:${place.stages.length}` });
    join(
      this.node,
      place.stages,
      () => el('button', { type: 'button', class: 'stage-card' }, el('b'), el('span'), el('div', { class: 'minis' }), el('em')),
      (node, stage) => this.drawCard(/** @type {HTMLElement} */ (node), scene, stage, width),
    );
  }

  /**
   * @param {HTMLElement} node
   * @param {Scene} scene
   * @param {Stage} stage
   * @param {number} width
   */
  drawCard(node, scene, stage, width) {
    const { pass, place, view, say, stageNow, palette, look } = scene;
    const [title, shape, minis, why] = node.children;
    const pictures = stage.missing ? [] : picturesOf(pass, place, stage, view.head);
    const name = stageTitle(scene, stage);
    write(title, name);
    write(shape, stage.missing ? say('walk.left_out') : noteOf(scene, stage, pictures));
    write(why, stage.missing ? say(stage.missing) : '');
    set(why, { hidden: stage.missing ? null : '' });
    const reason = stage.missing ? say(stage.missing) : pictures.map((picture) => picture.name).join('\n');
    set(node, {
      'data-stage': stage.name,
      'data-missing': stage.missing ? 'true' : null,
      'aria-disabled': stage.missing ? 'true' : null,
      'aria-current': stage === stageNow ? 'step' : null,
      'aria-label': `${name}, ${shape.textContent}${stage.missing ? `: ${reason}` : ''}`,
      title: reason,
    });
    if (look.projector) return;
    const height = (HEIGHT - BETWEEN * (pictures.length - 1)) / Math.max(1, pictures.length);
    join(
      minis,
      pictures,
      () => el('canvas', { 'aria-hidden': 'true' }),
      (canvas, picture) => {
        set(canvas, { 'data-tensor': picture.name });
        paintMiniature(canvas, picture, palette, ...fitInto(picture, width, height));
      },
    );
  }
}

/**
 * Words by words keep the shape of their matrix; features fill the width.
 * @param {StagePicture} picture
 * @param {number} width
 * @param {number} height
 * @returns {[number, number]}
 */
function fitInto({ rows, cols, across }, width, height) {
  if (across === 'features' || across === 'vocabulary') {
    const cell = cols.length <= 24 ? 4 : width / cols.length;
    return [Math.min(width, Math.round(cell * cols.length)), Math.floor(height)];
  }
  const cell = Math.min(width / cols.length, height / Math.max(rows.length, 1), 14);
  return [Math.max(4, Math.round(cell * cols.length)), Math.max(4, Math.round(cell * rows.length))];
}

/**
 * The second line of a card: the shape; where a word says more than a shape, the word.
 * @param {Scene} scene
 * @param {Stage} stage
 * @param {StagePicture[]} pictures
 */
function noteOf({ say, look }, stage, pictures) {
  const [first] = pictures;
  if (!first) return '';
  if (look.width < NARROW) return shapeOf(first);
  if (stage.name === 'weights' || stage.name === 'p') return say('walk.rows_sum');
  if (stage.name === 'masked') return say(hidesAny(first) ? 'walk.future_hidden' : 'walk.nothing_hidden');
  return stage.name === 'qkv' ? `× ${first.cols.length}` : shapeOf(first);
}

/** @param {StagePicture} picture */
function hidesAny({ rows, cols, masked }) {
  return Boolean(masked) && rows.some((_, i) => cols.some((__, j) => masked?.(i, j)));
}
