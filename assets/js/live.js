// Shows whether the page is live. A live page gets heartbeats with the server's time
// and the rate of events. Without heartbeats it says since when it is out of date,
// greys old content, and reconnects. It is live again once heartbeats return and the
// parts that it fetches are refreshed.
import { noticeAlert } from './alert-notice.js';
import { reload } from './background.js';
import { clock, setTime, now } from './clock.js';
import { afterSwap, beforeSwap } from './htmx.js';
import { showOpenAlerts } from './open-alerts.js';

const state = document.getElementById('live-state');
const word = document.getElementById('live-word');
const rate = document.getElementById('live-rate');
const rest = document.getElementById('live-dropped');
const notice = document.getElementById('stale');
const wall = document.getElementById('monitor');

const staleAfter = 10_000; // without a heartbeat
const retryAfter = 10_000; // a silent connection is closed
const grace = 1500; // for a page that reconnects after it was in the background

const words = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  catching: 'Catching up',
  stale: 'Disconnected',
  lost: 'Disconnected',
  still: 'Not live',
};

const fed = state && state.dataset.state !== 'still';
let heard = Date.now(); // by this machine's clock, as all that is compared here
let heardAt = now(); // the same, at Postern
let back = 0; // the heartbeat that ended a silence: what is older hasn't caught up
let connection = null;
let connected = false;
let ended = false; // for good
let asked = Date.now(); // for a connection
let awayUntil = 0;
let perMinute = null;

function show(name) {
  if (!state || state.dataset.state === name) return;
  state.dataset.state = name;
  word.textContent = words[name];
}

// A wall screen greys at once, before it counts as disconnected.
function showTrying() {
  if (state?.dataset.state !== 'stale') show(connected ? 'reconnecting' : 'connecting');
}

const isStale = () => document.documentElement.classList.contains('stale');

function setStale(stale) {
  if (stale === isStale()) return;
  document.documentElement.classList.toggle('stale', stale);
  if (stale && notice) {
    notice.querySelector('[data-since]').textContent = clock(heardAt);
    notice.querySelector('[data-then]').textContent = ended ? 'Reload the page.' : 'Reconnecting automatically.';
  }
  if (notice) notice.hidden = !stale || !(wall || document.querySelector('[data-live]'));
}

// A part that the page refreshes has the time at which it was rendered.
const behind = () => [...document.querySelectorAll('[data-live][data-at]')].filter((part) => Date.parse(part.dataset.at) < back);

function catchUp() {
  const old = back > 0 ? behind() : [];
  if (old.length > 0) {
    show('catching');
    for (const part of old) part.dispatchEvent(new Event('postern:refresh'));
    return;
  }
  back = 0;
  setStale(false);
  show('live');
}

function heartbeat(beat) {
  const at = Date.parse(beat.now);
  if (Date.now() - heard > staleAfter) back = at;
  heard = Date.now();
  heardAt = at;
  setTime(at);
  // A wall screen is unattended: it loads the pages of a new version by itself.
  if (wall && beat.build !== wall.dataset.build) reload();
  if (perMinute !== beat.per_minute) {
    const before = perMinute ?? renderedRate();
    perMinute = beat.per_minute;
    showRate();
    if (before !== perMinute) state.dispatchEvent(new Event('postern:news'));
  }
  if (beat.open_alerts !== undefined) {
    showOpenAlerts(beat.open_alerts);
    noticeAlert(beat.newest);
  }
  if (rest) {
    const text = beat.unshown > 0 ? `+${beat.unshown.toLocaleString('en')} more in the last minute, too fast to show` : '';
    if (rest.textContent !== text) rest.textContent = text;
  }
  catchUp();
}

// renderedRate is the rate that the server rendered: events may have arrived before
// the first heartbeat.
function renderedRate() {
  const number = rate?.querySelector('b');
  return number ? Number(number.textContent.replaceAll(/\D/g, '')) : null;
}

function showRate() {
  if (!rate) return;
  let number = rate.querySelector('b');
  if (!number) {
    number = document.createElement('b');
    number.className = 'num';
    const unit = document.createElement('span');
    unit.className = 'unit';
    unit.textContent = ' events';
    rate.replaceChildren(number, unit, '/min');
  }
  const text = perMinute.toLocaleString('en');
  if (number.textContent !== text) number.textContent = text;
}

function watch() {
  if (!fed || (document.hidden && !wall)) return;
  const silent = Date.now() - heard;
  if (silent > staleAfter && Date.now() > awayUntil) {
    setStale(true);
    if (!ended) show('stale');
  }
  // A connection may be dead without a close event: pretend one, so that htmx
  // reconnects.
  if (silent > staleAfter && !ended && Date.now() - asked > retryAfter) {
    asked = Date.now();
    connection?.socket?.dispatchEvent(new CloseEvent('close', { code: 1006 }));
  }
}

document.addEventListener('htmx:ws:before:connection', (event) => {
  connection = event.detail.connection;
  asked = Date.now();
  showTrying();
});
document.addEventListener('htmx:ws:after:connection', () => {
  connected = true;
  asked = Date.now();
});
document.addEventListener('htmx:ws:close', (event) => {
  const { code, reason } = event.detail;
  if (reason === 'removed') return;
  // Too many of the shown events were erased to replace them row by row.
  if (code === 4001) reload();
  ended = !(reason === 'closed' && connection?.config.reconnectCodes.includes(code));
  if (wall || ended) setStale(true); // a wall screen is unattended
  if (ended) show('lost');
  else showTrying();
});
document.addEventListener('htmx:ws:before:message:incoming', (event) => {
  const { data } = event.detail.message;
  if (typeof data !== 'string' || !data.startsWith('{')) return;
  event.preventDefault();
  heartbeat(JSON.parse(data));
});
afterSwap(() => {
  if (back > 0 && Date.now() - heard <= staleAfter && behind().length === 0) catchUp();
});
const returned = () => {
  if (!document.hidden) awayUntil = Date.now() + grace;
};
document.addEventListener('visibilitychange', returned);
addEventListener('pageshow', returned);
if (fed) setInterval(watch, 500);

// A row to replace may not be on this page. A row that is held back stays so.
beforeSwap((tasks) => {
  for (let i = tasks.length - 1; i >= 0; i--) {
    const { target, fragment } = tasks[i];
    if (!target) tasks.splice(i, 1);
    else if (target.matches?.('tr.event[hidden]')) fragment.querySelector('tr').hidden = true;
  }
});
