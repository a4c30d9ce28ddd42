// The scripts of all pages. Pages work without them.
import './js/background.js';
import './js/ages.js';
import './js/copy.js';
import './js/open-alerts.js';
import './js/alert-notice.js';
import './js/live.js';
import './js/monitor.js';
import './js/forms.js';
import './js/after-form.js';
import './js/live-rows.js';
import './js/infinite-scroll.js';
import './js/panel.js';
import './js/keyboard.js';
import './js/palette.js';
import './js/inbox.js';
import './js/selection.js';
import './js/print.js';
import './js/zone-field.js';
import './js/errors.js';
import './js/delivery-badges.js';

document.documentElement.classList.add('js');

// Scrolls a row of chips so that the selected one is in sight. The page itself doesn't
// scroll.
for (const chips of document.querySelectorAll('.chips')) {
  const on = chips.querySelector('[aria-current="true"]')?.getBoundingClientRect();
  const box = chips.getBoundingClientRect();
  if (on) chips.scrollLeft += on.left + on.width / 2 - box.left - box.width / 2;
}

// A browser may skip a transition between pages; that is no error.
for (const type of /** @type {const} */ (['pageswap', 'pagereveal'])) {
  addEventListener(type, ({ viewTransition }) => {
    for (const promise of /** @type {const} */ (['ready', 'finished', 'updateCallbackDone'])) viewTransition?.[promise].catch(() => {});
  });
}
