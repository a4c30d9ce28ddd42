import { reading } from './reading.js';

// The live state in the header, and the rows of the live page: they wait
// while somebody reads, and never grow beyond what a page can hold.
const state = document.getElementById('live-state');
const word = document.getElementById('live-word');

const words = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  lost: 'Not connected',
};

function show(name) {
  if (!state || state.dataset.state === name) return;
  state.dataset.state = name;
  word.textContent = words[name];
}

let connected = false;
document.addEventListener('htmx:ws:before:connection', () => show(connected ? 'reconnecting' : 'connecting'));
document.addEventListener('htmx:ws:after:connection', () => {
  connected = true;
  show('live');
});
document.addEventListener('htmx:ws:close', (event) => {
  const { connection, code, reason } = event.detail;
  if (reason === 'removed') return;
  show(reason === 'closed' && connection.config.reconnectCodes.includes(code) ? 'reconnecting' : 'lost');
});

const rows = document.getElementById('live-rows');
if (rows) {
  const max = Number(rows.dataset.max);
  const button = document.getElementById('live-new');
  // The whole section counts, the button's way included: it would be gone
  // from under a pointer that left the rows for it.
  const section = rows.closest('.live');
  const held = () => reading(section) || rows.contains(document.activeElement) || rows.getBoundingClientRect().top < 0;

  const release = () => {
    for (const row of rows.querySelectorAll('tr[hidden]')) {
      row.hidden = false;
      row.classList.add('fresh');
    }
    trim();
    count();
  };

  const count = () => {
    const waiting = rows.querySelectorAll('tr.event[hidden]').length;
    button.hidden = waiting === 0;
    if (waiting > 0) button.textContent = waiting >= max ? `${max} new or more` : `${waiting} new`;
  };

  // The oldest rows go first; while somebody reads, the oldest of those that
  // wait, since the others are in use.
  const trim = () => {
    const waiting = rows.querySelectorAll('tr[hidden]');
    for (let i = max; i < waiting.length; i++) waiting[i].remove();
    const shown = rows.querySelectorAll('tr:not([hidden])');
    const room = waiting.length > 0 ? shown.length : max;
    for (let i = room; i < shown.length; i++) shown[i].remove();
  };

  document.addEventListener('htmx:before:swap', (event) => {
    const hold = held();
    for (const task of event.detail.tasks) {
      if (task.target !== rows) continue;
      for (const row of task.fragment.querySelectorAll('tr')) {
        const known = row.id && document.getElementById(row.id);
        if (known && task.swapSpec.style === 'afterbegin') row.remove();
        else if (known) row.hidden = known.hidden;
        else if (hold) row.hidden = true;
        else if (task.swapSpec.style === 'afterbegin') row.classList.add('fresh');
      }
    }
  });
  document.addEventListener('htmx:after:swap', () => {
    if (!held()) release();
    trim();
    count();
  });

  const releaseUnlessHeld = () => {
    if (!button.hidden && !held()) release();
  };
  section.addEventListener('pointerleave', () => setTimeout(releaseUnlessHeld));
  rows.addEventListener('focusout', () => setTimeout(releaseUnlessHeld));
  document.addEventListener('scroll', releaseUnlessHeld, { passive: true });
  setInterval(releaseUnlessHeld, 1000);
  button.addEventListener('click', () => {
    release();
    scrollTo({ top: 0 });
  });
}
