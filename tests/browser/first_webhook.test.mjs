// An operator's first steps: register a webhook, see an event arrive, filter the
// history, remove the webhook.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver;
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

test('Operator: registers a webhook, sees an event arrive, filters, removes the webhook', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks');
  await page.getByRole('link', { name: 'Register a webhook' }).click();

  await page.getByLabel('URL').fill(receiver.url);
  await page.getByLabel('Face matched').check();
  await page.getByRole('radio', { name: 'Generate a secret' }).check();
  await page.getByRole('button', { name: 'Register webhook' }).click();
  await page.getByText('it is not shown again').waitFor();
  const secret = await page.locator('#new-secret').textContent();
  assert.match(secret, /^whsec_\S{20,}$/);
  await page.getByRole('button', { name: 'Send test event' }).waitFor(); // the next step, on the webhook's page

  await page.getByRole('link', { name: 'Monitor', exact: true }).click();
  await connected(page);
  await postern.post(matched('Alice Smith'));
  await page.getByRole('link', { name: 'Alice Smith matched at lobby-cam-1, similarity 91 %, vip' }).waitFor();

  await page.getByRole('link', { name: 'Alice Smith matched' }).click();
  await page.getByRole('heading', { name: 'Data' }).waitFor();
  assert.ok((await page.locator('#event-json').textContent()).includes('"label": "Alice Smith"'));

  await postern.post({ type: 'person_entered', source: 'person_tracker', data: { zone: 'lobby' } });
  await visit(page, postern, '/events');
  await page.getByText('Person entered lobby').waitFor();
  await page.getByRole('navigation', { name: 'Filter by type' }).getByRole('link', { name: 'Face matched' }).click();
  await page.waitForURL('**/events?event_type=face_matched');
  assert.equal(await page.getByText('Person entered lobby').count(), 0);
  assert.equal(await page.locator('tr.event').count(), 1);

  await receiver.wait(1);
  assert.equal(receiver.got[0].headers['x-event-type'], 'face_matched');
  await visit(page, postern, '/webhooks');
  assert.equal((await page.content()).includes(secret), false, 'the secret is shown once');
  await page.getByRole('row', { name: /Active.*100 %/ }).waitFor();
  await page.getByRole('row').getByRole('link', { name: receiver.url.slice(7, 20) }).first().click();
  await page.getByText('Delivered, 200').waitFor();

  await page.getByRole('link', { name: 'Remove webhook' }).click();
  await page.getByRole('button', { name: 'Remove this webhook' }).click();
  await page.getByText('Removed the webhook').waitFor();
  await page.getByText('0 webhooks').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Operator: an invalid form keeps its values and names the errors', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks/new');
  await page.getByLabel('URL').fill('ftp://example.com/in');
  assert.equal(await page.getByLabel('Custom secret').isVisible(), false, 'it is asked for once it is chosen');
  await page.getByRole('radio', { name: 'Use your own secret' }).check();
  await page.getByLabel('Custom secret').fill('short');
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST' && new URL(response.url()).pathname === '/webhooks'),
    page.getByRole('button', { name: 'Register webhook' }).click(),
  ]);
  assert.equal(answer.status(), 422);
  await page.getByText('The URL must begin with https://').waitFor();
  await page.getByText('Choose at least one type of event').waitFor();
  await page.getByText('The secret must be').waitFor();
  assert.equal(await page.getByLabel('URL').inputValue(), 'ftp://example.com/in');
  assert.equal(await page.locator(':focus').getAttribute('name'), 'url');
  assert.equal(await page.getByLabel('Custom secret').inputValue(), 'short');
  assert.deepEqual(page.offences, []);
});

test('Operator: text from producers is escaped', async () => {
  const page = await openPage(browser, postern);
  const hostile = '<img src=x onerror="document.title=1"> \u202Eevil</td><hx-partial hx-target="#main">';
  await visit(page, postern, '/monitor');
  await connected(page);
  await postern.post([
    matched(hostile, { camera_id: '"><script>x</script>' }),
    { type: 'system_error', source: '<b>src</b>', data: { message: ['not', 'text'], code: { a: 1 } } },
  ]);
  await page.getByText('<img src=x').first().waitFor();
  await page.getByText('<b>src</b> reported an error').first().waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.deepEqual(page.offences, []);
});

test('Operator: pages work without JavaScript', async () => {
  const page = await openPage(browser, postern, { javaScriptEnabled: false });
  await postern.post(matched('Bob Jones'));
  await visit(page, postern, '/');
  await page.getByRole('link', { name: 'Events', exact: true }).click();
  await page.getByText('Bob Jones').first().waitFor();
  await page.getByText('Times in UTC').filter({ visible: true }).first().waitFor();
  await page.getByRole('link', { name: 'Face matched' }).first().click();
  await page.getByText('Bob Jones').first().click();
  await page.getByRole('heading', { name: 'JSON as delivered' }).waitFor();
  await page.getByRole('link', { name: 'Monitor', exact: true }).click();
  await page.locator('noscript .monitor-not-live').waitFor();
  await page.getByText('Bob Jones').first().waitFor();

  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
  await page.getByRole('link', { name: 'Register a webhook' }).click();
  await page.getByLabel('URL').fill(receiver.url);
  await page.getByLabel('All events').check();
  await page.getByRole('button', { name: 'Register webhook' }).click();
  await page.getByText(/^Registered http/).waitFor();
  await page.getByRole('link', { name: /^Remove/ }).click();
  await page.getByRole('button', { name: 'Remove this webhook' }).click();
  await page.getByText('Removed the webhook').waitFor();
  assert.deepEqual(page.offences, []);
});
