/** What is seen on the stage, described as marks, for saving. The same geometry as on the page, without scrolling. */

import { range } from './grid.js';
import { headsShown } from './links.js';
import { rect, text } from './marks.js';
import { joinedMarks, tableMarks } from './pictureother.js';
import { linesAndMatrix } from './picturestage.js';
import { weightScale } from './scales.js';
import { headColour } from './theme.js';
import { literal } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./marks.js').Mark} Mark */
/** @typedef {import('./marks.js').Picture} Picture */
/** @typedef {import('./joined.js').Joined} Joined */

const MARGIN = 24;
const TITLE = 84;

/**
 * @param {Scene} scene
 * @param {Joined} joined
 * @returns {Picture}
 */
export function pictureOf(scene, joined) {
  const { picture } = scene.view;
  const corner = { x: MARGIN, y: TITLE };
  const body = picture === 'joined' ? joinedMarks(scene, joined, corner) : (picture === 'table' ? tableMarks : linesAndMatrix)(scene, corner);
  return { width: body.width + 2 * MARGIN, height: body.height + TITLE + MARGIN, marks: [...titleMarks(scene), ...body.marks] };
}

/**
 * The title says what a picture must not lose on its way: block, tensor, run, sentence, heads, and the scale.
 * @param {Scene} scene
 * @returns {Mark[]}
 */
function titleMarks(scene) {
  const { palette, view, header, trace, say } = scene;
  const about = say('explore.save.about', { name: view.block + '.weights', head: view.head + 1, run: header.run });
  return [
    text(scene.title, MARGIN, 28, { size: 19, weight: 700, family: palette.fonts.ui, fill: palette.ink }),
    text(about, MARGIN, 48, { size: 13, family: palette.fonts.num, fill: palette.ink3 }),
    text(`${literal(trace.read)}  →  ${literal(trace.output)}`, MARGIN, 70, { size: 15, family: palette.fonts.word, fill: palette.ink2 }),
    ...legendMarks(scene, 470, 16),
  ];
}

/**
 * Every head with its number and colour, and the scale of the weights.
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @returns {Mark[]}
 */
function legendMarks(scene, x, y) {
  const { palette, say, view } = scene;
  const scale = weightScale(palette);
  const style = { size: 13, family: palette.fonts.ui, fill: palette.ink2 };
  const squares = headsShown(view.shown).slice(0, 8).flatMap((head, i) => [
    rect(x + i * 34, y, 13, 13, { fill: headColour(palette, head) }),
    text(String(head + 1), x + i * 34 + 17, y + 11, style),
  ]);
  const ramp = range(60).map((i) => rect(x + 320 + i, y + 2, 1.5, 10, { fill: scale.fill(i / 59) }));
  return [...squares, ...ramp, text(`${say('explore.legend')} 0`, x + 315, y + 11, { ...style, anchor: 'end' }), text('1', x + 386, y + 11, style)];
}
