// The live state in the header.
const state = document.getElementById('live-state');
const word = document.getElementById('live-word');

const words = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  lost: 'Not connected',
};

function show(name) {
  if (!state || state.dataset.state === name) return;
  state.dataset.state = name;
  word.textContent = words[name];
}

let connected = false;
document.addEventListener('htmx:ws:before:connection', () => show(connected ? 'reconnecting' : 'connecting'));
document.addEventListener('htmx:ws:after:connection', () => {
  connected = true;
  show('live');
});
document.addEventListener('htmx:ws:close', (event) => {
  const { connection, code, reason } = event.detail;
  if (reason === 'removed') return;
  show(reason === 'closed' && connection.config.reconnectCodes.includes(code) ? 'reconnecting' : 'lost');
});
