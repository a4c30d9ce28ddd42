// Recover what webhooks missed since 02:00: four clicks from the overview.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, sink, hook;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  sink = await startReceiver();
  hook = await postern.register(sink.url);
  const operate = async (action, body) => {
    const done = await fetch(`${postern.url}/api/v1/events${hook}/${action}`, { method: 'POST', body });
    assert.equal(done.status, 200, await done.text());
  };
  await operate('pause');
  await postern.post(Array.from({ length: 7 }, (_, i) => matched(`Night ${i}`)));
  await operate('resume', '{"from":"now"}');
});
after(async () => {
  await browser?.close();
  await postern?.end();
  sink?.end();
});

test('What webhooks missed since 02:00 is recovered in four clicks', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  let clicks = 0;
  const click = async (target) => {
    await target.click();
    clicks++;
  };
  await click(page.getByRole('navigation').getByRole('link', { name: 'Webhooks' }).first());
  await click(page.getByRole('link', { name: 'Recover…' }));
  const from = page.getByLabel(/Events that arrived since/);
  assert.match(await from.inputValue(), /T02:00/);
  await click(page.getByRole('button', { name: 'Count undelivered events' }));
  await page.getByRole('heading', { name: '7 events weren\'t delivered.' }).waitFor();
  await assertAccessible(page, 'the counts');
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/recover.png` });
  await click(page.getByRole('button', { name: 'Recover 7 events' }));
  await page.getByText('The recovery has started.').waitFor();
  assert.equal(clicks, 4);
  await page.getByText('7 delivered at 1 webhook').waitFor();
  await sink.wait(7);
  await assertAccessible(page, 'the recoveries');
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/recoveries.png` });

  // Nothing is left, and nothing is sent twice.
  await visit(page, postern, hook);
  await page.getByRole('link', { name: 'Recover…' }).click();
  await page.getByRole('button', { name: 'Count undelivered events' }).click();
  await page.getByRole('heading', { name: /Nothing to recover/ }).waitFor();
  assert.equal(sink.got.length, 7);
});
