// The number of open alerts is in the title, the icon and the rail of every page, live;
// a browser notification tells of a new alert where a person turned them on.
import { after, before, beforeEach, test } from 'node:test';
import { assert, assertAccessible, connected, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

const alert = (label, more = {}) => matched(label, { type: 'watchlist_alert', ...more });
const icon = (page) => page.locator('link[rel="icon"]').evaluate((link) => link.href);
const acknowledgeAll = () => fetch(`${postern.url}/api/v1/events/alerts/acknowledge`, { method: 'POST', body: '{"by":"Alice","through_seq":1000000}' });
beforeEach(acknowledgeAll);
const titled = (page, title) => page.waitForFunction((want) => document.title === want, title);

test('Open alerts: the title, the icon and the rail have their number, live', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks');
  await connected(page);
  assert.equal(await page.title(), 'Webhooks · Postern');
  assert.equal(await page.locator('.rail .badge').isVisible(), false);
  await postern.post([alert('One'), alert('Two')]);
  await titled(page, '(2) Webhooks · Postern');
  assert.match(await icon(page), /\/static\/icon-2\.svg/);
  assert.equal(await page.locator('.rail .badge [data-open-alerts]').innerText(), '2');
  for (const count of ['2', '9', 'more']) {
    const answer = await fetch((await icon(page)).replace('icon-2', `icon-${count}`));
    assert.equal(answer.status, 200, count);
    assert.match(answer.headers.get('content-type'), /svg/);
  }
  await postern.post(Array.from({ length: 10 }, (_, n) => alert(`More ${n}`)));
  await titled(page, '(12) Webhooks · Postern');
  assert.match(await icon(page), /\/static\/icon-more\.svg/);
  // Without scripts, the page that the server makes has the number.
  const plain = await (await fetch(`${postern.url}/events`, { headers: { accept: 'text/html' } })).text();
  assert.match(plain, /<title>\(12\) Events · Postern<\/title>/);
  await visit(page, postern, '/cameras');
  assert.equal(await page.title(), '(12) Cameras · Postern');
  await connected(page);
  await acknowledgeAll();
  await titled(page, 'Cameras · Postern');
  assert.match(await icon(page), /\/static\/icon\.svg/);
  assert.equal(await page.locator('.rail .badge').isVisible(), false);
  assert.deepEqual(page.offences, []);
});

// A stand-in for the browser's notifications: a headless browser has none.
const standIn = () => {
  window.shown = [];
  window.asked = 0;
  window.Notification = class {
    static permission = 'default';
    static async requestPermission() {
      window.asked++;
      window.Notification.permission = 'granted';
      return 'granted';
    }
    constructor(title, options) {
      Object.assign(this, { title, options, closed: false });
      window.shown.push(this);
    }
    close() { this.closed = true; }
  };
  document.hasFocus = () => !window.away;
};

for (const path of ['/alerts', '/monitor']) {
  test(`Notifications: ${path} asks on a click alone, and tells of a new alert`, async () => {
    const page = await openPage(browser, postern);
    await page.addInitScript(standIn);
    await postern.post([alert('Old')]);
    await visit(page, postern, path);
    await connected(page);
    const button = page.locator('[data-notify]');
    assert.equal(await button.innerText(), 'Notify me');
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    await page.evaluate(() => { window.away = true; });
    await postern.post([alert('Before the click')]);
    await page.waitForFunction(() => /^\(2\)/.test(document.title));
    assert.deepEqual(await page.evaluate(() => [window.asked, window.shown.length]), [0, 0]);
    await button.click();
    await page.waitForFunction(() => document.querySelector('[data-notify]').getAttribute('aria-pressed') === 'true');
    assert.equal(await button.innerText(), 'Notifications on');
    assert.equal(await page.evaluate(() => window.shown.length), 0, 'of an alert that was there');
    const [id] = await postern.post([alert('Alice Smith', { camera_id: 'gate-7' })]);
    await page.waitForFunction(() => window.shown.length === 1);
    const told = await page.evaluate(() => JSON.stringify([window.shown[0].title, window.shown[0].options]));
    assert.match(told, /^\["Watchlist alert",/);
    assert.match(told, /gate-7/);
    assert.doesNotMatch(told, /Alice|Smith/, 'it names no person');
    // One at a time, and none for a person who looks at the page.
    await postern.post([alert('Second')]);
    await page.waitForFunction(() => window.shown.length === 2);
    assert.deepEqual(await page.evaluate(() => window.shown.map(({ closed }) => closed)), [true, false]);
    await page.evaluate(() => { window.away = false; });
    await postern.post([alert('Third')]);
    await page.waitForFunction(() => /^\(5\)/.test(document.title));
    assert.equal(await page.evaluate(() => window.shown.length), 2);
    // A click closes it, and opens the alert.
    await page.evaluate(() => window.shown[0].onclick());
    await page.waitForURL((url) => url.pathname === `/events/${id}`);
    // The choice lasts.
    await visit(page, postern, path);
    await page.evaluate(() => { window.Notification.permission = 'granted'; });
    await button.click();
    assert.equal(await page.evaluate(() => localStorage.getItem('postern-notifications')), 'off');
    assert.deepEqual(page.offences, []);
  });
}

test('Notifications: blocked by the browser, the button says so', async () => {
  const page = await openPage(browser, postern);
  await page.addInitScript(standIn);
  await page.addInitScript(() => { window.Notification.permission = 'denied'; });
  await visit(page, postern, '/alerts');
  const button = page.locator('[data-notify]');
  await button.waitFor();
  assert.equal(await button.innerText(), 'Notifications blocked');
  assert.equal(await button.isDisabled(), true);
  await assertAccessible(page, 'the inbox');
});
