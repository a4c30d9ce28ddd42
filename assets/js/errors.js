import { afterSwap } from './htmx.js';

// A request that failed is reported in words: what happened, and what to do.
// Background requests aren't reported: for them the header says that the page is no
// longer live.
const place = document.getElementById('request-error');

function say(text) {
  place.textContent = text;
  place.hidden = false;
}

/**
 * Whether a person made the request.
 * @param {import('./htmx.js').RequestContext} [context]
 */
function asked(context) {
  return place && context && context.sourceEvent?.type !== 'every';
}

// The first paragraph of an error page says what is wrong.
function detail(text) {
  return new DOMParser().parseFromString(text ?? '', 'text/html').querySelector('main .empty p')?.textContent.trim();
}

document.addEventListener('htmx:response:error', (/** @type {CustomEvent} */ event) => {
  const context = event.detail.ctx;
  if (asked(context)) say(detail(context.text) ?? `Postern answered with status ${context.response.status}. Reload the page; if it stays so, look at Postern's log.`);
});
document.addEventListener('htmx:error', (/** @type {CustomEvent} */ event) => {
  if (asked(event.detail.ctx)) say('Postern didn’t respond. The page shows the last known state. Check that Postern is running and reachable, then try again.');
});
afterSwap((context) => {
  if (asked(context) && context.response?.status < 400) place.hidden = true;
});

// Shows that a slow page is loading.
let slow = 0;
function begin() {
  clearTimeout(slow);
  slow = setTimeout(() => document.documentElement.classList.add('loading'), 300);
}
document.addEventListener('click', (event) => {
  const link = /** @type {HTMLAnchorElement} */ (/** @type {HTMLElement} */ (event.target).closest?.('a[href]'));
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute('download') || link.getAttribute('href').startsWith('#')) return;
  begin();
});
document.addEventListener('submit', (event) => {
  if (!event.defaultPrevented && /** @type {HTMLFormElement} */ (event.target).method !== 'dialog') begin();
});
for (const type of ['pageshow', 'pagehide']) {
  addEventListener(type, () => {
    clearTimeout(slow);
    document.documentElement.classList.remove('loading');
  });
}
