// Each page has one time zone, which it names, for shown and typed times. Ages follow
// Postern's clock, whatever the device's clock says.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver;
before(async () => {
  [postern, browser, receiver] = await Promise.all([startPostern(), startBrowser(), startReceiver()]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
  receiver?.end();
});

test('Time zone: the first visit has the browser’s zone, and pages name it', async () => {
  const webhook = await postern.register(receiver.url);
  const [id] = await postern.post([matched('In The Evening', { timestamp: '2026-03-19T22:10:05Z', camera_id: 'evening' })]);
  await receiver.wait(1);
  const page = await openPage(browser, postern, { timezoneId: 'Asia/Tokyo', firstVisit: true });
  await page.goto(`${postern.url}/events?camera_id=evening`).catch(() => {}); // it goes on to itself
  await page.locator('html[data-zone="Asia/Tokyo"]').waitFor();
  for (const path of ['/', '/events?camera_id=evening', `/events/${id}`, '/webhooks', webhook, `${webhook}/replay`, '/settings', '/docs/api', '/monitor']) {
    await visit(page, postern, path);
    await page.locator('.foot, .monitor-foot').getByText('Asia/Tokyo (UTC+9)').waitFor();
    const utc = await page.evaluate(() => [...document.querySelectorAll('time:not([data-age], [data-until])')].filter((time) => {
      const at = new Date(time.dateTime);
      const there = new Date(at.getTime() + 9 * 3600_000).toISOString().slice(11, 16);
      return !time.textContent.includes(there);
    }).map((time) => `${time.dateTime}: ${time.textContent}`));
    assert.deepEqual(utc, [], path);
  }
  assert.deepEqual(page.offences, []);
});

test('Time zone: typed times are read in the shown zone, and shown as typed', async () => {
  const page = await openPage(browser, postern, { timezoneId: 'Europe/Amsterdam' });
  const webhook = await postern.register(receiver.url);
  for (const [typed, at] of [
    ['2025-07-01T12:00:00', '2025-07-01T10:00:00Z'],
    ['2025-01-01T12:00:00', '2025-01-01T11:00:00Z'],
    ['2025-10-26T02:30:00', '2025-10-26T00:30:00Z'], // comes twice: the first
    ['2025-03-30T02:30:00', '2025-03-30T01:30:00Z'], // is left out
  ]) {
    const shown = typed.replace('03-30T02', '03-30T03');
    await visit(page, postern, '/events');
    await page.locator('summary', { hasText: 'Custom range' }).click();
    await page.getByLabel('From', { exact: true }).fill(typed);
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.waitForURL(/since=/);
    assert.equal(new URL(page.url()).searchParams.get('since'), at);
    assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), shown.replace(/:00$/, ''));

    await visit(page, postern, webhook);
    await page.locator('summary', { hasText: 'Filter by cause and time' }).click();
    await page.getByLabel('From (Europe/Amsterdam)').fill(typed);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForURL(/since=/);
    assert.equal(new URL(page.url()).searchParams.get('since'), at);
    assert.equal(await page.getByLabel('From (Europe/Amsterdam)').inputValue(), shown.replace(/:00$/, ''));

    await visit(page, postern, `${webhook}/replay`);
    await page.getByLabel('Since, date and time in Europe/Amsterdam').fill(typed);
    await page.getByRole('button', { name: 'Count matching events' }).click();
    await page.locator(`#notice time[datetime="${at}"]`).waitFor();
    assert.match(await page.locator(`#notice time[datetime="${at}"]`).textContent(), new RegExp(shown.slice(11)));
  }
});

for (const [hours, words] of [[2, 'ahead of'], [-2, 'behind'], [-50, 'behind']]) {
  test(`on a screen whose clock is ${hours} h off, ages are right and it says so`, async () => {
    const page = await openPage(browser, postern);
    await page.addInitScript((off) => {
      const real = Date;
      // eslint-disable-next-line no-global-assign
      Date = class extends real {
        constructor(...given) { super(...(given.length ? given : [real.now() + off])); }
        static now() { return real.now() + off; }
      };
    }, hours * 3600_000);
    await postern.post([matched('A Moment Ago', { camera_id: 'here' })]);
    for (const path of ['/', '/monitor']) {
      await visit(page, postern, path);
      await connected(page);
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // ages are written now
      const ages = await page.locator('#overview .cameras time, #camera-tiles time').allTextContents();
      assert.ok(ages.length > 0);
      for (const age of ages) assert.match(age, /^(just now|\d+ s ago|1 min ago)$/, path);
      await page.getByText(`This device’s clock is ${Math.abs(hours) === 2 ? '120 min' : '2 days'} ${words} Postern’s.`.replace('120 min', '2 h')).waitFor();
    }
  });
}

test('Clock: no warning on a device whose clock is right', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  await connected(page);
  assert.equal(await page.locator('#clock-differs').isVisible(), false);
});
