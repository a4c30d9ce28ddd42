// The one listener of each htmx event that several files act on. Their functions run
// in the order in which app.js imports the files.

/**
 * One change that htmx is about to make to the page. htmx 4 has no type for it.
 * @typedef {object} SwapTask
 * @property {HTMLElement} target
 * @property {DocumentFragment} fragment
 * @property {{style: string}} swapSpec
 */

/**
 * The request behind a swap; a message of a socket has none.
 * @typedef {object} RequestContext
 * @property {Event} [sourceEvent]
 * @property {Response} [response]
 * @property {string} [text]
 */

/** @type {((tasks: SwapTask[]) => void)[]} */
const before = [];
/** @type {((context?: RequestContext) => void)[]} */
const after = [];

/**
 * Calls a function before each swap. It may change the tasks and their fragments.
 * @param {(tasks: SwapTask[]) => void} call
 */
export function beforeSwap(call) { before.push(call); }

/**
 * Calls a function after each swap.
 * @param {(context?: RequestContext) => void} call
 */
export function afterSwap(call) { after.push(call); }

document.addEventListener('htmx:before:swap', (/** @type {CustomEvent} */ event) => {
  for (const call of before) call(event.detail.tasks);
});
document.addEventListener('htmx:after:swap', (/** @type {CustomEvent} */ event) => {
  for (const call of after) call(event.detail.ctx);
});
