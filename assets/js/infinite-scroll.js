import { afterSwap, beforeSwap } from './htmx.js';

// Infinite scroll. htmx loads the next page when its link comes into sight, from
// the cursor in the link: no event is missed or shown twice, however many arrive
// meanwhile. A page holds a bounded number of rows; after that the link is a plain
// link again.
const most = 2000;
const rows = document.getElementById('live-rows');
const auto = /** @type {HTMLAnchorElement | undefined} */ (document.getElementById('older')?.cloneNode(true));

/**
 * The address of the events page with this page's filter, from a cursor on.
 * @param {string} [cursor]
 */
export function eventsURL(cursor) {
  const url = new URL(auto?.href ?? '/events', location.href);
  url.searchParams.delete('cursor');
  if (!auto) url.search = location.search;
  if (cursor) url.searchParams.set('cursor', cursor);
  return url.pathname + url.search;
}

/**
 * A link to the events that a gap has left out.
 * @param {string} href
 */
export function linkTo(href) {
  const link = document.createElement('a');
  link.href = href;
  link.textContent = 'Show them';
  return link;
}

/**
 * A row that says that events are left out in its place.
 * @param {string} text
 * @param {string} href
 */
export function gap(text, href) {
  const row = document.createElement('tr');
  row.className = 'gap';
  const cell = row.insertCell();
  cell.colSpan = 5;
  cell.append(text, ' ', linkTo(href));
  return row;
}

/**
 * Makes the link to older events continue from the row that is the last one now.
 * @param {HTMLElement} row
 */
export function continueFrom(row) {
  let link = /** @type {HTMLAnchorElement} */ (document.getElementById('older'));
  if (!link || !row?.dataset.cursor) return;
  if (!link.hasAttribute('hx-get') || link.getAttribute('hx-trigger') !== 'click, intersect rootMargin:600px') {
    const fresh = /** @type {HTMLAnchorElement} */ (auto.cloneNode(true));
    fresh.setAttribute('hx-trigger', 'click, intersect rootMargin:600px');
    link.replaceWith(fresh);
    link = fresh;
  }
  link.href = eventsURL(row.dataset.cursor);
  link.setAttribute('hx-get', link.getAttribute('href'));
  link.hidden = false;
  document.getElementById('no-older').hidden = true;
  window.htmx.process(link); // which does nothing the second time
}

if (rows && auto) {
  beforeSwap((tasks) => {
    for (const task of tasks) {
      if (task.target !== rows || task.swapSpec.style !== 'beforeend') continue;
      for (const row of task.fragment.querySelectorAll('tr')) {
        if (document.getElementById(row.id)) row.remove();
      }
    }
  });
  afterSwap(() => {
    const link = document.getElementById('older');
    if (rows.childElementCount < most || !link?.hasAttribute('hx-get')) return;
    const plain = /** @type {HTMLAnchorElement} */ (auto.cloneNode(true));
    for (const name of plain.getAttributeNames()) {
      if (name.startsWith('hx-')) plain.removeAttribute(name);
    }
    plain.href = /** @type {HTMLAnchorElement} */ (link).href;
    plain.hidden = false;
    plain.lastChild.textContent = 'Open older events';
    link.replaceWith(plain);
  });
}
