import { arrival, markFar, slides } from './row-arrival.js';
import { afterSwap, beforeSwap } from './htmx.js';
import { eventsURL, gap, goOnFrom, show } from './infinite-scroll.js';
import { isOpen } from './panel.js';
import { reading } from './hover-hold.js';

// Rows that arrive: newest first, never one twice. They wait while somebody
// reads, and the page never grows beyond what it can hold.
const rows = document.getElementById('live-rows');
const button = document.getElementById('live-new');
if (rows && button) {
  const max = Number(rows.dataset.max);
  // The whole section counts, the button's way included: it would be gone
  // from under a pointer that left the rows for it.
  const section = rows.closest('.live');
  const held = () => isOpen() || reading(section) || rows.contains(document.activeElement) || rows.getBoundingClientRect().top < 0;

  let waiting = 0;

  const unhide = () => {
    for (const row of rows.querySelectorAll('tr[hidden]')) row.hidden = false;
  };

  const release = () => {
    const arrived = arrival(rows);
    unhide();
    trim();
    count();
    arrived();
    slides()?.then(releaseUnlessHeld);
  };

  // Rows that only wait for a slide to end need no button.
  const count = () => {
    waiting = rows.querySelectorAll('tr.event[hidden]').length;
    button.hidden = waiting === 0 || !held();
    if (waiting > 0) button.textContent = waiting >= max ? `${max} new or more` : `${waiting} new`;
  };

  const releaseUnlessHeld = () => {
    if (waiting > 0 && !held() && !slides()) release();
    else if (waiting > 0) button.hidden = !held();
  };

  // The oldest rows go first, and the way to older events leads to them
  // again. While somebody reads, the oldest of those that wait go, since the
  // others are in use; what is left out is marked.
  const trim = () => {
    const waiting = rows.querySelectorAll('tr[hidden]');
    if (waiting.length > max + 1) {
      const kept = [...waiting].slice(0, max);
      for (let i = max; i < waiting.length; i++) waiting[i].remove();
      const mark = gap('Some events are skipped here.', eventsURL(kept.findLast((row) => row.dataset.cursor)?.dataset.cursor));
      mark.hidden = true;
      kept.at(-1).after(mark);
    }
    if (waiting.length > 0 || rows.childElementCount <= max || held()) return;
    // Older rows on their way go on from the last row that is here now.
    if (document.querySelector('#older.htmx-request')) return;
    // A gap at the end needs no mark: what is older goes on above it.
    while (rows.childElementCount > max || rows.lastElementChild.matches('.gap')) rows.lastElementChild.remove();
    goOnFrom(/** @type {HTMLElement} */ (rows.lastElementChild));
  };

  // A picture of the moment comes on every connect. What is known stays where
  // it is, older rows included; where nothing is known, time has passed that
  // nobody saw.
  const merge = (task) => {
    if (rows.childElementCount === 0) return;
    let met = false;
    for (const row of task.fragment.querySelectorAll('tr')) {
      if (document.getElementById(row.id)) met = true;
      if (met) row.remove();
    }
    const last = /** @type {HTMLElement} */ (task.fragment.lastElementChild);
    if (!met && last) last.after(gap('Events that arrived in between are skipped here.', eventsURL(last.dataset.cursor)));
    task.swapSpec.style = 'afterbegin';
  };

  let arrived = null; // rows are on their way into the page
  beforeSwap((tasks) => {
    const hold = held() || slides() !== null;
    for (const task of tasks) {
      if (task.target !== rows || task.swapSpec.style === 'beforeend') continue;
      arrived = arrival(rows);
      if (task.swapSpec.style === 'innerMorph') merge(task);
      const newest = task.fragment.querySelector('tr.event')?.dataset.cursor;
      for (const row of task.fragment.querySelectorAll('tr')) {
        if (row.id && document.getElementById(row.id)) {
          row.remove();
          continue;
        }
        if (row.matches('.gap') && !row.querySelector('a')) row.firstElementChild.append(' ', show(eventsURL(newest)));
        if (hold) row.hidden = true;
      }
    }
  });
  afterSwap(() => {
    if (arrived && !held() && !slides()) unhide();
    trim();
    count();
    if (!arrived) return;
    arrived();
    arrived = null;
    slides()?.then(releaseUnlessHeld);
  });
  markFar(rows);

  section.addEventListener('pointerleave', () => setTimeout(releaseUnlessHeld));
  rows.addEventListener('focusout', () => setTimeout(releaseUnlessHeld));
  document.addEventListener('scroll', releaseUnlessHeld, { passive: true });
  setInterval(releaseUnlessHeld, 1000);
  button.addEventListener('click', () => {
    release();
    scrollTo({ top: 0 });
  });
}
