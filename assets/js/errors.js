// What a page asked for and didn't get is said in words: what happened, and
// what to do. What is asked for over and over isn't: there the header says
// that the page is no longer live.
const place = document.getElementById('trouble');

function say(text) {
  place.textContent = text;
  place.hidden = false;
}

function asked(event) {
  return place && event.detail.ctx && event.detail.ctx.sourceEvent?.type !== 'every';
}

// An error's page says what is wrong in its first paragraph.
function detail(text) {
  return new DOMParser().parseFromString(text ?? '', 'text/html').querySelector('main .empty p')?.textContent.trim();
}

document.addEventListener('htmx:response:error', (event) => {
  if (asked(event)) say(detail(event.detail.ctx.text) ?? `Postern answered with status ${event.detail.ctx.response.status}. Reload the page; if it stays so, look at Postern's log.`);
});
document.addEventListener('htmx:error', (event) => {
  if (asked(event)) say('Postern didn’t answer. What is shown here stays as it was. Check that Postern runs and that this machine reaches it, then try again.');
});
document.addEventListener('htmx:after:swap', (event) => {
  if (asked(event) && event.detail.ctx.response?.status < 400) place.hidden = true;
});

// A page that takes its time says that it is on its way.
let slow = 0;
function begin() {
  clearTimeout(slow);
  slow = setTimeout(() => document.documentElement.classList.add('loading'), 300);
}
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute('download') || link.getAttribute('href').startsWith('#')) return;
  begin();
});
document.addEventListener('submit', (event) => {
  if (!event.defaultPrevented && event.target.method !== 'dialog') begin();
});
for (const type of ['pageshow', 'pagehide']) {
  addEventListener(type, () => {
    clearTimeout(slow);
    document.documentElement.classList.remove('loading');
  });
}
