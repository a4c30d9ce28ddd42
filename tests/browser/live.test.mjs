// Live events: a snapshot on every connection, a readable pace, and restarts, Back and
// Forward.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, sleep, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

const rows = (page) => page.locator('#live-rows tr.event:not([hidden])');
const row = (page, label) => page.locator('#live-rows').getByText(label, { exact: true });

test('Live events: newest first, at once, in the browser’s time zone', async () => {
  const page = await openPage(browser, postern, { timezoneId: 'Asia/Kolkata' });
  await postern.post(matched('Before Connecting'));
  await visit(page, postern, '/monitor');
  await connected(page);
  // At once is by the socket: the page asks for nothing.
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await postern.post(matched('Right Now', { timestamp: '2026-03-19T10:32:15+00:00' }));
  await row(page, 'Right Now').waitFor();
  assert.deepEqual(asked, []);
  assert.match(await rows(page).first().textContent(), /Right Now/);
  assert.match(await rows(page).first().locator('time').textContent(), /16:02/);
  assert.deepEqual(page.offences, []);
});

test('Live events: the filter applies to arriving events', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/monitor?event_type=face_matched&camera_id=gate-7');
  await connected(page);
  await postern.post([matched('Not This One'), matched('Nor This', { type: 'document_scanned', camera_id: 'gate-7' }), matched('This One', { camera_id: 'gate-7' })]);
  await row(page, 'This One').waitFor();
  assert.equal(await row(page, 'Not This One').count(), 0);
});

test('Live events: each connection begins with a snapshot of missed events', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/monitor');
  await connected(page);
  assert.equal(await postern.stop(), 0, postern.log);
  await page.locator('#live-state[data-state="reconnecting"]').waitFor();
  await page.locator('#live-word').getByText('Reconnecting').waitFor();
  await postern.start();
  await postern.post(matched('While You Were Away'));
  await page.locator('#live-state[data-state="live"]').waitFor();
  await row(page, 'While You Were Away').waitFor();
  await postern.post(matched('And After'));
  await row(page, 'And After').waitFor();
});

test('Live events: a page is live again after Back and Forward', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/monitor');
  await connected(page);
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.waitForURL(`${postern.url}/`);
  await connected(page);
  await postern.post(matched('Meanwhile'));
  await page.goBack();
  await page.waitForURL('**/monitor');
  await connected(page);
  await row(page, 'Meanwhile').waitFor();
  await postern.post(matched('After Back'));
  await row(page, 'After Back').waitFor();
  await page.goForward();
  await page.waitForURL(`${postern.url}/`);
  await connected(page);
  await page.goBack();
  await connected(page);
  await postern.post(matched('Twice Back'));
  await row(page, 'Twice Back').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Live events: rows wait for a reader, and a button shows them', async () => {
  const page = await openPage(browser, postern);
  await postern.post(matched('Being Read'));
  await visit(page, postern, '/monitor');
  await connected(page);
  await row(page, 'Being Read').waitFor();
  await row(page, 'Being Read').hover();
  const place = await row(page, 'Being Read').boundingBox();
  await postern.post(matched('Patient One'));
  await page.getByRole('button', { name: '1 new' }).waitFor();
  assert.equal(await row(page, 'Patient One').isVisible(), false);
  assert.deepEqual(await row(page, 'Being Read').boundingBox(), place);
  await page.getByRole('button', { name: '1 new' }).click();
  await row(page, 'Patient One').waitFor();
});

test('Live events: a flood is shown at a readable pace, and the rest is counted', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/monitor');
  await connected(page);
  // Count what the page is made to do, from inside.
  await page.evaluate(() => {
    window.seen = { rows: new Set(), updates: 0, most: 0, left: 0 };
    new MutationObserver((changes) => {
      const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.matches?.('tr.event'));
      if (added.length > 0) window.seen.updates++;
      for (const node of added) window.seen.rows.add(node.id);
      for (const node of changes.flatMap((change) => [...change.addedNodes])) {
        if (node.matches?.('tr.gap')) window.seen.left += Number(node.textContent.replace(/\D/g, ''));
      }
      window.seen.most = Math.max(window.seen.most, document.querySelectorAll('#live-rows tr').length);
    }).observe(document.getElementById('live-rows'), { childList: true });
  });
  const seconds = 4;
  const began = Date.now();
  let sent = 0;
  while (Date.now() - began < seconds * 1000 || sent < 5000) {
    await postern.post(Array.from({ length: 500 }, (_, i) => matched(`Visitor ${sent + i}`)));
    sent += 500;
    await sleep(50);
  }
  await postern.post(matched('Last Of All'));
  await row(page, 'Last Of All').waitFor();
  const seen = await page.evaluate(() => ({ ...window.seen, rows: window.seen.rows.size }));
  const lasted = (Date.now() - began) / 1000;
  assert.ok(seen.rows <= 8 * lasted + 10, `${seen.rows} rows in ${lasted} s`);
  assert.ok(seen.updates <= 4 * lasted, `${seen.updates} updates in ${lasted} s`);
  assert.ok(seen.most <= 110, `${seen.most} rows at once`);
  assert.ok(seen.left > sent / 2, `counted ${seen.left} of ${sent}`);
  await page.getByText(/\+[\d,]+ more in the last minute/).waitFor();
  assert.equal(await page.locator('#live-state').getAttribute('data-state'), 'live');
  assert.deepEqual(page.offences, []);
});

test('Live events: an alert stays visible in a flood', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/monitor');
  await connected(page);
  const flood = Array.from({ length: 4000 }, (_, i) => matched(`Crowd ${i}`));
  flood[1000] = matched('Wanted Person', { type: 'watchlist_alert' });
  await postern.post(flood);
  await page.locator('#alert-cards').getByText('Wanted Person', { exact: true }).waitFor();
});

test('Live events: many browsers share one feed', async () => {
  const pages = await Promise.all(Array.from({ length: 4 }, () => openPage(browser, postern)));
  for (const page of pages) await visit(page, postern, '/monitor');
  await Promise.all(pages.map(connected));
  await postern.post(matched('For Everybody'));
  await Promise.all(pages.map((page) => row(page, 'For Everybody').waitFor()));
  await Promise.all(pages.map((page) => page.context().close()));
});
