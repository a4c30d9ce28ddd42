// Parts of every page: tab titles, a link to the API reference, and no controls that
// the principal may not use.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, signedIn, startBrowser, startPostern, startReceiver, takeClock, visit } from './harness.mjs';

let postern, browser, receiver;
before(async () => {
  [postern, browser, receiver] = await Promise.all([startPostern(), startBrowser(), startReceiver()]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
  receiver?.end();
});

test('Tab titles: they distinguish pages and name no person', async () => {
  const page = await openPage(browser, postern);
  const hooks = [await postern.register(receiver.url), await postern.register('https://hooks.example.com/services/T000/B000/secret-token?key=1')];
  const ids = await postern.post([matched('Alice Smith', { timestamp: '2026-03-19T10:32:15Z' }), matched('Bob Jones', { camera_id: 'gate-7', timestamp: '2026-03-19T10:32:16Z' })]);
  await receiver.wait(2);
  const titles = {};
  for (const path of ['/', '/events', '/webhooks', '/settings', '/docs/api', ...hooks, `${hooks[0]}/edit`, `${hooks[0]}/remove`, `${hooks[0]}/replay`, ...ids.map((id) => `/events/${id}`)]) {
    await visit(page, postern, path);
    titles[path] = (await page.title()).replace(/^\(\d+\) /, ''); // a failing webhook is an alert
    assert.match(titles[path], / · Postern$/, path);
    assert.doesNotMatch(titles[path], /Alice|Bob|secret-token|key=1/, path);
    if (path !== '/docs/api') assert.equal(await page.locator('.foot a[href="/docs/api"]').count(), 1, path);
  }
  assert.equal(new Set(Object.values(titles)).size, Object.keys(titles).length, JSON.stringify(titles, null, 1));
  assert.equal(titles[hooks[1]], 'Webhook hooks.example.com/services/… · Postern');
  assert.equal(titles[`/events/${ids[1]}`], 'Event face matched at gate-7, 10:32:16 · Postern');
});

test('Tab titles: a monitor counts open alerts', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/monitor?camera_id=tab-1');
  await connected(page);
  assert.equal(await page.title(), 'Monitor tab-1 · Postern');
  const [first] = await postern.post([matched('One', { type: 'watchlist_alert', camera_id: 'tab-1' }), matched('Two', { type: 'watchlist_alert', camera_id: 'tab-1' })]);
  await page.waitForFunction(() => document.title === '(2) Monitor tab-1 · Postern');
  await fetch(`${postern.url}/api/v1/events/${first}/acknowledge`, { method: 'POST', body: '{"by":"Alice"}' });
  await page.waitForFunction(() => document.title === '(1) Monitor tab-1 · Postern');
});

test('Webhook: attempts refresh by themselves, and wait for a reader', async () => {
  const page = await openPage(browser, postern);
  const path = await postern.register(`${receiver.url}/attempts`);
  const clock = await takeClock(page);
  await visit(page, postern, path);
  await connected(page);
  await page.getByText('Nothing has been sent yet.').waitFor();
  const rows = page.locator('#attempt-list tbody tr');
  await postern.post(matched('First'));
  await clock.until(async () => await rows.count() > 0);
  assert.equal(await rows.count(), 1);
  const delivered = async (n) => (await page.locator('#figures').textContent()).includes(`${n} delivered`);
  await postern.post(matched('Second'));
  await clock.until(async () => {
    // A person reads as long as the pointer is moved now and then.
    for (const part of ['.c-time', '.c-result']) await rows.first().locator(part).hover();
    return delivered(2);
  });
  assert.equal(await rows.count(), 1, 'a row being read stays');
  await page.mouse.move(1, 1);
  await clock.until(async () => await rows.count() === 2);
  // The list's filter also holds for new events.
  await visit(page, postern, `${path}?outcome=failed`);
  await postern.post(matched('Third'));
  await clock.until(() => delivered(3));
  assert.equal(await rows.count(), 0);
  assert.deepEqual(page.offences, []);
});

test('Frame: a viewer sees only working controls, without gaps', async () => {
  const guarded = await startPostern({ accounts: { root: 'administrator', vera: 'viewer' } });
  try {
    const root = await signedIn(browser, guarded, 'root');
    await visit(root, guarded, '/settings/keys');
    await root.getByLabel('Name').fill('site');
    await root.getByRole('button', { name: 'Create key' }).click();
    const key = (await root.locator('code', { hasText: 'pst_' }).first().textContent()).trim();
    const response = await fetch(`${guarded.url}/api/v1/events`, {
      method: 'POST', headers: { Authorization: `Bearer ${key}` },
      body: JSON.stringify(Array.from({ length: 8 }, (_, i) => matched(`Person ${i}`, { type: i < 6 ? 'watchlist_alert' : 'face_matched' }))),
    });
    assert.equal(response.status, 202);
    const page = await signedIn(browser, guarded, 'vera');
    for (const path of ['/', '/events', '/monitor', '/account']) {
      for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
        await page.setViewportSize(viewport);
        await visit(page, guarded, path);
        await connected(page);
        const forms = await page.locator('form[method="post"]').evaluateAll((all) => all.filter((form) => form.checkVisibility()).map((form) => form.getAttribute('action')));
        for (const action of forms) assert.match(action, /^\/(sign-out|account)/, `${path} offers ${action}`);
        assert.equal(await page.getByText('Acknowledge all', { exact: true }).filter({ visible: true }).count(), 0, path);
        // Every part that opens has content.
        const empty = await page.locator('details').evaluateAll((all) => all.filter((one) => one.checkVisibility()).filter((one) => {
          const was = one.open;
          one.open = true;
          const empty = [...one.children].every((part) => part.localName === 'summary' || part.getBoundingClientRect().height === 0);
          one.open = was;
          return one.className !== 'filter-fold' && empty;
        }).map((one) => one.className));
        assert.deepEqual(empty, [], path);
        // Tiles and columns fill their place.
        const holes = await page.evaluate(() => [...document.querySelectorAll('.tiles')].flatMap((tiles) => {
          const box = tiles.getBoundingClientRect();
          const last = Map.groupBy([...tiles.children].map((tile) => tile.getBoundingClientRect()), (one) => Math.round(one.top));
          return [...last.values()].filter((row) => Math.abs(Math.max(...row.map((one) => one.right)) - box.right) > 3).map((row) => row.length);
        }));
        assert.deepEqual(holes, [], `${path} has holes`);
        const ragged = await page.evaluate(() => [...document.querySelectorAll('table.flow tbody tr')].filter((row) => {
          const right = Math.max(...[...row.children].filter((cell) => cell.checkVisibility()).map((cell) => cell.getBoundingClientRect().right));
          return Math.abs(right - row.getBoundingClientRect().right) > 24;
        }).length);
        assert.equal(ragged, 0, path);
      }
    }
    assert.deepEqual(page.offences, []);
  } finally {
    await guarded.end();
  }
});
