// Forms: a reload repeats nothing, and actions that can't be undone ask first.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, openPage, signedIn, startBrowser, startPostern, visit } from './harness.mjs';

let open, guarded, browser;
before(async () => {
  [open, guarded, browser] = await Promise.all([startPostern(), startPostern({ accounts: { root: 'administrator', olga: 'operator', viv: 'viewer' } }), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await open?.end();
  await guarded?.end();
});

const press = (page, name) => page.getByRole('button', { name }).click();
const webhooks = async (postern) => (await fetch(`${postern.url}/api/v1/events/webhooks`)).json();

async function fill(page, url) {
  await page.getByLabel('URL').fill(url);
  if (!await page.getByLabel('All events').isChecked()) await page.getByLabel('All events').check();
}

test('Forms: a reload after registering repeats nothing, and the secret is shown once', async () => {
  const page = await openPage(browser, open);
  await visit(page, open, '/webhooks/new');
  await fill(page, 'http://127.0.0.1:9/once');
  await press(page, 'Register webhook');
  const secret = await page.locator('#new-secret').textContent();
  assert.match(secret, /^whsec_\S{20,}$/);
  assert.equal(await page.locator('#notice').evaluate((node) => node === document.activeElement), true, 'the focus is on the secret that is shown once');
  assert.equal(new URL(page.url()).search, '');
  for (const again of [() => page.reload(), () => page.goBack().then(() => page.goForward()), () => page.goto('about:blank').then(() => page.goBack())]) {
    await again();
    await page.getByRole('button', { name: 'Send test event' }).waitFor();
    assert.equal((await page.content()).includes(secret), false, 'the secret is shown once');
    assert.equal(await page.locator('#notice').count(), 0, 'and the message is gone too');
  }
  assert.equal((await webhooks(open)).length, 1);

  // The same URL asks first, with all that was typed.
  await visit(page, open, '/webhooks/new');
  await fill(page, 'http://127.0.0.1:9/once');
  await press(page, 'Register webhook');
  await page.getByText('This URL is already registered.').waitFor();
  assert.equal(await page.getByLabel('URL').inputValue(), 'http://127.0.0.1:9/once');
  await assertAccessible(page, 'the question about a URL');
  assert.equal((await webhooks(open)).length, 1);
  await press(page, 'Register another webhook');
  await page.locator('#new-secret').waitFor();
  assert.equal((await webhooks(open)).length, 2);
  assert.deepEqual(page.offences, []);
});

test('Forms: a reload repeats no rotation, account or key', async () => {
  const page = await signedIn(browser, guarded, 'root');
  await visit(page, guarded, '/settings/accounts');
  await page.getByLabel('Name').fill('new');
  await press(page, 'Add account');
  await page.getByText('Added the account new.').waitFor();
  const made = await page.locator('#new-password').textContent();
  assert.equal(await page.getByText('signs its deliveries').count(), 0, 'a password is no secret of a webhook');
  await page.reload();
  assert.equal((await page.content()).includes(made), false);
  assert.equal(await page.locator('td b', { hasText: /^new$/ }).count(), 1);

  await visit(page, guarded, '/settings/keys');
  await page.getByLabel('Name').fill('wall');
  await page.getByLabel('monitor').check();
  await page.getByLabel('ingest').uncheck();
  await press(page, 'Create key');
  const key = await page.locator('#made-key').textContent();
  assert.ok((await page.locator('#made-link').textContent()).includes(key));
  await assertAccessible(page, 'a key that was made');
  await page.reload();
  assert.equal((await page.content()).includes(key), false);
  assert.equal(await page.locator('#notice').count(), 0);
  assert.deepEqual(page.offences, []);
});

test('Forms: removing an account or revoking a key asks first', async () => {
  const page = await signedIn(browser, guarded, 'root');
  await visit(page, guarded, '/settings/accounts');
  await page.locator('tr', { hasText: 'viv' }).locator('summary').click();
  await page.locator('tr', { hasText: 'viv' }).getByRole('link', { name: 'Remove the account…' }).click();
  await page.getByRole('heading', { name: 'Remove this account?' }).waitFor();
  await assertAccessible(page, 'a question about an account');
  await page.getByRole('link', { name: 'Keep it' }).click();
  assert.equal(await page.locator('tr', { hasText: 'viv' }).count(), 1);
  await page.locator('tr', { hasText: 'viv' }).locator('summary').click();
  await page.locator('tr', { hasText: 'viv' }).getByRole('link', { name: 'Remove the account…' }).click();
  await press(page, 'Remove the account');
  await page.getByText('Removed the account viv.').waitFor();
  assert.equal(await page.locator('tr', { hasText: 'viv' }).count(), 0);
  // An address says nothing by itself.
  await visit(page, guarded, '/settings/accounts?did=removed&name=root');
  assert.equal(await page.locator('#notice').count(), 0);
  assert.deepEqual(page.offences, []);
});

test('Forms: an error disappears when its field is edited', async () => {
  const page = await openPage(browser, open);
  await visit(page, open, '/webhooks/new');
  await page.getByLabel('URL').fill('ftp://example.com/in');
  await page.locator('summary', { hasText: 'Order and limits' }).click();
  await page.getByLabel('Maximum concurrent requests').fill('1000');
  await press(page, 'Register webhook');
  await page.getByText('must begin with https:// or http://').first().waitFor();
  assert.equal(await page.locator('[aria-invalid="true"]').count(), 2);
  assert.equal(await page.locator('#event_types-error').innerText() !== '', true);

  await page.getByLabel('URL').fill('http://127.0.0.1:9/in');
  assert.equal(await page.locator('#url-error').innerText(), '');
  assert.equal(await page.locator('[aria-invalid="true"]').count(), 1, 'the other one is still wrong');
  await page.getByLabel('Face matched').check();
  assert.equal(await page.locator('#event_types-error').innerText(), '');
  await page.getByLabel('Maximum concurrent requests').fill('4');
  assert.equal(await page.locator('[aria-invalid="true"], .wrong').count(), 0);
  assert.deepEqual(page.offences, []);
});

test('Sign-in: the layout of a wide screen', async () => {
  for (const [width, least] of [[1280, 340], [390, 320]]) {
    const page = await openPage(browser, guarded, { viewport: { width, height: 800 } });
    await visit(page, guarded, '/sign-in');
    const box = await page.locator('form.sign-in').boundingBox();
    assert.ok(box.width >= least, `the form is ${box.width} px wide on ${width}`);
    assert.ok(Math.abs(box.x + box.width / 2 - width / 2) < 12, 'and stands in the middle');
    await page.context().close();
  }
});

test('Audit: a successful verification is shown as such', async () => {
  const page = await signedIn(browser, guarded, 'root');
  await visit(page, guarded, '/settings/audit');
  await press(page, 'Verify integrity');
  await page.getByText('Integrity verified: no entry was changed or removed.').waitFor();
  const colour = (selector) => page.locator(selector).first().evaluate((node) => getComputedStyle(node).borderLeftColor);
  const confirmed = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = 'var(--confirmed)';
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  });
  assert.equal(await colour('#notice'), confirmed);
  assert.deepEqual(page.offences, []);
});
