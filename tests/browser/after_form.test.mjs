// After a form the page keeps scroll position and focus.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let open, browser;
before(async () => {
  open = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await open?.end();
});

const press = (page, name) => page.getByRole('button', { name }).click();
const focused = (page) => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200) ?? '');

test('After a form: acknowledging keeps scroll position and focus', async () => {
  const page = await openPage(browser, open, { viewport: { width: 1280, height: 420 } });
  await page.context().addCookies([{ name: 'postern_name', value: 'Alice', url: open.url }]);
  await open.post(['One', 'One', 'One'].map((label) => matched(label, { type: 'watchlist_alert' })));
  await visit(page, open, '/alerts');
  const group = await page.locator('table.groups .c-cause a').first().getAttribute('href');
  await visit(page, open, group);
  const buttons = page.locator('form[data-acknowledge] button');
  assert.equal(await buttons.count(), 3);
  for (const left of [2, 1]) { // in the middle, then the last of the list
    const second = buttons.nth(1);
    await page.evaluate(() => document.querySelectorAll('form[data-acknowledge] button')[1].scrollIntoView({ block: 'center', behavior: 'instant' }));
    const before = await second.boundingBox();
    const scrolled = await page.evaluate(() => scrollY);
    assert.ok(scrolled > 0, 'there is something to scroll');
    await Promise.all([page.waitForEvent('load'), second.click()]);
    await buttons.nth(left).waitFor({ state: 'detached' });
    assert.match(await focused(page), /^<button[^>]*>\s*Acknowledge/, 'the next alert has the focus');
    const after = await page.evaluate(() => document.activeElement.getBoundingClientRect().top);
    assert.ok(Math.abs(after - before.y) < 2, `the view moved from ${before.y} to ${after}`);
  }
  assert.deepEqual(page.offences, []);
});

test('After a form: the message is visible further down the page', async () => {
  const page = await openPage(browser, open, { viewport: { width: 1280, height: 420 } });
  const path = await open.register('http://127.0.0.1:9/long');
  await visit(page, open, path);
  await page.locator('summary', { hasText: 'Rotate the secret…' }).click();
  await press(page, 'Generate a new secret');
  await page.locator('#new-secret').waitFor();
  assert.equal(await page.locator('#notice').evaluate((node) => node === document.activeElement), true);
  await page.reload();
  await page.locator('#secret-section summary', { hasText: /^End/ }).first().click();
  await page.evaluate(() => document.querySelector('#secret-section').scrollIntoView({ block: 'start', behavior: 'instant' }));
  await page.locator('#secret-section details[open] button').click();
  await page.locator('#notice').waitFor();
  assert.ok(await page.evaluate(() => scrollY) > 0, 'the page stays where it was');
  assert.equal(await page.locator('#notice').evaluate((node) => { const box = node.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }), true, 'the message is visible');
  assert.match(await focused(page), /^<(summary|button|a)/, 'and the focus is near');
  await assertAccessible(page, 'a message that is at hand');
  assert.deepEqual(page.offences, []);
});
