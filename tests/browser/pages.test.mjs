// Every page with content is accessible in both schemes and on a phone.
import { after, before, test } from 'node:test';
import { matched, oneOfEach, startBrowser, startPostern, startReceiver } from './harness.mjs';
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

test('Pages with content: accessible, and no wider than the screen', async () => {
  const ids = await postern.post(await oneOfEach(postern));
  await postern.post(matched('A Name That Goes On '.repeat(12), { camera_id: 'camera-with-a-name-that-nobody-would-type-by-hand-'.repeat(2) }));
  const response = await fetch(`${postern.url}/api/v1/events/webhooks`, {
    method: 'POST',
    body: JSON.stringify({ url: receiver.url, event_types: ['*'], secret: 'whsec_your_signing_secret' }),
  });
  const { id } = await response.json();
  await postern.post(matched('Delivered Person'));
  await receiver.wait(1);
  let attempts = [];
  while (attempts.length === 0) attempts = await (await fetch(`${postern.url}/api/v1/events/webhooks/${id}/attempts`)).json();
  const paths = ['/', '/events', '/events?event_type=face_matched&camera_id=lobby-cam-1&q=ali', `/events/${ids[0]}`, `/events/${ids[9]}`,
    '/webhooks', `/webhooks/${id}`, `/webhooks/${id}/remove`,
    `/webhooks/${id}/attempts/${attempts[0].id}`, `/webhooks/${id}/edit`, `/webhooks/${id}/replay`, `/webhooks/${id}/replay?from=day&event_types=*`, '/monitor', '/monitor?event_type=watchlist_alert,system_error'];
  for (const path of paths) await checkOnScreens(path);
});
