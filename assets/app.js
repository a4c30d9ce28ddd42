// What HTML, CSS and htmx leave to do. Pages work without it.
import './js/background.js';
import './js/times.js';
import './js/copy.js';
import './js/live.js';
import './js/monitor.js';
import './js/forms.js';
import './js/after_form.js';
import './js/rows.js';
import './js/older.js';
import './js/panel.js';
import './js/keys.js';
import './js/print.js';
import './js/trouble.js';
import './js/marks.js';

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
  addEventListener(type, ({ viewTransition }) => {
    for (const promise of ['ready', 'finished', 'updateCallbackDone']) viewTransition?.[promise].catch(() => {});
  });
}
