// What is being read doesn't move. Somebody reads where the pointer was moved
// a moment ago, or where text is selected; a pointer that was parked and
// forgotten holds nothing.
const idle = 10_000;
let pointed = null;
let pointedAt = 0;

for (const type of ['pointerover', 'pointermove']) {
  document.addEventListener(type, (event) => {
    if (event.pointerType !== 'mouse') return;
    pointed = event.target;
    pointedAt = performance.now();
  }, { passive: true });
}
document.documentElement.addEventListener('pointerleave', () => { pointed = null; });

export function reading(element) {
  const selection = getSelection();
  return (pointed !== null && element.contains(pointed) && performance.now() - pointedAt < idle)
    || (!selection.isCollapsed && element.contains(selection.anchorNode));
}

// The overview and the list of webhooks take what is new when nobody reads
// their tables; a webhook's attempts wait while the rest of its page goes on.
document.addEventListener('htmx:before:request', (event) => {
  // A page that is out of date is refreshed even under the pointer.
  if (!event.target.matches?.('#overview, #webhook-list') || document.documentElement.classList.contains('stale')) return;
  for (const body of event.target.querySelectorAll('tbody')) {
    if (reading(body) || body.contains(document.activeElement)) event.preventDefault();
  }
});
document.addEventListener('htmx:before:swap', (event) => {
  const { tasks } = event.detail;
  for (let i = tasks.length - 1; i >= 0; i--) {
    const { target } = tasks[i];
    if (target?.id === 'attempt-list' && (reading(target) || target.contains(document.activeElement))) tasks.splice(i, 1);
  }
});
