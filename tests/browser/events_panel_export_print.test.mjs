// The events page: the panel by keyboard, export, print, and all of it without
// JavaScript.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, connected, matched, oneOfEach, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  await postern.post((await oneOfEach(postern)).map((one) => ({ ...one, camera_id: 'gate-7' })));
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

const rows = (page) => page.locator('#live-rows tr.event:not([hidden])');
const row = (page, label) => page.locator('#live-rows').getByText(label, { exact: true });
const query = (page) => Object.fromEntries([...new URL(page.url()).searchParams.keys()].map((key) => [key, new URL(page.url()).searchParams.getAll(key).join()]));
const chip = (page, name) => page.locator('.chips').getByRole('link', { name });

/** Waits until check holds, in the page. */
const until = (page, check, arg) => page.waitForFunction(check, arg, { polling: 50 });

test('Panel: an event is opened, read, closed and opened again by keyboard', async () => {
  const page = await openPage(browser, postern);
  await postern.post(['Third', 'Second', 'First'].map((name) => matched(`${name} Key`, { camera_id: 'keys' })));
  await visit(page, postern, '/');
  await page.keyboard.press('/');
  await page.waitForURL('**/events#search');
  await until(page, () => document.activeElement?.id === 'search');
  await page.keyboard.type('Key/j?');
  assert.equal(await page.getByLabel('Identity, label or id').inputValue(), 'Key/j?');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(' Key');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=/);
  assert.equal(await rows(page).count(), 3);
  await connected(page);

  const list = page.url();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  assert.match(await page.locator(':focus').textContent(), /Second Key/);
  const outline = await page.locator(':focus').evaluate((link) => getComputedStyle(link).outlineStyle);
  assert.equal(outline, 'solid');
  await page.keyboard.press('Enter');
  const headline = page.locator('#panel .headline');
  await headline.getByText('Second Key').waitFor();
  assert.match(page.url(), /\/events\/evt_/);
  assert.equal(await page.locator(':focus').getAttribute('id'), 'panel');
  await page.keyboard.press('j');
  await headline.getByText('Third Key').waitFor();
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await headline.getByText('First Key').waitFor();
  const opened = page.url();
  await postern.post(matched('Waits Key', { camera_id: 'keys' }));
  await page.getByRole('button', { name: '1 new' }).waitFor();
  await assertAccessible(page, 'an open panel');
  await page.keyboard.press('Escape');
  await page.waitForURL(list);
  assert.equal(await page.locator('#panel').isVisible(), false);
  assert.match(await page.locator(':focus').textContent(), /First Key/);

  await page.goForward();
  await headline.getByText('First Key').waitFor();
  assert.equal(page.url(), opened);
  await page.goBack();
  await page.waitForURL(list);
  await page.locator('#panel').waitFor({ state: 'hidden' });
  await page.goForward();
  await headline.getByText('First Key').waitFor();
  // The address, opened elsewhere or reloaded, shows the page.
  await page.reload();
  await page.locator('main > .event-page').getByText('First Key').first().waitFor();
  await page.goBack();
  await page.waitForURL(list);
  await rows(page).first().waitFor();

  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  await assertAccessible(page, 'the keys');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+k');
  assert.equal(await page.locator('tr a:focus').count(), 0, 'keys with modifiers are the browser\'s');
  assert.deepEqual(page.offences, []);
});

test('Event: on a narrow screen it opens as a page with links to its neighbours', async () => {
  const page = await openPage(browser, postern, { viewport: { width: 1000, height: 800 } });
  const ids = await postern.post(['Before', 'Between', 'After'].map((name) => matched(`${name} It`, { camera_id: 'narrow' })));
  await visit(page, postern, '/events?camera_id=narrow');
  await row(page, 'Between It').click();
  await page.waitForURL(`**/events/${ids[1]}`);
  await page.locator('main > .event-page').waitFor();
  assert.ok((await page.locator('#event-curl').textContent()).includes(`curl -X POST ${postern.url}/api/v1/events`));
  await page.keyboard.press('k');
  await page.waitForURL(`**/events/${ids[2]}`);
  await page.keyboard.press('j');
  await page.waitForURL(`**/events/${ids[1]}`);
  await page.getByRole('link', { name: 'All events of this camera' }).click();
  await page.waitForURL('**/events?camera_id=narrow');
  await page.goBack();
  await page.getByRole('link', { name: 'All events of this identity' }).click();
  await page.waitForURL('**/events?q=abc-123');
  assert.deepEqual(page.offences, []);
});

test('Errors: a failed request is reported, and the page stays', async () => {
  const page = await openPage(browser, postern);
  await postern.post(Array.from({ length: 130 }, (_, i) => matched(`Still ${i}`, { camera_id: 'still' })));
  await visit(page, postern, '/events?camera_id=still&live=off');
  await page.route('**/events/evt_*', (route) => route.abort());
  await row(page, 'Still 129').click();
  await page.getByRole('alert').getByText('Postern didn’t respond.').waitFor();
  await page.keyboard.press('Escape');
  await page.unroute('**/events/evt_*');
  await row(page, 'Still 128').click();
  await page.locator('#panel .headline').getByText('Still 128').waitFor();
  assert.equal(await page.locator('#request-error').isVisible(), false);
  await page.evaluate(() => { document.querySelectorAll('#live-rows a')[2].href = '/events/evt_gone'; });
  await page.locator('#live-rows a').nth(2).click();
  await page.getByRole('alert').getByText('There is no event with this id.').waitFor();
});

test('Export: the filtered events as a file', async () => {
  const page = await openPage(browser, postern);
  const ids = (await postern.post(Array.from({ length: 350 }, (_, i) => matched(`Taken ${i}`, { camera_id: 'taken, "along"' })))).reverse();
  await visit(page, postern, `/events?camera_id=${encodeURIComponent('taken, "along"')}`);
  for (const name of ['NDJSON', 'CSV']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
    assert.match(download.suggestedFilename(), new RegExp(`^postern-events-\\d{8}T\\d{6}Z\\.${name.toLowerCase()}$`));
    let text = '';
    for await (const part of (await download.createReadStream()).setEncoding('utf8')) text += part;
    const lines = text.trimEnd().split(/\r?\n/);
    if (name === 'CSV') {
      assert.equal(lines.shift(), 'id,type,timestamp,received,source,camera_id,summary,data,producer_id,site');
      assert.match(lines[0], /"taken, ""along"""/);
    }
    assert.deepEqual(lines.map((line) => (name === 'CSV' ? line.split(',')[0] : JSON.parse(line).id)), ids);
  }
});

test('Print: a report with its filter, time and zone, and without controls', async () => {
  const page = await openPage(browser, postern, { timezoneId: 'Europe/Amsterdam', colorScheme: 'dark' });
  await postern.post(matched('On Paper', { camera_id: 'paper' }));
  await visit(page, postern, '/events?camera_id=paper&since=-1h&event_type=face_matched');
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.getByText('Face matched · at paper · since an hour ago').waitFor();
  await page.getByText('Times are in Europe/Amsterdam').waitFor();
  await row(page, 'On Paper').waitFor();
  const seen = await page.locator('.rail, .filters, .live-state, .button, .pager, #panel, .export').evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  assert.equal(seen, 0);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
  await page.emulateMedia({ media: 'screen' });
  await row(page, 'On Paper').click();
  await page.locator('#panel .headline').waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('#live-rows').isVisible(), false, 'the event that is open is the report');
  await page.locator('#panel .headline').getByText('On Paper').waitFor();
  await page.reload();
  await page.getByText('Incident report').waitFor();
  assert.equal(await page.getByRole('button').count(), 0);
});

test('Events without JavaScript: filters and a link to older events', async () => {
  const page = await openPage(browser, postern, { javaScriptEnabled: false });
  await postern.post(Array.from({ length: 130 }, (_, i) => matched(`Plain ${i}`, { camera_id: 'plain' })));
  await visit(page, postern, '/events');
  await page.getByLabel('Camera', { exact: true }).fill('plain');
  await page.getByLabel('Identity, label or id').fill('plain');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL('**/events?camera_id=plain&q=plain');
  await chip(page, 'Today').click();
  await page.waitForURL(/since=today(&|$)/);
  await chip(page, 'Face matched').click();
  await page.waitForURL(/event_type/);
  await page.getByRole('link', { name: 'Older', exact: true }).click();
  await page.waitForURL(/cursor=/);
  assert.equal(await rows(page).count(), 50);
  assert.equal(query(page).camera_id, 'plain');
  await visit(page, postern, '/events');
  await page.getByText('Custom range').click();
  await page.getByLabel('From').fill('2020-06-01T10:00');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL('**/events?since=2020-06-01T10%3A00%3A00Z');
  assert.equal(await page.getByText('Turn live off').isVisible(), false);
  await rows(page).first().getByRole('link').click();
  await page.locator('main > .event-page').waitFor();
});

test('Filters on a phone: they unfold, and active ones stay visible', async () => {
  await postern.post([matched('Folded', { camera_id: 'fold' }), { type: 'person_entered', source: 'a', camera_id: 'fold' }]);
  for (const javaScriptEnabled of [true, false]) {
    const page = await openPage(browser, postern, { viewport: { width: 390, height: 844 }, javaScriptEnabled });
    await visit(page, postern, '/events?camera_id=fold');
    const top = (await rows(page).first().boundingBox()).y;
    assert.ok(top < 300, `the first row is ${top} px down`);
    const search = page.getByLabel('Identity, label or id');
    assert.equal(await search.isVisible(), false);
    await page.getByText('Filters (1)').click();
    await search.waitFor();
    await chip(page, 'Face matched').click();
    await page.waitForURL(/event_type=face_matched/);
    await page.getByText('Filters (2)').waitFor();
    assert.equal(await search.isVisible(), false);
    assert.equal(await rows(page).count(), 1);
    await page.getByRole('link', { name: 'Remove the filter: at fold' }).click();
    await page.waitForURL('**/events?event_type=face_matched');
    await page.context().close();
  }
  const page = await openPage(browser, postern, { viewport: { width: 390, height: 844 } });
  await visit(page, postern, '/events');
  await page.keyboard.press('/');
  assert.equal(await page.locator(':focus').getAttribute('id'), 'search', 'the key unfolds them');
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.equal(await page.locator('.filter-fold').isVisible(), false, 'where there is room nothing is folded');
  assert.deepEqual(page.offences, []);
});

test('Events: axe finds nothing, in both schemes', async () => {
  const page = await openPage(browser, postern);
  for (const path of ['/events?camera_id=gate-7&source=face_pipeline&q=a&since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z', '/events?camera_id=nowhere&since=-1h']) {
    await visit(page, postern, path);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `${path} (${colorScheme})`);
    }
  }
});

test('Pages: the first load takes at most 100 KiB', async () => {
  const [event] = await postern.post(await oneOfEach(postern));
  const webhook = await postern.register('http://127.0.0.1:9/hook');
  for (const path of ['/', '/events', `/events/${event}`, '/webhooks', webhook, `${webhook}/edit`, `${webhook}/replay`, '/live']) {
    const page = await openPage(browser, postern);
    let bytes = 0;
    const measure = await page.context().newCDPSession(page);
    await measure.send('Network.enable');
    measure.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await page.goto(postern.url + path, { waitUntil: 'networkidle' });
    assert.ok(bytes > 10_000 && bytes < 100 * 1024, `${path} takes ${bytes} bytes`);
    console.log(`${path.replace(event, '{id}')}: ${Math.round(bytes / 1024)} KiB`);
    await page.context().close();
  }
});
