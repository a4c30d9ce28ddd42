// Webhooks: delivery badges, failed attempts, registering with a check of the URL, and
// receivers to copy.
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { assert, assertAccessible, connected, matched, openPage, startBrowser, startPostern, startReceiver, takeClock, visit } from './harness.mjs';

let postern, browser, receiver, page, host;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
});
beforeEach(async () => {
  postern = await startPostern();
  receiver = await startReceiver();
  host = new URL(receiver.url).host;
  page = await openPage(browser, postern);
});
afterEach(async () => {
  assert.deepEqual(page.offences, []);
  await page.context().close();
  receiver?.end();
  await postern?.end();
});

const badges = (text) => page.locator(`table.events .badges [title="${text}"]`);

/** Asks the API until an answer is as it should be. */
async function eventually(path, right) {
  for (let i = 0; i < 2400; i++) { // a minute
    const answer = await (await fetch(postern.url + path)).json();
    if (right(answer)) return answer;
    await new Promise((done) => { setTimeout(done, 25); });
  }
  throw new Error(`${path} never became right`);
}

const attempts = (path, n) => eventually(`/api/v1/events${path}/attempts`, (all) => all.length >= n);

test('Delivery badges: they refresh until the deliveries are final', async () => {
  let answer;
  receiver.held = new Promise((done) => { answer = done; });
  await postern.register(receiver.url);
  await postern.post(matched('Alice Smith'));
  await visit(page, postern, '/events');
  await badges(`Waiting for ${host}`).waitFor({ state: 'attached' });
  answer();
  await badges(`Delivered to ${host}`).waitFor({ state: 'attached' });
  assert.equal(await page.locator('.badges[data-pending]').count(), 0, 'final deliveries are not requested again');
  await assertAccessible(page, 'events with badges');
});

test('Delivery badges: a row that arrives live gets them too', async () => {
  await postern.register(receiver.url);
  await visit(page, postern, '/events');
  await connected(page);
  await postern.post(matched('Bob'));
  await page.locator('table.events tr', { hasText: 'Bob' }).waitFor();
  await badges(`Delivered to ${host}`).waitFor({ state: 'attached' });
});

test('Webhook: a failed delivery is found, read and resent', async () => {
  receiver.status = 503;
  const path = await postern.register(receiver.url);
  const [id] = await postern.post(matched('Alice Smith'));
  await attempts(path, 1);
  await visit(page, postern, '/events');
  await page.getByRole('link', { name: 'Alice Smith' }).click();
  await visit(page, postern, `/events/${id}`);
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  const delivery = page.locator('.delivery');
  await delivery.getByText('Retrying').waitFor();
  await delivery.getByText('Answered 503, an error at the receiver').first().waitFor();
  await assertAccessible(page, 'an event that failed');
  await delivery.locator('.c-time a').first().click();
  await page.getByRole('heading', { name: 'Request' }).waitFor();
  await page.getByText('What to do:').waitFor();
  assert.match(page.url(), /\/attempts\/at_\d+_\d+$/);
  assert.equal(await page.locator('#sent-body').textContent(), receiver.got[0].body, 'the body as it was sent');
  await assertAccessible(page, 'an attempt');
  receiver.status = 200;
  await visit(page, postern, `/events/${id}`);
  await page.getByRole('button', { name: 'Send now' }).click();
  await page.locator('.delivery').getByText('Delivered', { exact: true }).waitFor();
});

test('Attempts: their filters are in the address', async () => {
  receiver.answers['/bad'] = 500;
  const path = await postern.register(receiver.url.replace('/hook', '/bad'));
  await postern.post([matched('One'), matched('Two')]);
  await attempts(path, 2);
  await visit(page, postern, path);
  const rows = page.locator('table.attempts tbody tr');
  await rows.first().waitFor();
  await page.getByRole('link', { name: 'Delivered', exact: true }).click();
  await page.getByText('No matching attempts.').waitFor();
  assert.equal(new URL(page.url()).search, '?outcome=delivered');
  await page.goBack();
  await rows.first().waitFor();
  await page.getByRole('link', { name: 'Failed', exact: true }).click();
  await page.locator('summary', { hasText: 'Filter by cause and time' }).click();
  await page.getByLabel('Cause').selectOption('Status other than 2xx');
  await page.getByLabel('From (UTC)').fill('2020-01-02T03:04:05');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await rows.first().waitFor();
  const url = new URL(page.url());
  assert.deepEqual([...url.searchParams].sort(), [['class', 'status'], ['outcome', 'failed'], ['since', '2020-01-02T03:04:05Z']]);
  assert.equal(await page.getByLabel('From (UTC)').inputValue(), '2020-01-02T03:04:05');
  await assertAccessible(page, 'attempts that are narrowed');
  await page.getByLabel('From (UTC)').fill('');
  await page.getByLabel('Until (UTC)').fill('2020-01-02T03:04:05');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText('No matching attempts.').waitFor();
  await page.getByRole('link', { name: 'Show all' }).click();
  await rows.first().waitFor();
});

test('Webhook form: registering by keyboard, with a check of the URL', async () => {
  await postern.post([matched('Alice Smith'), { type: 'line_crossed', source: 'video', data: {} }]);
  await visit(page, postern, '/webhooks/new');
  await page.getByLabel('URL').focus();
  await page.keyboard.type('https://10.0.0.1/in');
  const next = page.getByRole('checkbox', { name: 'All events' });
  const before = await next.boundingBox();
  await page.keyboard.press('Tab');
  await page.locator('#url-check').getByText('private or special-purpose address').waitFor();
  assert.deepEqual(await next.boundingBox(), before, 'a person about to click it must not miss it');
  await assertAccessible(page, 'a URL that is refused');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(receiver.url);
  await page.keyboard.press('Tab');
  await page.locator('#url-check').getByText('Nothing has been sent yet.').waitFor();
  assert.equal(receiver.got.length, 0, 'checking connects to nothing');
  for (let i = 0; i < 5 && !(await next.evaluate((one) => one === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Space'); // all events
  assert.equal(await next.isChecked(), true);
  assert.equal(await page.getByRole('radio', { name: 'Generate a secret' }).isChecked(), true, 'a secret unless somebody says otherwise');
  const fold = page.locator('summary', { hasText: 'Filter by camera, source or data' });
  for (let i = 0; i < 30 && !(await fold.evaluate((one) => one === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('lobby-cam-1');
  await page.keyboard.press('Tab');
  // The preview of matching events follows by itself.
  await page.locator('#preview').getByText('1 of the last 2 events would match.').waitFor();
  await assertAccessible(page, 'a form with a preview');
  await page.keyboard.press('Shift+Tab');
  const register = page.getByRole('button', { name: 'Register webhook' });
  for (let i = 0; i < 30 && !(await register.evaluate((one) => one === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('This is the secret that signs its deliveries.').waitFor();
  await page.getByText(/whsec_[A-Za-z0-9+/=]{20,}/).waitFor();
  await postern.post(matched('Bob'));
  await receiver.wait(1);
});

test('Webhook list: the last 24 hours, refreshed without moving rows being read', async () => {
  const path = await postern.register(receiver.url);
  const clock = await takeClock(page);
  await visit(page, postern, '/webhooks');
  await connected(page);
  const bars = page.locator('table.endpoints svg.day');
  assert.equal(await bars.getAttribute('aria-label'), 'Nothing was sent in the last 24 hours.');
  assert.equal(await bars.locator('path:not(.base)').count(), 0, 'no data is a gap');
  await postern.post([matched('One'), matched('Two')]);
  await attempts(path, 2);
  await clock.pass(10_000); // the list's own pause
  await page.locator('svg.day[aria-label^="100 % of 2 attempts in the last 24 hours succeeded. Nothing was sent in 23 hours."]').waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `webhooks, ${colorScheme}`);
  }
  // A person reads: nothing changes under the pointer.
  const cells = page.locator('table.endpoints tbody td');
  await cells.first().hover();
  let asked = 0;
  page.on('request', (request) => { if (new URL(request.url()).pathname === '/webhooks') asked++; });
  for (let i = 0; i < 6; i++) {
    await cells.nth(i % 2).hover();
    await clock.pass(5_000);
  }
  assert.equal(asked, 0);
  await page.mouse.move(0, 0);
  await clock.until(() => asked > 0);
  assert.equal(asked, 1);
});

test('Webhook: receivers to copy, also without JavaScript', async () => {
  const path = await postern.register(`${receiver.url}/in`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await visit(page, postern, path);
  const section = page.locator('#snippets');
  assert.deepEqual(await section.locator('details[open] summary').allTextContents(), ['Python']);
  await section.locator('summary', { hasText: 'Node' }).click();
  assert.deepEqual(await section.locator('details[open] summary').allTextContents(), ['Node'], 'one at a time');
  await section.locator('details[open] .snippet button').nth(1).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied.includes('const path = "/hook/in";') && copied.includes('POSTERN_WEBHOOK_SECRET'), copied);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `a webhook, ${colorScheme}`);
  }
  const plain = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(plain, postern, path);
  await plain.locator('#snippets summary', { hasText: 'Go' }).click();
  await plain.locator('#snippets').getByText('func verify(').waitFor();
  await plain.context().close();
});

test('Webhook: removing says what is lost', async () => {
  receiver.status = 500;
  const path = await postern.register(receiver.url);
  await postern.post(matched('Lost'));
  await attempts(path, 1);
  await visit(page, postern, `${path}/remove`);
  await page.getByText('Its backlog: 1 retry.').waitFor();
  await page.getByText('Its secret. A webhook').waitFor();
  await assertAccessible(page, 'removing');
});

test('Background requests: they are marked, and a person’s requests are not', async () => {
  const hook = await postern.register(receiver.url);
  const clock = await takeClock(page);
  let asked = [];
  page.on('request', (request) => asked.push({ path: new URL(request.url()).pathname, headers: request.headers() }));
  for (const path of ['/', '/webhooks', hook]) {
    asked = [];
    await visit(page, postern, path);
    await clock.until(() => asked.some((one) => one.path === path && one.headers['hx-request']));
    const [opened, ...again] = asked.filter((one) => one.path === path);
    assert.equal(opened.headers['x-background-request'], undefined, path);
    for (const { headers } of again) assert.deepEqual([headers['hx-request'], headers['x-background-request']], ['true', 'yes'], path);
  }
});
