// What a monitor does beyond the other live pages: it says when its picture
// is old, sounds, stays awake, and takes acknowledgements by key.
import { acknowledging } from './monitor_acknowledge.js';
import { sounding } from './monitor_sound.js';
import { shortcut } from './shortcuts.js';

const monitor = document.getElementById('monitor');

// A beat comes every other second. Without one for this long the picture is
// old, whatever the connection says.
const staleAfter = 8_000;
// A page that can't come back by itself is loaded anew, once the server
// answers again.
const reloadAfter = 30_000;

function clock() {
  const now = document.getElementById('m-clock');
  const format = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const tick = () => {
    const text = format.format(new Date());
    if (now.textContent !== text) now.textContent = text;
  };
  tick();
  setInterval(tick, 500);
}

function staleness() {
  const veil = document.getElementById('m-stale');
  const since = document.getElementById('m-stale-since');
  const today = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const before = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  let heard = Date.now();
  let closed = false;

  const show = () => {
    const now = Date.now();
    const stale = closed || now - heard > staleAfter;
    if (stale && veil.hidden) {
      const at = new Date(heard);
      since.textContent = (at.toDateString() === new Date(now).toDateString() ? today : before).format(at);
    }
    veil.hidden = !stale;
    document.documentElement.classList.toggle('stale', stale);
  };

  const reload = async () => {
    if (Date.now() - heard < reloadAfter) return;
    try {
      if ((await fetch('/healthz', { cache: 'no-store' })).ok) location.reload();
    } catch {
      // Still away.
    }
  };

  document.addEventListener('htmx:ws:close', () => {
    closed = true;
    show();
  });
  document.addEventListener('htmx:after:swap', () => {
    heard = Date.now();
    closed = false;
    show();
    const build = document.querySelector('#m-totals [data-build]')?.dataset.build;
    if (build && build !== monitor.dataset.build) location.reload();
  });
  setInterval(show, 500);
  setInterval(reload, 10_000);
}

function fullScreen() {
  const button = document.getElementById('m-full');
  if (!document.fullscreenEnabled) return null;
  button.hidden = false;
  const toggle = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {});
  button.addEventListener('click', toggle);
  document.addEventListener('fullscreenchange', () => {
    button.querySelector('span').textContent = document.fullscreenElement ? 'Leave full screen' : 'Full screen';
  });
  return toggle;
}

// The screen stays on where the browser lets a page ask for it.
function wakefulness() {
  const hold = () => {
    if (!document.hidden) navigator.wakeLock?.request('screen').catch(() => {});
  };
  hold();
  document.addEventListener('visibilitychange', hold);
}

if (monitor) {
  clock();
  staleness();
  wakefulness();
  const keys = { s: sounding(), f: fullScreen(), a: acknowledging(monitor) };
  document.addEventListener('keydown', (event) => {
    const act = keys[event.key.toLowerCase()];
    if (!act || event.repeat || !shortcut(event)) return;
    event.preventDefault(); // or the letter would stand in what the key opens
    act();
  });
}
