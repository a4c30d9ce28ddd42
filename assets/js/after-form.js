// After a form, the server redirects to its page. This restores the person's place:
// the same control has the focus, at the same height in the window. If the control is
// gone, the next similar one gets the focus.
const key = 'postern-form';
const longest = 60_000; // ms between a form and the page that it leads to
const inSight = 10_000; // ms

const path = (url) => new URL(url, location.href).pathname;
const alike = (form) => (form.matches('[data-acknowledge]') ? '[data-acknowledge]' : null);

function save(value) {
  try {
    if (value) sessionStorage.setItem(key, JSON.stringify(value));
    else sessionStorage.removeItem(key);
  } catch {
    // Without storage, the page starts at its top.
  }
}

function saved() {
  try {
    const left = JSON.parse(sessionStorage.getItem(key));
    return left && Date.now() - left.at < longest ? left : null;
  } catch {
    return null;
  }
}

document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method !== 'post') return;
  // A form that led to a question, such as for a name, keeps the place of the
  // first form.
  if (saved() && path(form.action) === location.pathname) return;
  const button = /** @type {HTMLButtonElement} */ (event.submitter ?? form.querySelector('button:not([hidden])') ?? form);
  const list = alike(form);
  const around = [];
  for (let node = /** @type {HTMLElement} */ (form); node; node = node.parentElement) if (node.getAttribute('id')) around.push(node.getAttribute('id'));
  save({
    at: Date.now(), page: location.pathname, action: path(form.action), name: button.name ?? '', value: button.value ?? '',
    list, place: list ? [...document.querySelectorAll(list)].indexOf(form) : -1,
    around, top: button.getBoundingClientRect().top, scroll: scrollY,
  });
});

const pressed = (form, left) => [.../** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll('button:not([hidden])'))]
  .find((button) => button.name === left.name && button.value === left.value) ?? null;

// Finds the same button, the next one in its list, or an element around it.
function previousControl(left) {
  for (const form of document.forms) {
    if (form.method !== 'post' || path(form.action) !== left.action) continue;
    const button = pressed(form, left);
    if (button?.checkVisibility()) return button;
  }
  if (left.list) {
    const others = [...document.querySelectorAll(left.list)];
    const next = others[Math.min(left.place, others.length - 1)];
    if (next) return pressed(next, left) ?? next.querySelector('button');
  }
  for (const id of left.around) {
    const node = document.getElementById(id);
    if (!node?.checkVisibility()) continue;
    const inside = node.matches('details') ? node.querySelector('summary') : node.querySelector('a[href], button:not([hidden]), summary');
    if (inside) return inside;
  }
  return null;
}

// Shows a message for a moment to a person who has scrolled down, and changes its text
// node, so that a screen reader announces it.
function announce(notice) {
  if (notice.getBoundingClientRect().top < 0) {
    notice.classList.add('pinned');
    setTimeout(() => notice.classList.remove('pinned'), inSight);
  }
  const text = notice.firstElementChild;
  if (text) setTimeout(() => text.replaceWith(text.cloneNode(true)), 100);
}

// Restores the place, after the other scripts have changed the page.
queueMicrotask(() => {
  const left = saved();
  const notice = document.getElementById('notice');
  const wrong = document.querySelector('[aria-invalid="true"]');
  const here = left?.page === location.pathname;
  if (here) save(null);
  // After an error the first wrong field gets the focus. A question, or a secret
  // that is shown once, gets it first.
  const first = wrong ?? (notice?.matches('.question, [data-once]') ? notice : null);
  if (first) {
    first.focus();
  } else if (here) {
    const control = previousControl(left);
    control?.focus({ preventScroll: true });
    scrollTo({ top: control ? scrollY + control.getBoundingClientRect().top - left.top : left.scroll, behavior: 'instant' });
    if (notice) announce(notice);
  } else {
    notice?.focus();
  }
});
