/** The attention that the views beside the walker look at: the one walked to, else the one of the layer, else the first. */

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/itinerary.js').Place} Place */

/**
 * @param {Scene} scene
 * @returns {Place}
 */
export function attentionOf({ place, places }) {
  if (place.kind === 'attention') return place;
  const all = places.filter((one) => one.kind === 'attention');
  return all.find((one) => one.name.split('.').slice(0, 2).join() === place.name.split('.').slice(0, 2).join()) ?? all[0];
}

/**
 * The head that such a view looks at.
 * @param {Scene} scene
 * @returns {import('../doors.js').Spot}
 */
export function attentionSpot(scene) {
  const { name, side } = attentionOf(scene);
  return { block: name, head: scene.view.head, row: scene.view.row[side] };
}

/**
 * The keys that every such view has: row, head, and the attention before or after.
 * @param {Desk} desk
 * @param {() => Scene | null} sceneNow
 * @returns {import('../keys.js').Binding[]}
 */
export function attentionKeys(desk, sceneNow) {
  /** @param {(scene: Scene, place: Place) => Partial<Scene['view']>} move */
  const change = (move) => {
    const scene = sceneNow();
    if (scene) desk.change((view) => ({ ...view, ...move(scene, attentionOf(scene)) }));
  };
  /** @param {Scene} scene @param {Place} place @param {number} step */
  const row = ({ view, words }, place, step) => {
    const last = (place.side === 'src' ? words.src : words.tgtIn).length - 1;
    return { row: { ...view.row, [place.side]: Math.max(0, Math.min(last, view.row[place.side] + step)) } };
  };
  /** @param {Scene} scene @param {Place} place @param {number} step */
  const next = ({ places }, place, step) => {
    const all = places.filter((one) => one.kind === 'attention');
    const there = all[all.indexOf(place) + step] ?? place;
    return { at: there.name, stage: there.stages[0].name, tensor: 0 };
  };
  return [
    { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'walk.keys.row', run: (key) => change((scene, place) => row(scene, place, key === 'ArrowUp' ? -1 : 1)) },
    { keys: [...'12345678'], shown: '1 – 8', help: 'walk.keys.head', run: (key) => change(({ model, view }) => ({ head: Number(key) <= model.n_heads ? Number(key) - 1 : view.head })) },
    { keys: ['ArrowLeft', 'ArrowRight', '[', ']'], shown: '← → [ ]', help: 'walk.keys.place', run: (key) => change((scene, place) => next(scene, place, ['[', 'ArrowLeft'].includes(key) ? -1 : 1)) },
  ];
}
