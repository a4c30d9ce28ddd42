// Endless scroll. htmx brings the next page as its link gets into sight, by
// the cursor in the link, so that no event is missed or comes twice however
// many arrive meanwhile. A page holds so many rows and no more: then the link
// is one again.
const most = 2000;
const rows = document.getElementById('live-rows');
const auto = document.getElementById('older')?.cloneNode(true);

/** The events page with this page's filter, from below a row on. */
export function eventsURL(cursor) {
  const url = new URL(auto?.href ?? '/events', location.href);
  url.searchParams.delete('cursor');
  if (!auto) url.search = location.search;
  if (cursor) url.searchParams.set('cursor', cursor);
  return url.pathname + url.search;
}

/** A link to what a gap has left out. */
export function show(href) {
  const link = document.createElement('a');
  link.href = href;
  link.textContent = 'Show them';
  return link;
}

/** A row that says that others are missing in its place. */
export function gap(text, href) {
  const row = document.createElement('tr');
  row.className = 'gap';
  const cell = row.insertCell();
  cell.colSpan = 5;
  cell.append(text, ' ', show(href));
  return row;
}

/** Makes the page go on from a row that is the last one now. */
export function goOnFrom(row) {
  let link = document.getElementById('older');
  if (!link || !row?.dataset.cursor) return;
  if (!link.hasAttribute('hx-get') || link.getAttribute('hx-trigger') !== 'click, intersect rootMargin:600px') {
    const fresh = auto.cloneNode(true);
    fresh.setAttribute('hx-trigger', 'click, intersect rootMargin:600px');
    link.replaceWith(fresh);
    link = fresh;
  }
  link.href = eventsURL(row.dataset.cursor);
  link.setAttribute('hx-get', link.getAttribute('href'));
  link.hidden = false;
  document.getElementById('no-older').hidden = true;
  if (!link._htmx) window.htmx.process(link);
}

if (rows && auto) {
  document.addEventListener('htmx:before:swap', (event) => {
    for (const task of event.detail.tasks) {
      if (task.target !== rows || task.swapSpec.style !== 'beforeend') continue;
      for (const row of task.fragment.querySelectorAll('tr')) {
        if (document.getElementById(row.id)) row.remove();
      }
    }
  });
  document.addEventListener('htmx:after:swap', () => {
    const link = document.getElementById('older');
    if (rows.childElementCount < most || !link?.hasAttribute('hx-get')) return;
    const plain = link.cloneNode(true);
    for (const { name } of [...plain.attributes]) {
      if (name.startsWith('hx-') || name.startsWith('data-htmx')) plain.removeAttribute(name);
    }
    plain.lastChild.textContent = 'Older, on a page of their own';
    link.replaceWith(plain);
  });
}
