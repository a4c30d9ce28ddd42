// On paper: the reader's zone, and the moment of printing.
for (const zone of document.querySelectorAll('[data-zone]')) {
  zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'the zone of this browser';
}
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'long', hourCycle: 'h23' });
addEventListener('beforeprint', () => {
  const now = new Date();
  for (const time of document.querySelectorAll('[data-printed]')) {
    time.dateTime = now.toISOString();
    time.textContent = full.format(now);
  }
});
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}
