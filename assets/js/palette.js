// The palette: Ctrl-K finds a page, an action, a webhook, a camera, an event or a
// person, and goes there. The server suggests (/go/suggestions); without JavaScript its
// page /go does the same.

const wait = 120; // ms after a key
const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('palette'));
const field = /** @type {HTMLInputElement | null} */ (document.getElementById('palette-text'));
const list = document.getElementById('palette-list');
const status = document.getElementById('palette-status');

let timer, request;
// The addresses of the suggestions that are shown, and of those for the text.
let shown, wanted;

function options() {
  return /** @type {HTMLElement[]} */ ([...list.children]);
}

function select(option) {
  for (const other of options()) other.setAttribute('aria-selected', String(other === option));
  if (option) {
    field.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  } else {
    field.removeAttribute('aria-activedescendant');
  }
}

function selected() {
  return options().find((option) => option.ariaSelected === 'true');
}

function move(by) {
  const all = options();
  if (all.length === 0) return;
  const at = all.indexOf(selected());
  select(all[(at + by + all.length) % all.length]);
}

function say(text) {
  status.textContent = text;
}

async function suggest(address) {
  clearTimeout(timer);
  wanted = address;
  request?.abort();
  request = new AbortController();
  const own = request;
  try {
    const response = await fetch(address, { headers: { 'HX-Request': 'true' }, signal: own.signal });
    if (!response.ok) throw new Error(String(response.status));
    const text = await response.text();
    if (own.signal.aborted) return;
    list.replaceChildren(...new DOMParser().parseFromString(text, 'text/html').body.children);
    shown = address;
    const n = options().length;
    field.setAttribute('aria-expanded', String(n > 0));
    select(options()[0]);
    say(n === 1 ? '1 suggestion' : `${n} suggestions`);
  } catch {
    if (own.signal.aborted) return;
    list.replaceChildren();
    field.setAttribute('aria-expanded', 'false');
    select(null);
    say('Suggestions can’t be loaded. Enter opens the search as a page.');
  }
}

function addressOf(text) {
  return `${list.dataset.from}?q=${encodeURIComponent(text.trim())}`;
}

function typed() {
  clearTimeout(timer);
  wanted = addressOf(field.value);
  timer = setTimeout(suggest, wait, wanted);
}

/** Goes where an option leads, or takes its action. */
function take(option, apart) {
  const { to, post, stay } = option.dataset;
  if (stay !== undefined) {
    suggest(list.dataset.from + to.slice(to.indexOf('?')));
    field.focus();
    return;
  }
  if (post !== undefined) {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = to;
    document.body.append(form);
    form.submit();
  } else if (apart) {
    window.open(to, '_blank', 'noopener');
  } else {
    dialog.close();
    location.assign(to);
  }
}

async function enter(event) {
  event.preventDefault();
  if (shown !== wanted) await suggest(wanted); // Enter came before the suggestions
  const option = selected();
  if (option) take(option, event.ctrlKey || event.metaKey);
  else /** @type {HTMLFormElement} */ (field.form).submit();
}

function open() {
  field.value = '';
  shown = null;
  list.replaceChildren();
  say('');
  dialog.showModal();
  suggest(addressOf(''));
}

if (dialog) {
  addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (!dialog.open && document.querySelector('dialog[open]')) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  for (const link of document.querySelectorAll('[data-palette]')) {
    link.addEventListener('click', (event) => {
      if (/** @type {MouseEvent} */ (event).ctrlKey || /** @type {MouseEvent} */ (event).metaKey) return;
      event.preventDefault();
      open();
    });
  }
  dialog.querySelector('[data-palette-close]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close(); // its backdrop
  });
  field.addEventListener('input', typed);
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter') {
      enter(event);
      return;
    } else return;
    event.preventDefault();
  });
  list.addEventListener('click', (event) => {
    const option = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('[role="option"]'));
    if (option) take(option, event.ctrlKey || event.metaKey);
  });
  list.addEventListener('pointermove', (event) => {
    const option = /** @type {HTMLElement} */ (event.target).closest('[role="option"]');
    if (option && option.ariaSelected !== 'true') select(option);
  });
}
