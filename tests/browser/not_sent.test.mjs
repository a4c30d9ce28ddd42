// Why a webhook didn't get an event: the answer is two clicks from the overview and
// from the events page, and it is that of the settings of then.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, sink;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  sink = await startReceiver();
  const vip = await postern.register(`${sink.url}/vip`, { conditions: { similarity: { '>=': 0.9 } } });
  await postern.register(`${sink.url}/gate`, { camera_ids: ['gate-1'] });
  for (let i = 0; i < 10; i++) await postern.register(`${sink.url}/doors/${i}`, { event_types: ['line_crossed'] });
  await postern.post([matched('Lena Low', { camera_id: 'lobby-7', data: { label: 'Lena Low', similarity: 0.62 } })]);
  // A later change of the settings decides nothing about the event.
  const changed = await fetch(`${postern.url}/api/v1/events${vip}`, { method: 'PATCH', body: '{"conditions":{}}' });
  assert.equal(changed.status, 200, await changed.text());
  await postern.register(`${sink.url}/late`);
});
after(async () => {
  await browser?.close();
  await postern?.end();
  sink?.end();
});

for (const [name, path] of [['overview', '/'], ['events page', '/events']]) {
  test(`Why a webhook didn't get an event takes two clicks from the ${name}`, async () => {
    const page = await openPage(browser, postern);
    await visit(page, postern, path);
    let clicks = 0;
    const click = async (target) => {
      await target.click();
      clicks++;
    };
    await click(page.getByRole('link', { name: /Lena Low/ }).first());
    await click(page.getByText(/^Not sent to 13 webhooks$/));
    const why = (host) => page.getByRole('row', { name: host }).locator('.c-detail');
    await why('/vip').waitFor();
    assert.match(await why('/vip').textContent(), /required similarity >= 0\.9; this event has 0\.62\.\s*Settings from/);
    assert.match(await why('/gate').textContent(), /takes only events of gate-1; this event is of lobby-7/);
    assert.match(await why('/late').textContent(), /registered after this event had arrived/);
    assert.equal(clicks, 2);
    await assertAccessible(page, `the reasons, from the ${name}`);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/not-sent-${name.replace(' ', '-')}.png`, fullPage: true });
  });
}
