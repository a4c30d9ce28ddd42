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

// One press, one request.
document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (button) setTimeout(() => { button.disabled = true; });
});
addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('form button:disabled')) button.disabled = false;
});

// After a refusal the first wrong field is where to go on; after a success,
// what was said about it.
(document.querySelector('[aria-invalid="true"]') ?? document.getElementById('notice'))?.focus();
