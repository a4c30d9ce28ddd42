// Postern's clock. This device's clock may be wrong, and the page's times must not be.
const root = document.documentElement;
const pageMade = Date.parse(root.dataset.now);
let ahead = Number.isNaN(pageMade) ? 0 : pageMade - Date.now();

/** The time at Postern, in ms. */
export const now = () => Date.now() + ahead;

/** Sets the clock to a time that the server has just sent. */
export function setTime(ms) {
  ahead = ms - Date.now();
  const warning = document.getElementById('clock-differs');
  if (!warning) return;
  const differs = Math.abs(ahead) > tolerated;
  if (differs) {
    const text = `This device’s clock is ${span(Math.abs(ahead))} ${ahead > 0 ? 'behind' : 'ahead of'} Postern’s. The times on this page follow Postern’s clock.`;
    if (warning.textContent !== text) warning.textContent = text;
  }
  if (warning.hidden === differs) warning.hidden = !differs;
}
const tolerated = 120_000;

function span(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

// The zone in which the server has written the page's times.
export const zone = root.dataset.zone ?? 'UTC';
const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: zone, year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});
const fields = (ms) => Object.fromEntries(parts.formatToParts(ms).map(({ type, value }) => [type, value]));
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = new Intl.DateTimeFormat('en-GB', { timeZone: zone, month: 'numeric' });

/** The day of a time in the page's zone. */
export function day(ms) {
  const { year, month: name, day: number } = fields(ms);
  return `${number} ${name} ${year}`;
}

/** A time as ui.ClockText writes it: with the date if it isn't today, and the year if
 * it isn't this one. */
export function clock(ms, at = now()) {
  const then = fields(ms);
  const time = `${then.hour}:${then.minute}:${then.second}`;
  if (day(ms) === day(at)) return time;
  const date = `${then.day} ${months[Number(month.format(ms)) - 1]}`;
  return then.year === fields(at).year ? `${date} ${time}` : `${date} ${then.year} ${time}`;
}
