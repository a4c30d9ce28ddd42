// Every page, in both schemes and on a phone: nothing for axe to find,
// nothing from elsewhere, nothing wider than the screen.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, oneOfEach, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver, paths;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  receiver = await startReceiver();
});
after(async () => {
  await browser?.close();
  receiver?.end();
  await postern?.end();
});

const screens = [
  { name: 'light', colorScheme: 'light' },
  { name: 'dark', colorScheme: 'dark' },
  { name: 'dark phone', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
];

async function lookAt(path, status = 200) {
  for (const { name, ...options } of screens) {
    const page = await openPage(browser, postern, options);
    const answer = await visit(page, postern, path);
    assert.equal(answer.status(), status, path);
    await assertAccessible(page, `${path} (${name})`);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wider <= 0, `${path} (${name}) is ${wider} px wider than the screen`);
    assert.equal(await page.evaluate(() => window.scrollY), 0, `${path} (${name}) opens at its top`);
    assert.deepEqual(page.offences, [], `${path} (${name})`);
    await page.context().close();
  }
}

test('empty pages teach the first step', async () => {
  for (const path of ['/', '/events', '/webhooks', '/monitor', '/docs/api', '/events?event_type=face_matched']) await lookAt(path);
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  const command = await page.locator('#curl-event').textContent();
  assert.ok(command.includes(`${postern.url}/api/v1/events`), command);
  const body = command.match(/-d '([^]*)'/)[1];
  await postern.post(JSON.parse(body));
  await page.reload();
  await page.getByText('Alice Smith').first().waitFor();
});

test('every page is sound with something on it', async () => {
  const ids = await postern.post(await oneOfEach(postern));
  await postern.post(matched('A Name That Goes On '.repeat(12), { camera_id: 'camera-with-a-name-that-nobody-would-type-by-hand-'.repeat(2) }));
  const response = await fetch(`${postern.url}/api/v1/events/webhooks`, {
    method: 'POST',
    body: JSON.stringify({ url: receiver.url, event_types: ['*'], secret: 'whsec_your_signing_secret' }),
  });
  const { id } = await response.json();
  await postern.post(matched('Delivered Person'));
  paths = ['/', '/events', '/events?event_type=face_matched&camera_id=lobby-cam-1&q=ali', `/events/${ids[0]}`, `/events/${ids[9]}`,
    '/webhooks', `/webhooks/${id}`, `/webhooks/${id}/remove`,
    `/webhooks/${id}/edit`, `/webhooks/${id}/replay`, `/webhooks/${id}/replay?from=day&event_types=*`, '/monitor', '/monitor?event_type=watchlist_alert,system_error'];
  for (const path of paths) await lookAt(path);
});

test('every state of a webhook is sound to look at', async () => {
  const failing = await postern.register(receiver.url.replace('/hook', '/failing'));
  const gone = await postern.register(receiver.url.replace('/hook', '/gone'));
  const paused = await postern.register(receiver.url.replace('/hook', '/paused'), {
    camera_ids: ['lobby-cam-1', 'a-camera-with-a-long-name-'.repeat(4)], conditions: { label: 'x'.repeat(120) }, max_per_second: 0.5, storm_window_seconds: 30,
  });
  await fetch(`${postern.url}/api/v1/events${paused}/pause`, { method: 'POST' });
  receiver.answers = { '/failing': 500, '/gone': 410 };
  await postern.post(Array.from({ length: 40 }, (_, i) => matched(`Held ${i}`)));
  const page = await openPage(browser, postern);
  for (const [path, word] of [[failing, 'Failing'], [gone, 'Disabled'], [paused, 'Paused']]) {
    await visit(page, postern, path);
    await page.locator('#now .type', { hasText: word }).waitFor({ timeout: 20_000 });
  }
  await page.context().close();
  for (const path of [failing, gone, paused, `${paused}/edit`, '/webhooks', '/']) await lookAt(path);
});

test('what is not there says so', async () => {
  await lookAt('/events/evt_nothing', 404);
  await lookAt('/webhooks/wh_nothing', 404);
  await lookAt('/nowhere', 404);
  await lookAt('/events?event_type=nonsense', 400);
});

test('older pages follow one another without a gap or a repetition', async () => {
  const posted = await postern.post(Array.from({ length: 250 }, (_, i) => matched(`Paged ${i}`, { camera_id: 'paging' })));
  const page = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(page, postern, '/events?camera_id=paging');
  const seen = [];
  for (;;) {
    seen.push(...await page.locator('tr.event').evaluateAll((found) => found.map((one) => one.id.slice(2))));
    // Events that keep arriving don't move the pages.
    await postern.post(matched('In Between', { camera_id: 'elsewhere' }));
    const older = page.getByRole('link', { name: 'Older' });
    if (await older.count() === 0) break;
    await older.click();
    await page.waitForURL(/cursor=/);
    await page.waitForLoadState();
  }
  assert.deepEqual(seen, posted.reverse());
});

test('the overview follows, and stays as it was while the server is away', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  for (const label of ['First News', 'Second News']) {
    await postern.post(matched(label));
    await page.getByText(label).waitFor();
  }
  await postern.stop();
  await page.locator('#live-state[data-state="reconnecting"]').waitFor();
  const failed = page.waitForEvent('requestfailed');
  await page.evaluate(() => window.htmx.trigger('#overview', 'every', {}, false));
  await failed;
  await page.getByText('Second News').waitFor();
  await postern.start();
  await postern.post(matched('Third News'));
  await page.getByText('Third News').waitFor();
  assert.deepEqual(page.offences, []);
});

test('the keyboard reaches everything, beginning with a way past the rail', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').textContent(), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});
