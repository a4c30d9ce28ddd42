// Tells the server which zone this browser is in, before anything is shown: it
// writes the times of a page, and reads what is typed there, in one zone. A
// page that was made for another zone is asked for again, once. Without this,
// or without cookies, pages are in UTC and say so.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || !/^[\w+\-/]{1,64}$/.test(zone)) return;
  const pair = `postern_zone=${zone}`;
  const known = () => document.cookie.split('; ').includes(pair);
  if (known()) return;
  document.cookie = `${pair}; path=/; max-age=31536000; samesite=strict${location.protocol === 'https:' ? '; secure' : ''}`;
  // An address and no reload: what a form did isn't done again.
  if (known() && document.documentElement.dataset.zone !== zone) location.replace(location.pathname + location.search);
})();
