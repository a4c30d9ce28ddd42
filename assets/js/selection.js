// Selects rows of a list for a form that acts on all of them. Without scripts the
// form is always shown.
import { beforeSwap } from './htmx.js';
import { shortcut } from './shortcuts.js';

const form = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-picked]'));

const boxes = () => /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('[data-pick]')]);

/** The row with the focus, or else the first. */
const row = () => document.activeElement.closest?.('tr:has([data-pick])') ?? document.querySelector('tr:has([data-pick])');

function show() {
  const all = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-pick-all]'));
  const beyond = /** @type {HTMLInputElement | null} */ (form.querySelector('[data-pick-beyond]'));
  const shown = boxes();
  const picked = shown.filter((box) => box.checked).length;
  form.hidden = picked === 0;
  form.querySelector('[data-picked-count]').textContent = String(picked);
  if (beyond) {
    beyond.closest('label').hidden = picked < shown.length;
    if (picked < shown.length) beyond.checked = false;
  }
  if (!all) return;
  all.hidden = false;
  all.checked = picked > 0 && picked === shown.length;
  all.indeterminate = picked > 0 && picked < shown.length;
}

function pickAll(checked) {
  for (const box of boxes()) box.checked = checked;
  show();
}

const does = {
  // The row keeps the focus, so that j and k go on from it.
  x: () => {
    const box = /** @type {HTMLInputElement | null | undefined} */ (row()?.querySelector('[data-pick]'));
    if (!box) return;
    box.checked = !box.checked;
    show();
  },
  '*': () => pickAll(boxes().some((box) => !box.checked)),
  // To the form's buttons.
  b: () => /** @type {HTMLButtonElement | null} */ (form.querySelector('button[formaction]'))?.focus(),
};

if (form) {
  show();
  document.addEventListener('change', (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box.matches('[data-pick-all]')) pickAll(box.checked);
    else if (box.matches('[data-pick]')) show();
  });
  form.addEventListener('reset', () => { pickAll(false); });
  addEventListener('pageshow', show);
  addEventListener('keydown', (event) => {
    if (!Object.hasOwn(does, event.key) || !shortcut(event)) return;
    event.preventDefault();
    does[event.key]();
  });
  // Rows don't move while some are selected: a person is about to act on them.
  document.addEventListener('htmx:before:request', (event) => {
    const list = /** @type {HTMLElement} */ (event.target);
    if (list.matches?.('[data-live]:has([data-pick])') && boxes().some((box) => box.checked)) event.preventDefault();
  });
  beforeSwap((tasks) => {
    if (tasks.some(({ target }) => target?.querySelector?.('[data-pick]'))) requestAnimationFrame(show);
  });
}

// A choice in a list's search applies at once.
document.addEventListener('change', ({ target }) => {
  const select = /** @type {HTMLSelectElement} */ (target);
  if (select.matches('select') && select.form?.matches('[data-submits]')) select.form.requestSubmit();
});
