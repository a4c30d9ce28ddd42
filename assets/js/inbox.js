// The inbox: selects groups, and acts on them with single keys. Without scripts the
// checkboxes and buttons do the same.
import { beforeSwap } from './htmx.js';
import { shortcut } from './shortcuts.js';

const inbox = document.getElementById('alert-inbox');

const boxes = () => /** @type {HTMLInputElement[]} */ ([...inbox.querySelectorAll('input[name="group"]')]);

/** The row with the focus, or else the first. */
function row() {
  return document.activeElement.closest?.('#alert-inbox tbody tr') ?? inbox.querySelector('tbody tr');
}

function showAll() {
  const all = /** @type {HTMLInputElement | null} */ (inbox.querySelector('[data-pick-all]'));
  if (!all) return;
  const picked = boxes().filter((box) => box.checked).length;
  all.hidden = false;
  all.checked = picked > 0 && picked === boxes().length;
  all.indeterminate = picked > 0 && picked < boxes().length;
}

function press(act) {
  /** @type {HTMLButtonElement | null | undefined} */ (row()?.querySelector(`[data-act="${act}"]`))?.click();
}

const does = {
  a: () => press('acknowledge'),
  m: () => press('assign'),
  x: () => {
    const box = /** @type {HTMLInputElement | null | undefined} */ (row()?.querySelector('input[name="group"]'));
    if (!box) return;
    box.checked = !box.checked;
    showAll();
  },
};

if (inbox) {
  showAll();
  inbox.addEventListener('change', (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box.matches('[data-pick-all]')) {
      for (const one of boxes()) one.checked = box.checked;
    }
    showAll();
  });
  addEventListener('keydown', (event) => {
    if (!Object.hasOwn(does, event.key) || !shortcut(event)) return;
    event.preventDefault();
    does[event.key]();
  });
  // Rows don't move while some are selected: a person is about to act on them.
  document.addEventListener('htmx:before:request', (event) => {
    if (event.target === inbox && boxes().some((box) => box.checked)) event.preventDefault();
  });
  beforeSwap((tasks) => {
    if (tasks.some(({ target }) => target === inbox)) requestAnimationFrame(showAll);
  });
}
