// Writes the time of printing on paper.
import { now, zone } from './clock.js';

const full = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'long', timeStyle: 'medium' });
addEventListener('beforeprint', () => {
  const ms = now();
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll('[data-printed]'))) {
    time.dateTime = new Date(ms).toISOString();
    time.textContent = full.format(ms);
  }
});
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}
