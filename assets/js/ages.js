// Times go on from what the server wrote: ages grow, and at midnight what was
// today becomes a date. Nothing is written whose text stays the same.
import { clock, day, now } from './clock.js';

// The same words as views.AgeOf.
function age(at, ms) {
  const s = Math.floor((ms - at) / 1000);
  if (s < -60) return 'in the future';
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400).toLocaleString('en')} days ago`;
}

// The same words as views.untilWords.
function until(at, ms) {
  const s = Math.floor((at - ms) / 1000);
  if (s < 1) return 'any moment now';
  if (s < 60) return `in ${s} s`;
  if (s < 3600) return `in ${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `in ${Math.round(s / 3600)} h`;
  return `in ${Math.round(s / 86400).toLocaleString('en')} days`;
}

function write(time, text) {
  if (time.textContent !== text) time.textContent = text;
}

function ages(root) {
  const ms = now();
  for (const time of root.querySelectorAll('time[data-age]')) write(time, age(Date.parse(time.dateTime), ms));
  for (const time of root.querySelectorAll('time[data-until]')) write(time, until(Date.parse(time.dateTime), ms));
}

let today = day(now());
function dates() {
  const ms = now();
  if (day(ms) === today) return;
  today = day(ms);
  for (const time of document.querySelectorAll('time[data-clock]')) write(time, clock(Date.parse(time.dateTime), ms));
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
// A fragment is changed before it is swapped in, so that a morph finds equal
// text equal and leaves it alone.
document.addEventListener('htmx:before:swap', (event) => {
  for (const task of event.detail.tasks) ages(task.fragment);
});
