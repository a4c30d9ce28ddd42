import { arrival, markFar, slides } from './row-arrival.js';
import { afterSwap, beforeSwap } from './htmx.js';
import { eventsURL, gap, continueFrom, linkTo } from './infinite-scroll.js';
import { isOpen } from './panel.js';
import { reading } from './hover-hold.js';

// Adds rows that arrive: newest first, none twice. Rows are held back while a person
// reads, and the page holds a bounded number of them.
const rows = document.getElementById('live-rows');
const button = document.getElementById('live-new');
if (rows && button) {
  const max = Number(rows.dataset.max);
  // The whole section counts, not only the rows: otherwise the button would
  // disappear while the pointer moves to it.
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

  // Rows that wait for the end of an animation need no button.
  const count = () => {
    waiting = rows.querySelectorAll('tr.event[hidden]').length;
    button.hidden = waiting === 0 || !held();
    if (waiting > 0) button.textContent = waiting >= max ? `${max} new or more` : `${waiting} new`;
  };

  const releaseUnlessHeld = () => {
    if (waiting > 0 && !held() && !slides()) release();
    else if (waiting > 0) button.hidden = !held();
  };

  // Removes the oldest rows; the link to older events leads to them. While a
  // person reads, it removes the oldest of the held rows, because the others are
  // in use, and marks the gap.
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
    // Older rows are being loaded; they continue from the last row.
    if (document.querySelector('#older.htmx-request')) return;
    // A gap at the end needs no mark: the link to older events includes
    // it.
    while (rows.childElementCount > max || rows.lastElementChild.matches('.gap')) rows.lastElementChild.remove();
    continueFrom(/** @type {HTMLElement} */ (rows.lastElementChild));
  };

  // A snapshot arrives with every connection. Known rows keep their place. If no
  // row of the snapshot is known, events in between are missing, and a gap marks
  // them.
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
        if (row.matches('.gap') && !row.querySelector('a')) row.firstElementChild.append(' ', linkTo(eventsURL(newest)));
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
