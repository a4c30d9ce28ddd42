// Pages with nothing on them teach the first step, and what isn't there says
// so.
import { after, before, test } from 'node:test';
import { assert, openPage, startBrowser, startPostern, visit } from './harness.mjs';
import { startLooking } from './look.mjs';

let postern, browser, lookAt;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  lookAt = await startLooking(browser, postern);
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('empty pages teach the first step', async () => {
  for (const path of ['/', '/events', '/webhooks', '/monitor', '/settings', '/docs/api', '/events?event_type=face_matched']) await lookAt(path);
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  const command = await page.locator('#curl-event').textContent();
  assert.ok(command.includes(`${postern.url}/api/v1/events`), command);
  const body = command.match(/-d '([^]*)'/)[1];
  await postern.post(JSON.parse(body));
  await page.reload();
  await page.getByText('Alice Smith').first().waitFor();
});

test('what is not there says so', async () => {
  await lookAt('/events/evt_nothing', 404);
  await lookAt('/webhooks/wh_nothing', 404);
  await lookAt('/nowhere', 404);
  await lookAt('/events?event_type=nonsense', 400);
});
