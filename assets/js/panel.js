// On a wide page an event opens in a panel beside the list, else on its own page. Both
// have the event's address: opening the panel adds it to the history, so that Back
// closes it and Forward opens it again. A reload of the address shows the event's
// page.
const panel = document.getElementById('panel');
const list = document.getElementById('live-rows');
const room = matchMedia('(min-width: 1100px)');
const opened = location.pathname + location.search;

/** Whether an event is open beside the list. */
export function isOpen() {
  return panel !== null && !panel.hidden;
}

/** The row of the event that is open. */
export function openRow() {
  return list?.querySelector('tr[aria-current]') ?? null;
}

function mark(path) {
  openRow()?.removeAttribute('aria-current');
  const id = decodeURIComponent(path.slice('/events/'.length));
  document.getElementById(`e-${id}`)?.setAttribute('aria-current', 'true');
}

function fill(path) {
  mark(path);
  panel.hidden = false;
  panel.scrollTop = 0; // or the next event would begin in its middle
  document.documentElement.classList.add('panel-open');
  /** @type {HTMLAnchorElement} */ (document.getElementById('panel-page')).href = path;
  return window.htmx.ajax('GET', path, { source: panel, target: '#panel-body', select: '#event', swap: 'innerHTML ignoreTitle:true' });
}

/** Opens an event beside the list; step says that another one was open. */
export function open(path, step = false) {
  if (step || isOpen()) history.replaceState({ panel: true }, '', path);
  else history.pushState({ panel: true }, '', path);
  fill(path);
  panel.focus({ preventScroll: true });
}

function hide() {
  const row = openRow();
  row?.removeAttribute('aria-current');
  panel.hidden = true;
  document.documentElement.classList.remove('panel-open');
  document.getElementById('panel-body').replaceChildren();
  if (panel.contains(document.activeElement) || document.activeElement === document.body) row?.querySelector('a')?.focus({ preventScroll: true });
}

/** Closes what is open; the way back to the list is the browser's own. */
export function close() {
  hide();
  if (history.state?.panel) history.back();
}

if (panel) {
  document.addEventListener('click', (event) => {
    const link = /** @type {HTMLAnchorElement} */ (/** @type {HTMLElement} */ (event.target).closest?.('tr.event .c-sentence a, a[data-event]'));
    if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !room.matches) return;
    event.preventDefault();
    open(link.pathname);
  });
  document.getElementById('panel-close').addEventListener('click', close);
  room.addEventListener('change', () => {
    if (isOpen() && !room.matches) location.reload();
  });
}

addEventListener('popstate', () => {
  const here = location.pathname + location.search;
  if (panel && location.pathname.startsWith('/events/') && room.matches) fill(location.pathname);
  else if (panel && here === opened) hide();
  // The document belongs to another address, under which it was reloaded.
  else if (here !== opened) location.reload();
});
