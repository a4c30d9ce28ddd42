// The monitor: it reloads itself, sounds alerts, keeps the screen awake, and
// acknowledges by key.
import { reload } from './background.js';
import { clock as time, now } from './clock.js';
import { afterSwap } from './htmx.js';
import { acknowledgeByKey } from './monitor-acknowledge.js';
import { alertSound } from './monitor-sound.js';
import { shortcut } from './shortcuts.js';

const monitor = document.getElementById('monitor');

// A page whose socket can't reconnect is reloaded once the server responds again.
const reloadAfter = 30_000;

function clock() {
  const shown = document.getElementById('monitor-clock');
  const tick = () => {
    const text = time(now());
    if (shown.textContent !== text) shown.textContent = text;
  };
  tick();
  setInterval(tick, 500);
}

// A wall screen is unattended, so the page reloads itself.
function renewal() {
  let heard = Date.now();
  afterSwap(() => {
    heard = Date.now();
    const { title } = /** @type {HTMLElement | null} */ (document.querySelector('#monitor-totals [data-title]'))?.dataset ?? {};
    if (title && document.title !== `${title} · Postern`) document.title = `${title} · Postern`;
  });
  setInterval(async () => {
    if (Date.now() - heard < reloadAfter) return;
    try {
      if ((await fetch('/healthz', { cache: 'no-store', headers: { 'X-Background-Request': 'yes' } })).ok) reload();
    } catch {
      // The server is still unreachable.
    }
  }, 10_000);
}

function fullScreen() {
  const button = document.getElementById('full-screen');
  if (!document.fullscreenEnabled) return null;
  button.hidden = false;
  const toggle = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {});
  button.addEventListener('click', toggle);
  document.addEventListener('fullscreenchange', () => {
    button.querySelector('span').textContent = document.fullscreenElement ? 'Leave full screen' : 'Full screen';
  });
  return toggle;
}

// Keeps the screen on, where the browser allows it.
function keepAwake() {
  const hold = () => {
    if (!document.hidden) navigator.wakeLock?.request('screen').catch(() => {});
  };
  hold();
  document.addEventListener('visibilitychange', hold);
}

if (monitor) {
  clock();
  renewal();
  keepAwake();
  const keys = { s: alertSound(), f: fullScreen(), a: acknowledgeByKey(monitor) };
  document.addEventListener('keydown', (event) => {
    const act = keys[event.key.toLowerCase()];
    if (!act || event.repeat || !shortcut(event)) return;
    event.preventDefault(); // or the letter would stand in what the key opens
    act();
  });
}
