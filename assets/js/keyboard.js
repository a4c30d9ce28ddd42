import { close, isOpen, open, openRow } from './panel.js';
import { shortcut, showKeys } from './shortcuts.js';

// Keyboard shortcuts. views/ui/keyboard.templ lists them.
const search = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-search]'));

// The search field may be folded.
function toSearch() {
  const fold = /** @type {HTMLDetailsElement | null} */ (document.querySelector('.filter-fold'));
  if (fold && !search.checkVisibility()) fold.open = true;
  search.select();
}

// The first link of each row of a list. Tables in the panel beside the list don't
// count.
function rowLinks() {
  return [...document.querySelectorAll('table:is(.events, .groups, .attempts, .endpoints) tbody tr:not([hidden])')]
    .map((row) => /** @type {HTMLAnchorElement | null} */ (row.querySelector('a[href]')))
    .filter((link) => link?.checkVisibility() && !link.closest('#panel'));
}

function step(by) {
  const links = rowLinks();
  const from = isOpen() ? openRow() : document.activeElement.closest?.('tbody tr');
  const at = from ? links.findIndex((link) => from.contains(link)) : -1;
  const next = links[at === -1 ? 0 : at + by];
  if (!next) return;
  if (isOpen()) {
    open(next.pathname, true);
    next.scrollIntoView({ block: 'nearest' });
  } else {
    next.focus();
    next.closest('tr').scrollIntoView({ block: 'nearest' });
  }
}

// On an event's page, the keys open the adjacent events.
function follow(rel) {
  document.querySelector(`.neighbours a[rel="${rel}"]`)?.click();
}

const alone = document.querySelector('main > .event-page') !== null;
const actions = {
  '/': () => {
    if (search) toSearch();
    else if (!document.getElementById('monitor')) location.assign('/events#search');
  },
  j: () => (alone ? follow('next') : step(1)),
  k: () => (alone ? follow('prev') : step(-1)),
  '?': showKeys,
  Escape: () => {
    if (isOpen()) close();
  },
};

addEventListener('keydown', (event) => {
  if (!Object.hasOwn(actions, event.key) || !shortcut(event)) return;
  if (event.key !== 'Escape') event.preventDefault();
  actions[event.key]();
});

if (search && location.hash === '#search') toSearch();
