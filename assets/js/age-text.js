// Ages in words. Package views/ui writes the same: views/ui/testdata/ages.json has
// examples that the tests of both check.

/**
 * How long ago a moment was.
 * @param {number} at in ms
 * @param {number} now in ms
 */
export function age(at, now) {
  const s = Math.floor((now - at) / 1000);
  if (s < -60) return 'in the future';
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400).toLocaleString('en')} days ago`;
}

/**
 * How long it is until a moment.
 * @param {number} at in ms
 * @param {number} now in ms
 */
export function until(at, now) {
  const s = Math.floor((at - now) / 1000);
  if (s < 1) return 'any moment now';
  if (s < 60) return `in ${s} s`;
  if (s < 3600) return `in ${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `in ${Math.round(s / 3600)} h`;
  return `in ${Math.round(s / 86400).toLocaleString('en')} days`;
}
