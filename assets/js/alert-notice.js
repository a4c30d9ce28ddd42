// A browser notification for a new alert, where a person has turned them on with a
// button. No page asks by itself. One is shown at a time; it closes on a click, which
// opens the alert.
import { load, save } from './storage.js';

const name = 'postern-notifications';
const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('[data-notify]'));
const able = 'Notification' in window && window.isSecureContext;

let known = -1; // the sequence number of the newest alert; negative before the first heartbeat
let notification = /** @type {Notification | null} */ (null);

const on = () => able && Notification.permission === 'granted' && load(name) === 'on';

function show() {
  if (!button || !able) return;
  button.hidden = false;
  const blocked = Notification.permission === 'denied';
  button.disabled = blocked;
  button.setAttribute('aria-pressed', String(on()));
  button.title = blocked ? 'This browser blocks notifications of this page. Allow them in its settings for this site.' : '';
  button.querySelector('span').textContent = blocked ? 'Notifications blocked' : on() ? 'Notifications on' : 'Notify me';
}

/** @param {{seq: number, url: string, type: string, camera: string} | undefined} newest the newest open alert */
export function noticeAlert(newest) {
  const seq = newest?.seq ?? 0;
  const first = known < 0;
  const isNew = seq > known;
  known = Math.max(known, seq);
  if (first || !isNew || !on() || (document.hasFocus() && !document.hidden)) return;
  notification?.close();
  notification = new Notification(newest.type, {
    body: newest.camera ? `Camera ${newest.camera}` : '',
    tag: 'postern-alert', // several pages show one
    icon: /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="icon"]')).href,
  });
  notification.onclick = () => {
    notification.close();
    window.focus();
    location.assign(newest.url);
  };
}

show();
button?.addEventListener('click', async () => {
  if (on()) save(name, 'off');
  else if (await Notification.requestPermission() === 'granted') save(name, 'on');
  show();
});
