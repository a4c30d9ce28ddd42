// Small helps in forms.
document.addEventListener('change', (event) => {
  const form = event.target.form;
  if (!form) return;
  // "All events" and a choice of types exclude each other.
  if (event.target.name === 'event_types' && event.target.checked) {
    const all = event.target.matches('[data-all]');
    for (const box of form.querySelectorAll('[name="event_types"]')) {
      if (box !== event.target && (all || box.matches('[data-all]'))) box.checked = false;
    }
  }
});

// Picking a time also selects the choice beside it.
document.addEventListener('input', (event) => {
  if (event.target.id !== 'since') return;
  event.target.form.querySelector('[data-since]').checked = true;
});

// An error goes once its field is corrected.
document.addEventListener('input', ({ target }) => {
  const field = target.closest?.('.field');
  if (!field) return;
  for (const one of field.querySelectorAll('[aria-invalid]')) one.removeAttribute('aria-invalid');
  field.classList.remove('wrong');
  field.querySelector('.field-error')?.replaceChildren();
  field.querySelector('.url-check')?.remove();
});

// One press, one request.
document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (button && !event.defaultPrevented && event.target.method !== 'dialog') setTimeout(() => { button.disabled = true; });
});
addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('form button:disabled')) button.disabled = false;
});
document.addEventListener('htmx:before:swap', (event) => {
  // A question that was opened stays open.
  for (const task of event.detail.tasks) {
    for (const open of task.target?.querySelectorAll?.('details[id][open]') ?? []) {
      task.fragment.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute('open', '');
    }
  }
});
