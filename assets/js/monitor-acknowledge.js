// Acknowledges an alert with one press. The form is sent without leaving the page, and
// the alert disappears when the server says so, on all monitors.
const settleTime = 500; // ms

function remember(name) {
  const year = 365 * 24 * 3600;
  document.cookie = `postern_name=${encodeURIComponent(name)}; path=/; max-age=${year}; samesite=strict`;
}

const remembered = () => /(?:^|; )postern_name=[^;]/.test(document.cookie);

export function acknowledgeByKey(monitor) {
  const list = document.getElementById('alert-cards');
  const problem = document.getElementById('acknowledge-error');
  const message = document.getElementById('acknowledged-message');
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('name-dialog'));
  const name = /** @type {HTMLInputElement} */ (document.getElementById('acknowledge-name'));
  const as = document.getElementById('acknowledge-as');
  const cards = () => [...list.querySelectorAll('.alert-card')];
  const order = () => cards().map((card) => card.id).join();

  // An account has a name already.
  const account = 'account' in as.dataset;
  const showName = () => { as.textContent = name.value && remembered() ? `As ${name.value}` : 'Your name'; };
  as.hidden = account;
  showName();

  // Asks for a name, and then continues.
  let afterName = null;
  let before = name.value;
  const ask = (then) => {
    afterName = then;
    if (dialog.open) return;
    before = name.value;
    dialog.returnValue = ''; // Escape would leave what was answered the last time
    dialog.showModal();
  };
  dialog.addEventListener('close', () => {
    // This event comes a moment after closing: the dialog may be open
    // again.
    if (dialog.open) return;
    const then = afterName;
    afterName = null;
    name.value = name.value.trim();
    if (dialog.returnValue !== 'keep' || !name.value) {
      name.value = before;
      return;
    }
    remember(name.value);
    showName();
    then?.();
  });
  as.addEventListener('click', () => ask(null));

  let problemTimer;
  const say = (text) => {
    problem.textContent = text;
    clearTimeout(problemTimer);
    problemTimer = setTimeout(() => { problem.textContent = ''; }, 8_000);
  };

  async function send(form) {
    if (!account && !remembered()) return ask(() => send(form));
    const card = form.closest('.alert-card');
    card?.classList.add('busy');
    try {
      const answer = await fetch(form.action, {
        method: 'POST', body: new URLSearchParams(/** @type {any} */ (new FormData(form))), headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(10_000),
      });
      if (answer.ok) return;
      const body = await answer.json().catch(() => ({}));
      if (body.errors?.some((error) => error.field === 'by')) return ask(() => send(form));
      say(`Not acknowledged. ${body.detail ?? `The server answered ${answer.status}.`}`);
    } catch {
      say('Not acknowledged: Postern could not be reached. Press again.');
    }
    card?.classList.remove('busy');
  }

  // An alert that has just moved under a finger or a pointer isn't acknowledged.
  let shown = order();
  let movedAt = -Infinity;
  let settle;
  let focused = null;
  let place = 0;
  document.addEventListener('focusin', (event) => {
    focused = event.target;
    place = cards().findIndex((card) => card.contains(focused));
  });
  new MutationObserver(() => {
    const now = order();
    if (now !== shown) {
      shown = now;
      movedAt = performance.now();
      list.classList.add('moving');
      clearTimeout(settle);
      settle = setTimeout(() => list.classList.remove('moving'), settleTime);
    }
    // With the keyboard, the focus moves on to the next alert.
    if (place >= 0 && focused && !focused.isConnected && document.activeElement === document.body) {
      const left = cards();
      (left[Math.min(place, left.length - 1)]?.querySelector('button') ?? document.getElementById('monitor-alerts')).focus();
    }
  }).observe(list, { childList: true });

  monitor.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.matches('[data-acknowledge]')) return;
    event.preventDefault();
    if (performance.now() - movedAt < settleTime) return say('The alerts have just moved. Press again.');
    send(form);
  }, true);

  // The message about an acknowledgement is shown for a moment.
  let messageTimer;
  new MutationObserver(() => {
    if (!message.hasChildNodes()) return;
    clearTimeout(messageTimer);
    messageTimer = setTimeout(() => message.replaceChildren(), 8_000);
  }).observe(message, { childList: true });

  return () => {
    const card = cards().find((one) => one.contains(document.activeElement)) ?? cards()[0];
    /** @type {HTMLFormElement} */ (card?.querySelector('form'))?.requestSubmit();
  };
}
