/** What a view of a step page is given to draw, and what it must be able to do. Types only. */

/** @typedef {{projector: boolean, width: number, height: number}} StepLook */
/**
 * @typedef {object} Extra
 * @property {import('./pass.js').Pass} pass
 * @property {any} header
 * @property {import('./pass.js').Sentence} sentence
 * @property {any} model
 * @property {import('./address.js').StepView} view
 * @property {import('./itinerary.js').Place} place
 * @property {import('./itinerary.js').Stage} stageNow
 * @property {import('./itinerary.js').Place[]} places
 * @property {import('../theme.js').Palette} palette
 * @property {StepLook} look
 * @property {import('./pass.js').Pass['words']} words
 * @property {(at: string) => import('./pass.js').Parameters | null} parameters null while they are on their way
 * @property {(question: Record<string, string>) => import('./answers.js').Asked | null} ask null while the answer is on its way
 */
/** @typedef {import('../wording.js').Wording & Extra} StepScene */
/**
 * @typedef {object} ChapterView
 * @property {HTMLElement} node
 * @property {(scene: StepScene) => void} draw
 * @property {() => import('../keys.js').Binding[]} [keys]
 * @property {(scene: StepScene) => import('./twin.js').TableTwin} [table]
 * @property {(scene: StepScene) => import('../doors.js').Spot | null} [spot] the one head that it looks at, if it looks at one
 */
/**
 * @typedef {object} Chapter
 * @property {string} page
 * @property {{name: string, title: string, at?: string | null, make: (desk: import('./desk.js').Desk) => ChapterView}[]} views `title`: string key; `at`: the place that it is about, null for none, if not where the walk is
 * @property {(scene: StepScene) => import('./guess.js').Guess | null} [guess]
 * @property {string[]} [sheets] style sheets below assets/components
 */

export {};
