// The server writes times in UTC; here they become the reader's own. Fragments
// are changed before they are swapped in, so that a morph finds equal text
// equal and leaves it alone.
const sameDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const sameYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const otherYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const inFull = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'long', hourCycle: 'h23' });

function clock(at, now) {
  if (at.toDateString() === now.toDateString()) return sameDay.format(at);
  return (at.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(at);
}

// The same words as views.AgeOf.
function age(at, now) {
  const s = Math.floor((now - at) / 1000);
  if (s < -60) return 'in the future';
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400).toLocaleString('en')} days ago`;
}

// The same words as views.untilWords.
function until(at, now) {
  const s = Math.floor((at - now) / 1000);
  if (s < 1) return 'any moment now';
  if (s < 60) return `in ${s} s`;
  if (s < 3600) return `in ${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `in ${Math.round(s / 3600)} h`;
  return `in ${Math.round(s / 86400).toLocaleString('en')} days`;
}

function words(time, at, now) {
  if ('age' in time.dataset) return age(at, now);
  if ('until' in time.dataset) return until(at, now);
  if ('minutes' in time.dataset) return minutes.format(at);
  return 'full' in time.dataset ? inFull.format(at) : clock(at, now);
}

function write(time, now) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  if ('utc' in time.dataset) return;
  const text = words(time, at, now);
  if (time.textContent !== text) time.textContent = text;
  if (!('full' in time.dataset)) {
    const title = `${inFull.format(at)} (${time.dateTime})`;
    if (time.title !== title) time.title = title;
  }
}

export function localTimes(root) {
  const now = new Date();
  for (const time of root.querySelectorAll('time[datetime]')) write(time, now);
}

localTimes(document);
setInterval(() => {
  if (!document.hidden) localTimes(document);
}, 10_000);
document.addEventListener('visibilitychange', () => localTimes(document));
document.addEventListener('htmx:before:swap', (event) => {
  for (const task of event.detail.tasks) localTimes(task.fragment);
});
