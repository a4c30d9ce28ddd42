// Rules for pages of every kind: older rows, refreshed parts, the keyboard.
import { after, before, test } from 'node:test';
import { assert, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('Older events: pages follow one another without a gap or a repetition', async () => {
  const posted = await postern.post(Array.from({ length: 250 }, (_, i) => matched(`Paged ${i}`, { camera_id: 'paging' })));
  const page = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(page, postern, '/events?camera_id=paging');
  const seen = [];
  for (;;) {
    seen.push(...await page.locator('tr.event').evaluateAll((found) => found.map((one) => one.id.slice(2))));
    // Events that keep arriving don't move the pages.
    await postern.post(matched('In Between', { camera_id: 'elsewhere' }));
    const older = page.getByRole('link', { name: 'Older' });
    if (await older.count() === 0) break;
    const here = page.url();
    await older.click();
    await page.waitForURL((url) => url.href !== here);
  }
  assert.deepEqual(seen, posted.reverse());
});

test('Overview: it refreshes, and stays unchanged while the server is away', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  for (const label of ['First News', 'Second News']) {
    await postern.post(matched(label));
    await page.getByText(label).waitFor();
  }
  await postern.stop();
  await page.locator('#live-state[data-state="reconnecting"]').waitFor();
  const failed = page.waitForEvent('requestfailed');
  await page.evaluate(() => window.htmx.trigger('#overview', 'every', {}, false));
  await failed;
  await page.getByText('Second News').waitFor();
  await postern.start();
  await postern.post(matched('Third News'));
  await page.getByText('Third News').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Keyboard: it reaches everything, beginning with a link past the rail', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').textContent(), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});
