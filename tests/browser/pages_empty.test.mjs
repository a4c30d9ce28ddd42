// Empty pages teach the first step, and missing things are reported.
import { after, before, test } from 'node:test';
import { assert, openPage, startBrowser, startPostern, visit } from './harness.mjs';
import { startScreens } from './screens.mjs';

let postern, browser, checkOnScreens;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  checkOnScreens = await startScreens(browser, postern);
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('Empty pages: they teach the first step', async () => {
  for (const path of ['/', '/events', '/webhooks', '/monitor', '/settings', '/docs/api', '/events?event_type=face_matched']) await checkOnScreens(path);
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  const command = await page.locator('#curl-event').textContent();
  assert.ok(command.includes(`${postern.url}/api/v1/events`), command);
  const body = command.match(/-d '([^]*)'/)[1];
  await postern.post(JSON.parse(body));
  await page.reload();
  await page.getByText('Alice Smith').first().waitFor();
});

test('Not found: the page says so', async () => {
  await checkOnScreens('/events/evt_nothing', 404);
  await checkOnScreens('/webhooks/wh_nothing', 404);
  await checkOnScreens('/nowhere', 404);
  await checkOnScreens('/events?event_type=nonsense', 400);
});
