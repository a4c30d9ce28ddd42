// A webhook's pages in every state are accessible in both schemes and on a phone.
import { after, before, test } from 'node:test';
import { matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';
import { startScreens } from './screens.mjs';

let postern, browser, receiver, checkOnScreens;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  receiver = await startReceiver();
  checkOnScreens = await startScreens(browser, postern);
});
after(async () => {
  await browser?.close();
  receiver?.end();
  await postern?.end();
});

test('Webhook pages: every state is accessible, and no wider than the screen', async () => {
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
    await page.locator('#now .type', { hasText: word }).waitFor();
  }
  await page.context().close();
  for (const path of [failing, gone, paused, `${paused}/edit`, '/webhooks', '/']) await checkOnScreens(path);
});
