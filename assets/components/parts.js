/** The parts of the Explore page, put together and told what a click means. */

import { el } from './dom.js';
import { Doors } from './doors.js';
import { Facts } from './facts.js';
import { Help } from './keys.js';
import { Known } from './known.js';
import { ModelMap } from './map.js';
import * as moves from './moves.js';
import { Pair } from './pair.js';
import { RoadPanel } from './road.js';
import { Screens } from './screens.js';
import { Stage } from './stage.js';
import { StageHead } from './stagehead.js';
import { Strip } from './strip.js';
import { Tooltip } from './tooltip.js';
import { Voice } from './voice.js';

/** @typedef {import('./page.js').Page} Page */

/**
 * Build all parts and hang them into the root.
 * @param {Page} page
 */
export function makeParts(page) {
  const parts = {
    ...readingParts(page),
    ...stageParts(page),
    facts: new Facts((head) => page.change((view) => moves.showHead(view, head))),
    pair: new Pair(),
    screens: new Screens((screen) => page.goScreen(screen)),
    tooltip: new Tooltip(),
    known: new Known(),
    help: new Help(),
    voice: new Voice(),
  };
  const below = el('div', { class: 'below' }, parts.facts.node, parts.pair.node);
  const stage = el('section', { class: 'stage' }, parts.head.node, parts.stage.node, below);
  const side = el('div', { class: 'side-column' }, parts.map.node, parts.road.node);
  page.root.append(
    el('div', { class: 'busy-bar', 'aria-hidden': 'true' }),
    parts.screens.node,
    parts.strip.node,
    el('div', { class: 'columns' }, side, stage),
    ...[parts.known.node, parts.help.node, parts.voice.note, parts.tooltip.node, parts.voice.live, parts.screens.blank],
  );
  return { ...parts, doors: hangDoors(page, parts), box: stage };
}

/**
 * The ways on from the outlined head stand where the head is shown: over the lines, beside the joined square, in the pair.
 * @param {Page} page
 * @param {{stage: Stage, pair: Pair}} parts
 */
function hangDoors(page, { stage, pair }) {
  const [ofStage, ofJoined, ofPair] = Array.from({ length: 3 }, () => new Doors((name, view) => page.goPage(name, view)));
  stage.node.append(ofStage.node);
  stage.joined.title.after(ofJoined.node);
  pair.both.append(ofPair.node);
  return { ofStage, ofJoined, ofPair };
}

/**
 * The parts that lead somewhere: sentence, map, road.
 * @param {Page} page
 */
function readingParts(page) {
  const strip = new Strip({
    pointToken: (side, row) => page.pointToken(side, row),
    leaveToken: () => page.letGo(),
    flip: () => page.flip(),
    ask: (text) => page.ask(text),
    showKnown: () => page.parts.known.toggle(),
  });
  const map = new ModelMap({
    goBlock: (block) => page.change((view) => moves.goBlock(view, block)),
    open: ({ page: name, ...view }) => page.goPage(name, view),
    goHead: (block, head) => page.change((view) => moves.onlyHead(moves.goBlock(view, block), head)),
  });
  const road = new RoadPanel((block, head, row) =>
    page.change((view) => {
      const there = moves.showHead(moves.goBlock(view, block), head);
      return row === null ? there : moves.pointRow(there, row);
    }),
  );
  return { strip, map, road };
}

/**
 * The stage and its head.
 * @param {Page} page
 */
function stageParts(page) {
  const head = new StageHead({
    show: (picture) => page.change((view) => ({ ...view, picture })),
    clickHead: (one) => page.change((view) => moves.clickHead(view, one)),
    soloHead: (one) => page.change((view) => moves.soloHead(view, one)),
    toggleBare: () => page.change((view) => ({ ...view, bare: !view.bare, col: null, byKey: false, pin: null })),
    save: (format) => void page.keep(format),
    step: () => page.stepIn(),
  });
  const stage = new Stage({
    pointRow: (row) => page.point((view) => moves.pointRow(view, row)),
    pointKey: (col) => page.point((view) => ({ ...view, col, byKey: true })),
    pointCell: (row, col, block) => page.pointCell(row, col, block),
    pin: (cell) => page.point((view) => moves.pinCell(view, cell)),
    leave: () => page.letGo(),
    goBlock: (block) => page.change((view) => moves.goBlock(view, block)),
    tell: (lines, box) => page.parts.tooltip.show(lines, box, page.root),
    hush: () => page.parts.tooltip.hide(),
  });
  return { head, stage };
}
