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
  // What is shown was erased, and there is too much of it to say row by row.
  if (code === 4001) location.reload();
  show(reason === 'closed' && connection.config.reconnectCodes.includes(code) ? 'reconnecting' : 'lost');
});

// A row that is to be replaced may not be on this page. One that waits goes on
// waiting.
document.addEventListener('htmx:before:swap', (event) => {
  const { tasks } = event.detail;
  for (let i = tasks.length - 1; i >= 0; i--) {
    const { target, fragment } = tasks[i];
    if (!target) tasks.splice(i, 1);
    else if (target.matches?.('tr.event[hidden]')) fragment.querySelector('tr').hidden = true;
  }
});
