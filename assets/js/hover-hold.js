import { beforeSwap } from './htmx.js';

// Rows that a person reads don't move. A person reads where the pointer moved in the
// last seconds, or where text is selected. A pointer that has not moved for longer
// holds nothing.
const idle = 10_000; // ms
/** @type {Node | null} */
let pointed = null;
let pointedAt = 0;

for (const type of /** @type {const} */ (['pointerover', 'pointermove'])) {
  document.addEventListener(type, (event) => {
    if (event.pointerType !== 'mouse') return;
    pointed = /** @type {Node} */ (event.target);
    pointedAt = performance.now();
  }, { passive: true });
}
document.documentElement.addEventListener('pointerleave', () => { pointed = null; });

/**
 * Whether a person reads in an element.
 * @param {Element} element
 */
export function reading(element) {
  const selection = getSelection();
  return (pointed !== null && element.contains(pointed) && performance.now() - pointedAt < idle)
    || (!selection.isCollapsed && element.contains(selection.anchorNode));
}

// The overview and the list of webhooks aren't refreshed while a person reads their
// tables. On a webhook's page only the list of attempts waits.
document.addEventListener('htmx:before:request', (event) => {
  // A stale page is refreshed even under the pointer.
  const part = /** @type {HTMLElement} */ (event.target);
  if (!part.matches?.('#overview, #webhook-list, #alert-inbox') || document.documentElement.classList.contains('stale')) return;
  for (const body of part.querySelectorAll('tbody')) {
    if (reading(body) || body.contains(document.activeElement)) event.preventDefault();
  }
});
beforeSwap((tasks) => {
  for (let i = tasks.length - 1; i >= 0; i--) {
    const { target } = tasks[i];
    if (target?.id === 'attempt-list' && (reading(target) || target.contains(document.activeElement))) tasks.splice(i, 1);
  }
});
