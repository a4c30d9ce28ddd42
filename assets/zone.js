// Tells the server the browser's time zone, in a cookie, before the page is shown. The
// server writes and reads all times of a page in this zone. A page rendered for
// another zone is loaded again, once, unless the account has chosen its zone. Without
// cookies, pages are in UTC and say so.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || !/^[\w+\-/]{1,64}$/.test(zone)) return;
  const pair = `postern_zone=${zone}`;
  const known = () => document.cookie.split('; ').includes(pair);
  if (known()) return;
  document.cookie = `${pair}; path=/; max-age=31536000; samesite=strict${location.protocol === 'https:' ? '; secure' : ''}`;
  // An address instead of a reload, which would send a form again.
  const { zone: shown, zoneChosen } = document.documentElement.dataset;
  if (known() && shown !== zone && zoneChosen === undefined) location.replace(location.pathname + location.search);
})();
