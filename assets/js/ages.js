// Keeps the times of a page up to date: ages grow, and at midnight a time of day
// gets its date. A text that stays the same isn't written again.
import { age, until } from './age-text.js';
import { clock, day, now } from './clock.js';
import { beforeSwap } from './htmx.js';

function write(time, text) {
  if (time.textContent !== text) time.textContent = text;
}

/** @param {ParentNode} root */
function ages(root) {
  const ms = now();
  for (const time of times(root, 'time[data-age]')) write(time, age(Date.parse(time.dateTime), ms));
  for (const time of times(root, 'time[data-until]')) write(time, until(Date.parse(time.dateTime), ms));
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 */
const times = (root, selector) => /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll(selector));

let today = day(now());
function dates() {
  const ms = now();
  if (day(ms) === today) return;
  today = day(ms);
  for (const time of times(document, 'time[data-clock]')) write(time, clock(Date.parse(time.dateTime), ms));
}

ages(document);
setInterval(() => {
  if (document.hidden) return;
  ages(document);
  dates();
}, 10_000);
document.addEventListener('visibilitychange', () => {
  ages(document);
  dates();
});
// Changes a fragment before its swap, so that a morph finds the same text and leaves
// it alone.
beforeSwap((tasks) => {
  for (const task of tasks) ages(task.fragment);
});
