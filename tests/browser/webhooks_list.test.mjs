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
