// Refreshes the delivery badges of rows whose deliveries aren't final: only rows in
// sight, one request at a time, with growing intervals.
const first = 600;
const longest = 30_000;
const most = 100; // events in one request; the server takes no more
const asked = new WeakMap(); // badges -> when to ask, and how long to wait then
let busy = false;

function due(now) {
  const ids = new Set();
  for (const badges of document.querySelectorAll('.badges[data-pending]')) {
    // The row's box: its content isn't laid out while the row is out of
    // sight.
    const box = (badges.closest('tr') ?? badges).getBoundingClientRect();
    if (box.bottom < 0 || box.top > innerHeight || !badges.checkVisibility()) continue;
    const plan = asked.get(badges) ?? { at: now + first, wait: first };
    asked.set(badges, plan);
    if (plan.at <= now && ids.size < most) ids.add(badges.dataset.event);
  }
  return ids;
}

function later(badges) {
  const wait = Math.min((asked.get(badges)?.wait ?? first) * 2, longest);
  asked.set(badges, { at: performance.now() + wait, wait });
}

// An event may have rows in several tables.
function put(fresh) {
  for (const old of document.querySelectorAll(`.badges[data-pending][data-event="${CSS.escape(fresh.dataset.event)}"]`)) {
    later(old);
    old.toggleAttribute('data-pending', 'pending' in fresh.dataset);
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.cloneNode(true).childNodes);
  }
}

async function ask() {
  if (busy || document.hidden) return;
  const began = performance.now();
  const ids = due(began);
  if (ids.size === 0) return;
  busy = true;
  try {
    const query = new URLSearchParams([...ids].map((id) => ['id', id]));
    const response = await fetch(`/event-badges?${query}`);
    if (!response.ok) throw new Error(`badges: ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const fresh of page.querySelectorAll('.badges')) put(fresh);
    // A removed event isn't in the response; it is requested again later.
    for (const badges of document.querySelectorAll('.badges[data-pending]')) {
      if (ids.has(badges.dataset.event) && asked.get(badges)?.at <= began) later(badges);
    }
  } catch {
    // The header says that the page is disconnected; try again later.
    for (const badges of document.querySelectorAll('.badges[data-pending]')) asked.set(badges, { at: performance.now() + 5000, wait: 5000 });
  } finally {
    busy = false;
  }
}

// A page may get its first table of events after loading.
setInterval(ask, 1500);
