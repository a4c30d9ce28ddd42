// The events page: filters in the URL, arriving rows, infinite scroll.
import { after, before, test } from 'node:test';
import { assert, connected, matched, oneOfEach, openPage, sleep, startBrowser, startPostern, visit } from './harness.mjs';

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

test('Filters: each control filters the list, is in the URL, and can be removed', async () => {
  const page = await openPage(browser, postern, { timezoneId: 'Asia/Kolkata' });
  await postern.post([
    matched('Filter Me', { camera_id: 'north', source: 'edge-1', data: { label: 'Filter Me', identity_id: 'id-77' } }),
    matched('Filter Too', { camera_id: 'north', source: 'edge-2' }), matched('Long Ago', { camera_id: 'north', timestamp: '2020-06-01T10:00:00Z' }),
  ]);
  await visit(page, postern, '/events');
  await page.getByLabel('Camera', { exact: true }).fill('north');
  assert.ok(await page.locator('#cameras option', { hasText: /^north$/ }).count() > 0);
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL('**/events?camera_id=north');
  assert.equal(await rows(page).count(), 3);

  await chip(page, 'Face matched').click();
  await page.waitForURL(/event_type=face_matched/);
  await chip(page, 'Hour').click();
  await page.waitForURL(/since=-1h/);
  assert.equal(await rows(page).count(), 2);
  await page.getByLabel('Identity, label or id').fill('id-77');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=id-77/);
  assert.equal(await rows(page).count(), 1);
  await page.getByLabel('Source').fill('edge-1');
  await page.keyboard.press('Enter');
  await page.waitForURL(/source=edge-1/);
  assert.deepEqual(query(page), { camera_id: 'north', event_type: 'face_matched', since: '-1h', q: 'id-77', source: 'edge-1' });
  const sent = page.url();

  // A colleague who opens the address sees the same.
  const colleague = await openPage(browser, postern);
  await colleague.goto(sent);
  assert.equal(await rows(colleague).count(), 1);
  assert.equal(await colleague.getByLabel('Identity, label or id').inputValue(), 'id-77');
  assert.equal(await chip(colleague, 'Hour').getAttribute('aria-current'), 'true');
  await colleague.context().close();

  for (const [name, key] of [['from edge-1', 'source'], ['with “id-77”', 'q'], ['at north', 'camera_id']]) {
    await page.getByRole('link', { name: `Remove the filter: ${name}` }).click();
    await page.waitForURL((url) => !url.searchParams.has(key));
  }
  assert.deepEqual(query(page), { event_type: 'face_matched', since: '-1h' });
  await page.goBack();
  assert.equal(query(page).camera_id, 'north');
  await page.goForward();
  await page.waitForLoadState();
  await page.getByRole('link', { name: 'Clear all' }).click();
  await page.waitForURL('**/events');

  // Today is the reader's own, and stays "today".
  await chip(page, 'Today').click();
  await page.waitForURL(/since=today/);
  assert.equal(query(page).since, 'today+05:30');
  assert.equal(await chip(page, 'Today').getAttribute('aria-current'), 'true');
  // So are from and to.
  await visit(page, postern, '/events?camera_id=north');
  await page.getByText('Custom range').click();
  await page.getByLabel('From', { exact: true }).fill('2020-06-01T15:00');
  await page.getByLabel('To (exclusive)').fill('2020-06-01T16:00');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/until=/);
  assert.deepEqual(query(page), { camera_id: 'north', since: '2020-06-01T09:30:00Z', until: '2020-06-01T10:30:00Z' });
  await row(page, 'Long Ago').waitFor();
  assert.equal(await rows(page).count(), 1);
  assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), '2020-06-01T15:00');
  await page.getByText('Past time range: no live updates.').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Live rows: they follow the filter, wait for a reader, and are separate in two tabs', async () => {
  const page = await openPage(browser, postern);
  const other = await page.context().newPage();
  await postern.post(matched('Being Read', { camera_id: 'live-1' }));
  await visit(page, postern, '/events?camera_id=live-1');
  await visit(other, postern, '/events?event_type=system_error');
  await connected(page);
  await connected(other);
  await postern.post([matched('Not Here', { camera_id: 'live-2' }), matched('Arrives', { camera_id: 'live-1' })]);
  await row(page, 'Arrives').waitFor();
  assert.match(await rows(page).first().textContent(), /Arrives/);
  assert.equal(await row(page, 'Not Here').count(), 0);
  assert.equal(await row(other, 'Arrives').count(), 0);

  await row(page, 'Being Read').hover();
  const place = await row(page, 'Being Read').boundingBox();
  await postern.post(matched('Patient', { camera_id: 'live-1' }));
  await page.getByRole('button', { name: '1 new' }).waitFor();
  assert.equal(await row(page, 'Patient').isVisible(), false);
  assert.deepEqual(await row(page, 'Being Read').boundingBox(), place);
  await page.getByRole('button', { name: '1 new' }).click();
  await row(page, 'Patient').waitFor();

  await page.getByRole('link', { name: 'Turn live off' }).click();
  await page.waitForURL(/live=off/);
  await page.locator('#live-state[data-state="still"]').waitFor();
  const socket = await page.locator('.event-list').getAttribute('hx-ws:connect');
  assert.equal(socket, null);
  await page.getByRole('link', { name: 'Turn live on' }).click();
  await page.waitForURL((url) => !url.searchParams.has('live'));
  await connected(page);
  await postern.post(matched('Again', { camera_id: 'live-1' }));
  await row(page, 'Again').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Live rows: events missed while disconnected are filled in or marked', async () => {
  const page = await openPage(browser, postern);
  await postern.post(matched('Long Before', { camera_id: 'away' }));
  await visit(page, postern, '/events?camera_id=away');
  await connected(page);
  // A tab in the background lets go of its socket until it is looked at again.
  const look = (away) => page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, away);
  await look(true);
  await page.locator('#live-state[data-state="reconnecting"]').waitFor();
  const missed = await postern.post(Array.from({ length: 80 }, (_, i) => matched(`Missed ${i}`, { camera_id: 'away' })));
  await look(false);
  await connected(page);
  await row(page, 'Missed 79').waitFor();
  // Fifty come on connecting; the thirty in between are a link away.
  await page.getByText('Events that arrived in between are skipped here.').waitFor();
  await row(page, 'Long Before').waitFor();
  const link = page.locator('tr.gap a');
  await link.click();
  await page.waitForURL(/cursor=/);
  const ids = await rows(page).evaluateAll((found) => found.map((one) => one.id.slice(2)));
  assert.deepEqual(ids.slice(0, 30), missed.slice(0, 30).reverse());
  assert.deepEqual(page.offences, []);
});

test('Infinite scroll: no gap and no repetition while events arrive', async () => {
  const page = await openPage(browser, postern);
  const posted = [];
  for (let i = 0; i < 5; i++) posted.push(...await postern.post(Array.from({ length: 500 }, (_, j) => matched(`Scrolled ${i * 500 + j}`, { camera_id: 'endless' }))));
  posted.reverse();
  await visit(page, postern, '/events?camera_id=endless');
  await connected(page);
  let arriving = true;
  const late = [];
  const arrive = (async () => {
    while (arriving) {
      late.unshift(...await postern.post(matched(`Late ${late.length}`, { camera_id: 'endless' })));
      await sleep(30);
    }
  })();
  const link = page.getByRole('link', { name: 'Open older events' });
  const shown = () => page.locator('#live-rows tr:not([hidden])').count();
  try {
    while (await link.count() === 0) {
      const n = await shown();
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      // The last rows may have come before they were counted.
      await until(page, (before) => document.querySelectorAll('#live-rows tr:not([hidden])').length > before
        || document.getElementById('older')?.hasAttribute('hx-get') === false, n);
    }
  } finally {
    arriving = false;
    await arrive;
  }
  const ids = await page.locator('#live-rows tr.event').evaluateAll((found) => found.map((one) => one.id.slice(2)));
  const old = ids.filter((id) => posted.includes(id));
  assert.deepEqual(old, posted.slice(0, old.length));
  assert.equal(new Set(ids).size, ids.length);
  // The page holds as much as it can: from here on it is a link.
  const most = await page.locator('#live-rows tr').count();
  assert.ok(most <= 2400, `${most} rows`);
  await link.click();
  await page.waitForURL(/cursor=/);
  await page.waitForLoadState();
  assert.equal(await rows(page).first().getAttribute('id'), `e-${posted[old.length]}`);
  assert.deepEqual(page.offences, []);
});

test('Infinite scroll: rows trimmed in a flood can be reached again', async () => {
  const page = await openPage(browser, postern);
  const posted = (await postern.post(Array.from({ length: 160 }, (_, i) => matched(`Pushed ${i}`, { camera_id: 'pushed' })))).reverse();
  await visit(page, postern, '/events?camera_id=pushed');
  await connected(page);
  const there = (id) => until(page, (one) => document.getElementById(`e-${one}`), id);
  const bottom = () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await bottom();
  await there(posted[159]); // the page is full
  await page.evaluate(() => scrollTo(0, 0));
  for (let i = 0; i < 3; i++) await there((await postern.post(Array.from({ length: 8 }, (_, j) => matched(`Push ${j}`, { camera_id: 'pushed' })))).at(-1));
  await until(page, (id) => !document.getElementById(`e-${id}`), posted[159]);
  assert.equal(await page.locator('#live-rows tr').count(), 160);
  await bottom();
  await there(posted[159]);
  const ids = await page.locator('#live-rows tr.event').evaluateAll((found) => found.map((one) => one.id.slice(2)));
  assert.deepEqual(ids.filter((id) => posted.includes(id)), posted);
  assert.deepEqual(page.offences, []);
});
