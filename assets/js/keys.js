import { close, isOpen, open, openRow } from './panel.js';

// Keys for whoever works without a mouse. They are listed in views/keys.templ and
// do nothing while somebody types or holds a modifier.
const dialog = document.getElementById('keys');
const search = document.querySelector('[data-search]');

function typing(target) {
  return target.closest?.('input, textarea, select, [contenteditable]') !== null;
}

// A row is what has a way in: the first link of a row of a list.
function ways() {
  return [...document.querySelectorAll('table:is(.events, .attempts, .endpoints) tbody tr:not([hidden])')]
    .map((row) => row.querySelector('a[href]'))
    .filter((link) => link?.checkVisibility());
}

function step(by) {
  const links = ways();
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

// On an event's own page its neighbours in the log are next and before.
function follow(rel) {
  document.querySelector(`.neighbours a[rel="${rel}"]`)?.click();
}

const alone = document.querySelector('main > .event-page') !== null;
const does = {
  '/': () => {
    if (search) search.select();
    else location.assign('/events#search');
  },
  j: () => (alone ? follow('next') : step(1)),
  k: () => (alone ? follow('prev') : step(-1)),
  '?': () => dialog.showModal(),
  Escape: () => {
    if (isOpen()) close();
  },
};

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!Object.hasOwn(does, event.key) || dialog?.open || typing(event.target)) return;
  if (event.key !== 'Escape') event.preventDefault();
  does[event.key]();
});

const hint = document.querySelector('[data-keys]');
if (hint) {
  hint.hidden = false;
  hint.addEventListener('click', () => dialog.showModal());
}
if (search && location.hash === '#search') search.focus();
