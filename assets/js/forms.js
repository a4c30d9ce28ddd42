import { beforeSwap } from './htmx.js';

// Behaviour of forms.
document.addEventListener('change', (event) => {
  const control = /** @type {HTMLInputElement} */ (event.target);
  const form = control.form;
  if (!form) return;
  // "All events" and a choice of types exclude each other.
  if (control.name === 'event_types' && control.checked) {
    const all = control.matches('[data-all]');
    for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('[name="event_types"]'))) {
      if (box !== control && (all || box.matches('[data-all]'))) box.checked = false;
    }
  }
});

// Entering a time also selects the option beside it.
document.addEventListener('input', (event) => {
  const control = /** @type {HTMLInputElement} */ (event.target);
  if (control.id !== 'since') return;
  /** @type {HTMLInputElement} */ (control.form.querySelector('[data-since]')).checked = true;
});

// An error disappears when its field is edited.
document.addEventListener('input', ({ target }) => {
  const field = /** @type {HTMLElement} */ (target).closest?.('.field');
  if (!field) return;
  for (const one of field.querySelectorAll('[aria-invalid]')) one.removeAttribute('aria-invalid');
  field.classList.remove('wrong');
  field.querySelector('.field-error')?.replaceChildren();
  field.querySelector('.url-check')?.remove();
});

// Disables a button once it is pressed, so that a form is sent once.
document.addEventListener('submit', (event) => {
  const button = /** @type {HTMLButtonElement} */ (event.submitter);
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (button && !event.defaultPrevented && form.method !== 'dialog') setTimeout(() => { button.disabled = true; });
});
addEventListener('pageshow', () => {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('form button:disabled'))) button.disabled = false;
});
beforeSwap((tasks) => {
  // An open confirmation stays open when its part of the page is refreshed.
  for (const task of tasks) {
    for (const open of task.target?.querySelectorAll?.('details[id][open]') ?? []) {
      task.fragment.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute('open', '');
    }
  }
});
