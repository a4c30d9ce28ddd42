// What HTML, CSS and htmx leave to do. Pages work without it.
import './js/background.js';
import './js/ages.js';
import './js/copy.js';
import './js/live.js';
import './js/monitor.js';
import './js/forms.js';
import './js/after-form.js';
import './js/live-rows.js';
import './js/infinite-scroll.js';
import './js/panel.js';
import './js/keyboard.js';
import './js/print.js';
import './js/errors.js';
import './js/delivery-badges.js';

document.documentElement.classList.add('js');

// Where the chips scroll sideways, the one that is on is in sight. The page
// itself stays where it is.
for (const chips of document.querySelectorAll('.chips')) {
  const on = chips.querySelector('[aria-current="true"]')?.getBoundingClientRect();
  const box = chips.getBoundingClientRect();
  if (on) chips.scrollLeft += on.left + on.width / 2 - box.left - box.width / 2;
}

// A transition between pages that the browser gives up is no error of theirs.
for (const type of ['pageswap', 'pagereveal']) {
  addEventListener(type, (/** @type {PageSwapEvent | PageRevealEvent} */ { viewTransition }) => {
    for (const promise of ['ready', 'finished', 'updateCallbackDone']) viewTransition?.[promise].catch(() => {});
  });
}
