// Edge cases of the events page: a step past the list's end, a late response, a day
// on which the clocks change, a year of five digits.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver;
before(async () => {
  postern = await startPostern();
  receiver = await startReceiver();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  receiver?.end();
  await postern?.end();
});

/** Waits until check holds, in the page. */
const until = (page, check, arg) => page.waitForFunction(check, arg, { polling: 50 });

test('Panel: a step past the last row stays, and the next event starts at its top', async () => {
  const page = await openPage(browser, postern, { viewport: { width: 1280, height: 400 } });
  await postern.register(receiver.url, { camera_ids: ['stepped'] });
  await postern.post(['Second', 'First'].map((name) => matched(`${name} Step`, { camera_id: 'stepped' })));
  await receiver.wait(2);
  await visit(page, postern, '/events?camera_id=stepped');
  await connected(page);
  await page.locator('#live-rows').getByText('First Step').click();
  const headline = page.locator('#panel .headline');
  await headline.getByText('First Step').waitFor();
  await page.locator('#panel table.of-event').waitFor();
  await page.locator('#panel').evaluate((panel) => { panel.scrollTop = panel.scrollHeight; });
  await page.keyboard.press('j');
  await headline.getByText('Second Step').waitFor();
  assert.equal(await page.locator('#panel').evaluate((panel) => panel.scrollTop), 0, 'the next one begins at its top');
  await page.locator('#panel table.of-event a').waitFor();
  const last = page.url();
  await page.keyboard.press('j');
  assert.equal(page.url(), last, 'a try is no row of the list');
  await page.keyboard.press('k');
  await headline.getByText('First Step').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Infinite scroll: rows trimmed during a load of older rows are not lost', async () => {
  const page = await openPage(browser, postern);
  const posted = (await postern.post(Array.from({ length: 500 }, (_, i) => matched(`Late ${i}`, { camera_id: 'late' })))).reverse();
  let answer;
  const held = new Promise((done) => { answer = done; });
  let asked = false;
  await page.route('**/events?*cursor=*', async (route) => {
    if (await page.locator('#live-rows tr').count() >= 160) { // the page is full
      asked = true;
      await held;
    }
    await route.continue();
  });
  await visit(page, postern, '/events?camera_id=late');
  await connected(page);
  const there = (id) => until(page, (one) => document.getElementById(`e-${one}`), id);
  const bottom = () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  while (!asked) {
    await bottom();
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.evaluate(() => scrollTo(0, 0));
  await there((await postern.post(Array.from({ length: 8 }, (_, i) => matched(`New ${i}`, { camera_id: 'late' })))).at(-1));
  answer();
  await bottom();
  await there(posted[199]);
  const ids = await page.locator('#live-rows tr.event').evaluateAll((found) => found.map((one) => one.id.slice(2)));
  const old = ids.filter((id) => posted.includes(id));
  assert.deepEqual(old, posted.slice(0, old.length));
  assert.deepEqual(page.offences, []);
});

test('Delivery badges: a removed event is requested at growing intervals', async () => {
  const page = await openPage(browser, postern);
  await postern.post(matched('Gone Soon', { camera_id: 'gone' }));
  let asked = 0;
  await page.clock.install();
  await page.route('**/event-badges?*', (route) => {
    asked++;
    return route.fulfill({ status: 200, contentType: 'text/html', body: '' });
  });
  await visit(page, postern, '/events?camera_id=gone&live=off');
  await page.locator('.badges').first().evaluate((badges) => badges.setAttribute('data-pending', ''));
  for (let i = 0; i < 40; i++) {
    await page.clock.runFor(500);
    await page.evaluate(() => fetch('/healthz'));
  }
  assert.ok(asked >= 1 && asked <= 8, `asked ${asked} times in 20 s`);
});

test('Preview: matching events have delivery badges', async () => {
  const page = await openPage(browser, postern);
  await postern.register(receiver.url, { camera_ids: ['previewed'] });
  await postern.post(matched('Previewed', { camera_id: 'previewed' }));
  await visit(page, postern, '/webhooks/new');
  await page.getByRole('checkbox', { name: 'All events' }).check();
  await page.getByText('Filter by camera, source or data').click();
  await page.getByLabel('Cameras', { exact: true }).fill('previewed');
  await page.getByRole('button', { name: 'Preview with the last' }).click();
  await page.locator('#preview tr', { hasText: 'Previewed' }).waitFor();
  await page.locator('#preview .badges .badge').waitFor();
});

test('Forms: the live region of a result stays in the page', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks/new');
  const places = await page.evaluateHandle(() => [document.getElementById('url-check'), document.getElementById('preview')]);
  await page.getByLabel('URL', { exact: true }).fill(receiver.url);
  await page.getByLabel('URL', { exact: true }).blur();
  await page.locator('#url-check').getByText('The URL has an IP address').waitFor();
  await page.getByText('Filter by camera, source or data').click();
  await page.getByRole('button', { name: 'Preview with the last' }).click();
  await page.locator('#preview .preview-summary').waitFor();
  assert.deepEqual(await places.evaluate((all) => all.map((one) => one.isConnected)), [true, true]);
  await visit(page, postern, await postern.register(receiver.url));
  const result = await page.evaluateHandle(() => document.getElementById('test-result'));
  await page.getByRole('button', { name: 'Send test event' }).click();
  await page.locator('#test-result .outcome').waitFor();
  assert.ok(await result.evaluate((one) => one.isConnected), 'the result of a test event');
});

test('Filters: an untouched time range keeps its exact times', async () => {
  const page = await openPage(browser, postern, { timezoneId: 'Europe/Berlin' });
  // 2:30 comes twice that night; this is the second time.
  await visit(page, postern, '/events?since=2025-10-26T01:30:00Z');
  await page.getByLabel('Source').fill('face_pipeline');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.waitForURL(/source=/);
  assert.equal(new Date(new URL(page.url()).searchParams.get('since')).toISOString(), '2025-10-26T01:30:00.000Z');
  assert.deepEqual(page.offences, []);
});

test('Filters: a year of five digits is refused with a message', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events?since=2025-10-26T01:30:00Z');
  await page.getByLabel('From').fill('20266-01-01T00:00:00');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.waitForURL(/from=20266/);
  await page.locator('main .empty').getByText('20266').waitFor();
  assert.deepEqual(page.offences, []);
});
