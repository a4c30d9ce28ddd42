// The number of open alerts in the tab's title, in its icon and in the rail, as each
// heartbeat has it.
const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="icon"]'));
const plain = link?.href;
const wall = document.getElementById('monitor'); // whose title counts the alerts of its filter
let shown = /** @type {string | null} */ (null);

/** @param {string} count such as "3" or "999+"; empty for none */
export function showOpenAlerts(count) {
  if (count === shown) return;
  shown = count;
  const n = count === '' ? '' : /^[1-9]$/.test(count) ? `-${count}` : '-more';
  if (link) link.href = plain.replace('icon.svg', `icon${n}.svg`);
  if (!wall) document.title = (count && `(${count}) `) + document.title.replace(/^\([\d,]+\+?\) /, '');
  const badge = document.querySelector('.rail [data-open-alerts]');
  if (!badge) return;
  badge.textContent = count;
  /** @type {HTMLElement} */ (badge.parentElement).hidden = count === '';
}

const served = document.documentElement.querySelector('.rail [data-open-alerts]')?.textContent;
if (served) showOpenAlerts(served);
