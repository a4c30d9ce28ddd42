// When things happened to a delivery: the waterfall of an attempt and the phases on an
// event's page, and a webhook's heatmap, in both schemes and on a phone.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser, slow, event, hook;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  slow = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => {
      response.writeHead(503, { 'x-request-id': 'r-1', 'set-cookie': 'session=of-alice' });
      response.write('busy');
      setTimeout(() => response.end(), 40);
    }, 150));
  }).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  hook = await postern.register(`http://localhost:${slow.address().port}/hook`, { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' });
  await postern.register('http://127.0.0.1:1/nothing-listens');
  [event] = await postern.post([matched('Lena Low')]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
  slow?.close();
});

/** Fails where the page is wider than its window. */
async function assertFits(page, what) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= window, `${what} is ${wide} px wide in a window of ${window} px`);
}

for (const [name, options] of [
  ['light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
]) {
  test(`The waterfall of an attempt: ${name}`, async () => {
    const page = await openPage(browser, postern, options);
    await visit(page, postern, `/events/${event}`);
    const strip = page.locator('.strip[aria-label*="First byte"]').first();
    for (let i = 0; i < 40 && await strip.count() === 0; i++) { // the slow attempt ends after the other webhook's
      await page.waitForTimeout(100);
      await page.reload();
    }
    assert.match(await strip.getAttribute('aria-label'), /First byte \d+(\.\d)? m?s, Response \d+ m?s/);
    if (process.env.SHOTS) await page.locator('#deliveries').screenshot({ path: `${process.env.SHOTS}/event-${name}.png` });
    await visit(page, postern, `${hook}?outcome=failed`);
    await visit(page, postern, await page.locator('#attempt-list .c-time a').last().getAttribute('href'));
    const steps = page.locator('table.waterfall tbody th');
    await steps.first().waitFor();
    assert.deepEqual((await steps.allTextContents()).map((text) => text.trim()).filter((text) => text !== 'DNS'),
      ['Received', 'Committed', 'Queued', 'Connect', 'Request', 'First byte', 'Response', 'Done']);
    // The bars are drawn to scale: the wait for the first byte is the longest.
    const widths = await page.locator('table.waterfall rect').evaluateAll((all) => all.map((one) => [one.getAttribute('class').trim(), one.getBoundingClientRect().width]));
    const longest = widths.reduce((most, one) => (one[1] > most[1] ? one : most));
    assert.equal(longest[0], 'receiver');
    assert.match(await page.locator('.attempt-detail').textContent(), /X-Request-Id\s*r-1/);
    assert.doesNotMatch(await page.content(), /of-alice|whsec_/);
    await page.getByText('Copy as curl').click();
    const command = await page.locator('#attempt-curl').textContent();
    assert.match(command, /^curl -X POST 'http:\/\/localhost:\d+\/hook'/);
    assert.match(command, /-H 'X-Signature-256: sha256=[0-9a-f]{64}'/);
    assert.match(command, /--data-raw '\{"id":/);
    await assertAccessible(page, `an attempt, ${name}`);
    await assertFits(page, 'an attempt');
    if (process.env.SHOTS) await page.locator('section.timeline').screenshot({ path: `${process.env.SHOTS}/attempt-${name}.png` });
    await page.close();
  });

  test(`The heatmap of a webhook leads to its attempts: ${name}`, async () => {
    const page = await openPage(browser, postern, options);
    await visit(page, postern, hook);
    await page.locator('#heatmap').scrollIntoViewIfNeeded();
    await assertAccessible(page, `the heatmap, ${name}`);
    await assertFits(page, "a webhook's page");
    if (process.env.SHOTS) await page.locator('#heatmap').screenshot({ path: `${process.env.SHOTS}/heatmap-${name}.png` });
    await visit(page, postern, await page.getByRole('link', { name: /^Answered 5xx/ }).getAttribute('href'));
    const cell = page.locator('#heatmap td a').first();
    const n = Number(await cell.textContent());
    assert.ok(n >= 1, `the cell has ${n} attempts`);
    await visit(page, postern, await cell.getAttribute('href'));
    assert.ok((await page.locator('#attempt-list tbody tr').count()) >= n, 'the list has fewer attempts than the cell');
    await page.close();
  });
}
