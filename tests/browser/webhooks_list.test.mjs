// The list of webhooks: search, order, selection. Each job of an operator has its
// number of clicks.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, connected, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

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

/** A page that counts the clicks on it; `tap` does on a phone. */
async function counting(options) {
  const page = await openPage(browser, postern, options);
  page.clicks = 0;
  page.press = async (locator) => {
    page.clicks++;
    await (options?.hasTouch ? locator.tap() : locator.click());
  };
  return page;
}

const names = (page) => page.locator('table.endpoints tbody .address b').allInnerTexts();
const states = async () => Object.fromEntries((await (await fetch(`${postern.url}/api/v1/events/webhooks`)).json())
  .map((one) => [one.name, one.status.state]));
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('Webhook list: the slowest webhook takes one click', async () => {
  const slow = await startReceiver();
  slow.delay = 400;
  try {
    const path = await postern.register(slow.url, { name: 'Slow desk', labels: ['site:north'] });
    for (const name of ['Quick door', 'Quick gate']) await postern.register(receiver.url, { name, labels: ['site:south'] });
    await postern.post(matched('Alice Smith'));
    await postern.delivered(path, 1);
    const page = await counting();
    await visit(page, postern, '/webhooks');
    await page.press(page.getByRole('columnheader', { name: 'p95' }).getByRole('link'));
    await page.waitForURL('**/webhooks?sort=-p95');
    assert.equal((await names(page))[0], 'Slow desk');
    assert.equal(page.clicks, 1);
    assert.equal(await page.getByRole('columnheader', { name: 'p95' }).getAttribute('aria-sort'), 'descending');
    // A second click reverses the order.
    await page.press(page.getByRole('columnheader', { name: 'p95' }).getByRole('link'));
    await page.waitForURL('**/webhooks?sort=p95');
    assert.equal((await names(page)).at(-1), 'Slow desk');
    assert.deepEqual(page.offences, []);
  } finally {
    slow.end();
  }
});

test('Webhook list: search, label and state', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks');
  await page.keyboard.press('/');
  await page.keyboard.type('QUICK');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '2 of 3 webhooks' }).waitFor();
  await page.getByRole('link', { name: 'Show all' }).click();
  await page.getByLabel('Label', { exact: true }).selectOption('site:north');
  await page.getByRole('heading', { name: '1 of 3 webhooks' }).waitFor();
  assert.deepEqual(await names(page), ['Slow desk']);
  await visit(page, postern, '/webhooks?state=failing');
  await page.getByText('No webhook matches.').waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await visit(page, postern, '/webhooks?q=quick&sort=name');
    await assertAccessible(page, `the list, ${colorScheme}`);
  }
  assert.deepEqual(page.offences, []);
});

test('Webhook list: select with the keyboard, and pause and resume together', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks?sort=name');
  await connected(page);
  const bar = page.getByRole('form', { name: 'Selected webhooks' });
  assert.equal(await bar.isVisible(), false);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await bar.getByText('2', { exact: true }).waitFor();
  await assertAccessible(page, 'two rows are selected');
  await page.keyboard.press('b'); // to the buttons
  await page.keyboard.press('Enter');
  await page.getByText('Paused 2 webhooks.').waitFor();
  assert.deepEqual(await states(), { 'Slow desk': 'active', 'Quick door': 'paused', 'Quick gate': 'paused' });
  assert.equal(new URL(page.url()).search, '?sort=name', 'the list is the same');
  await page.getByLabel('Select all webhooks of this page').check();
  await bar.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('Resumed 3 webhooks.').waitFor();
  await page.keyboard.press('*');
  await bar.getByRole('button', { name: 'Send test event' }).click();
  await page.getByText('2 of 3 webhooks accepted the test event. Not accepted by Slow desk (connection failed).').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Webhook list: acting on several works without JavaScript', async () => {
  const page = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(page, postern, '/webhooks');
  await page.getByLabel('Select Quick door').check();
  await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
  await page.getByText('Paused Quick door.').waitFor();
  await page.getByRole('button', { name: 'Resume Quick door' }).click();
  await page.getByText('Resumed Quick door.').waitFor();
});

test('Webhook list: on a phone, two taps from the first screen pause a webhook', async () => {
  const page = await counting(phone);
  await visit(page, postern, '/');
  await page.press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Webhooks' }));
  await page.waitForURL('**/webhooks');
  await page.press(page.getByRole('button', { name: 'Pause Quick gate' }));
  await page.getByText('Paused Quick gate.').waitFor();
  assert.equal(page.clicks, 2);
  await visit(page, postern, '/');
  page.clicks = 0;
  await page.press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Webhooks' }));
  await page.press(page.getByRole('button', { name: 'Resume Quick gate' }));
  await page.getByText('Resumed Quick gate.').waitFor();
  assert.equal(page.clicks, 2);
  await assertAccessible(page, 'the list on a phone');
});

test('Webhook registration: a receiver is checked with two clicks, before it is registered', async () => {
  const page = await counting();
  const before = receiver.got.length;
  await visit(page, postern, '/webhooks');
  await page.press(page.getByRole('link', { name: 'Register a webhook' }));
  await page.getByLabel('URL').fill(receiver.url);
  await page.press(page.getByRole('button', { name: 'Check the receiver' }));
  await page.getByText('Reachable: the receiver accepted a test event, and answered 200.').waitFor();
  assert.equal(page.clicks, 2);
  assert.equal(receiver.got.length, before + 1);
  assert.equal(receiver.got.at(-1).headers['x-postern-test'], 'true');
  assert.equal(Object.keys(await states()).length, 3, 'nothing is registered');
  await assertAccessible(page, 'a receiver that was checked');
  await page.getByLabel('URL').fill('http://127.0.0.1:1/');
  await page.press(page.getByRole('button', { name: 'Check the receiver' }));
  await page.getByText('Not reachable.').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Webhook registration: its own page follows, with the test event as the next step', async () => {
  const page = await counting();
  await visit(page, postern, '/webhooks/new');
  await page.getByLabel('URL').fill(`${receiver.url}/new`);
  await page.getByLabel('Name', { exact: true }).fill('Fresh desk');
  await page.getByLabel('All events').check();
  await page.getByRole('button', { name: 'Register webhook' }).click();
  await page.waitForURL('**/webhooks/wh_*');
  await page.getByRole('heading', { name: 'Fresh desk', level: 1 }).waitFor();
  assert.equal(await page.title(), 'Fresh desk · Postern');
  const next = page.getByRole('button', { name: 'Send test event' });
  assert.match(await next.getAttribute('class'), /primary/);
  assert.equal(await page.locator('main .button.primary').count(), 1, 'one primary button a page');
  await page.press(next);
  await page.locator('#test-result').getByText('Delivered, answered 200').waitFor();
  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'Webhooks' }).click();
  await page.getByRole('link', { name: /^Fresh desk/ }).waitFor();
  assert.deepEqual(page.offences, []);
});

test('Webhook page: four clicks rotate a secret and copy it', async () => {
  const page = await counting();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await visit(page, postern, '/webhooks');
  await page.press(page.getByRole('link', { name: /^Slow desk/ }));
  await page.press(page.locator('summary', { hasText: 'Rotate the secret…' }));
  await page.press(page.getByRole('button', { name: 'Generate a new secret' }));
  await page.press(page.locator('#notice').getByRole('button', { name: 'Copy' }));
  assert.equal(page.clicks, 4);
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^whsec_\S{20,}$/);
  assert.deepEqual(page.offences, []);
});

test('Webhook page: one card and one bar, and removing is never what stands out', async () => {
  const path = (await (await fetch(`${postern.url}/api/v1/events/webhooks?q=slow`)).json())[0].id;
  for (const options of [{}, phone]) {
    const page = await openPage(browser, postern, options);
    await visit(page, postern, `/webhooks/${path}`);
    const pause = page.getByRole('button', { name: 'Pause', exact: true });
    const bottom = (await pause.boundingBox()).y + (await pause.boundingBox()).height;
    assert.ok(bottom < page.viewportSize().height - 60, 'pausing needs no scrolling');
    await pause.click();
    await page.getByText('A person paused it').first().waitFor();
    assert.equal(await page.locator('main .button.primary').count(), 1);
    assert.match(await page.locator('main .button.primary').innerText(), /^Resume/);
    const remove = page.getByRole('link', { name: 'Remove webhook…' });
    assert.match(await remove.getAttribute('class'), /quiet-button/);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `a webhook, ${colorScheme}`);
    }
    await page.locator('main .button.primary').click();
    await page.getByText('Resumed.').waitFor();
    const tiles = await page.locator('.webhook-tiles > div').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    assert.ok(Math.max(...tiles) - Math.min(...tiles) <= 2, `the tiles are aligned: ${tiles}`);
  }
});
