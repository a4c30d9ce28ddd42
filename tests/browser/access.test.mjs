// Sign-in, accounts, keys and the audit, as each role sees them.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, password, signedIn, startBrowser, startPostern, visit } from './harness.mjs';
import { startScreens } from './screens.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern({ accounts: { root: 'administrator', viv: 'viewer' } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('Sign-in: right and wrong passwords, in both schemes', async () => {
  const checkOnScreens = await startScreens(browser, postern);
  await checkOnScreens('/sign-in');
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events?q=nobody');
  await page.getByLabel('Name').fill('viv');
  await page.getByLabel('Password').fill('a wrong one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The name or the password is wrong.').waitFor();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/events?q=nobody');
});

test('Access: the pages of an administrator, in both schemes', async () => {
  const page = await signedIn(browser, postern, 'root');
  // The pages have a key, an event, a webhook and audit entries to show.
  await visit(page, postern, '/settings/keys');
  await page.getByLabel('Name').fill('face-pipeline');
  await page.getByLabel('ingest').check();
  await page.getByRole('button', { name: 'Create key' }).click();
  const key = (await page.locator('main').innerText()).match(/pst_[0-9A-Za-z]{49}/)[0];
  const sent = await fetch(`${postern.url}/api/v1/events`, { method: 'POST', headers: { Authorization: `Bearer ${key}` }, body: JSON.stringify(matched('Alice Smith', { id: 'alice-1' })) });
  assert.equal(sent.status, 202);
  const hook = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/events/webhooks', { method: 'POST', body: JSON.stringify({ url: 'http://127.0.0.1:9/hook', event_types: ['*'], secret: 'whsec_your_signing_secret' }) });
    return (await answer.json()).id;
  });
  const checkOnScreens = await startScreens(browser, postern, page);
  for (const path of [
    '/account', '/settings', '/settings/accounts', '/settings/keys', '/settings/audit', '/settings/audit?verify=yes', '/settings/audit?actor=nobody',
    '/identities/abc-123/erase', '/identities/nobody-here/erase', `/webhooks/${hook}/edit`, `/webhooks/${hook}/remove`,
  ]) await checkOnScreens(path);
  await checkOnScreens('/nowhere', 404);
  await visit(page, postern, '/settings/audit');
  const [keys, out] = await Promise.all(['Shortcuts', 'Sign out'].map((name) => page.locator('nav.rail').getByRole('button', { name }).boundingBox()));
  assert.ok(keys.y + keys.height <= out.y, 'the buttons of the rail stand apart');
  assert.equal(await page.getByText('Webhook registration').locator('visible=true').count(), 1, 'a change is one line');
});

test('Monitor: a signed-in account acknowledges under its own name', async () => {
  const page = await signedIn(browser, postern, 'root');
  await visit(page, postern, '/settings/keys');
  await page.getByLabel('Name').fill('alerts');
  await page.getByLabel('ingest').check();
  await page.getByRole('button', { name: 'Create key' }).click();
  const key = (await page.locator('main').innerText()).match(/pst_[0-9A-Za-z]{49}/)[0];
  const sent = await fetch(`${postern.url}/api/v1/events`, { method: 'POST', headers: { Authorization: `Bearer ${key}` }, body: JSON.stringify(matched('Wanted Person', { type: 'watchlist_alert' })) });
  assert.equal(sent.status, 202);
  await visit(page, postern, '/monitor');
  await connected(page);
  const one = page.locator('.alert-card', { hasText: 'Wanted Person' });
  await one.waitFor();
  await page.locator('#alert-cards:not(.moving)').waitFor();
  assert.ok(await page.locator('#acknowledge-as').isHidden(), 'the name is the account\'s');
  await one.getByRole('button').click();
  await one.waitFor({ state: 'detached' });
  await page.locator('#acknowledged-message').getByText('root').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Access: a viewer is told which pages are denied, in both schemes', async () => {
  const page = await signedIn(browser, postern, 'viv');
  const checkOnScreens = await startScreens(browser, postern, page);
  for (const path of ['/', '/account', '/monitor', '/events/alice-1']) await checkOnScreens(path);
  for (const path of ['/settings/audit', '/webhooks', '/identities/abc-123/erase']) await checkOnScreens(path, 403);
  await visit(page, postern, '/events/alice-1');
  assert.equal(await page.getByText('Erase everything').count(), 0);
  await visit(page, postern, '/monitor');
  assert.equal(await page.getByText('Webhooks failing').count(), 0);
});

test('Account: a theme and a time zone hold in another browser too', async () => {
  const page = await signedIn(browser, postern, 'viv', { timezoneId: 'Asia/Tokyo', colorScheme: 'light' });
  await visit(page, postern, '/account');
  await page.getByLabel('Dark').check();
  await page.getByRole('combobox', { name: 'Time zone' }).fill('Europe/Amsterdam');
  assert.ok(await page.locator('#zones option').count() > 100, 'zones are suggested');
  await page.getByRole('button', { name: 'Save theme and time zone' }).click();
  await page.getByText('Saved. All your browsers').waitFor();
  const other = await signedIn(browser, postern, 'viv', { timezoneId: 'America/New_York', colorScheme: 'light', firstVisit: true });
  await visit(other, postern, '/events');
  for (const shown of [page, other]) {
    assert.equal(await shown.evaluate(() => getComputedStyle(document.body).colorScheme), 'dark');
    await shown.getByRole('contentinfo').getByText('Times in Europe/Amsterdam').waitFor();
  }
  assert.deepEqual([...page.offences, ...other.offences], []);
  await (await startScreens(browser, postern, page))('/account');
});
