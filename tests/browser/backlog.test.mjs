// The backlog is one number, the same on every page and in the API.
import { after, before, test } from 'node:test';
import { assert, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver;
before(async () => {
  [postern, browser, receiver] = await Promise.all([startPostern(), startBrowser(), startReceiver()]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
  receiver?.end();
});

test('Backlog: exact with few types, and the same everywhere', async () => {
  // A webhook of one type, paused, beside far more events of others.
  const hook = await postern.register(receiver.url, { event_types: ['document_scanned'] });
  assert.ok((await fetch(`${postern.url}/api/v1/events${hook}/pause`, { method: 'POST' })).ok);
  const wanted = (i) => i % 18 === 0;
  const events = Array.from({ length: 3318 }, (_, i) => (wanted(i) ? { type: 'document_scanned', source: 'scanner', data: { n: i } } : matched(`Passer-by ${i}`)));
  for (let from = 0; from < events.length; from += 500) await postern.post(events.slice(from, from + 500));
  const waiting = events.filter((_, i) => wanted(i)).length;

  const page = await openPage(browser, postern);
  await visit(page, postern, '/webhooks');
  assert.equal((await page.locator('td.c-backlog .num').innerText()).trim(), `${waiting}`);
  await visit(page, postern, hook);
  assert.equal((await page.locator('dl div', { hasText: /^Backlog/ }).locator('dd').first().innerText()).trim(), `${waiting} events`);
  await visit(page, postern, '/');
  assert.equal((await page.locator('.tiles div', { hasText: 'Backlog' }).locator('dd').innerText()).trim(), `${waiting}`);
  const { status } = await (await fetch(`${postern.url}/api/v1/events${hook}`)).json();
  assert.deepEqual([status.behind, status.behind_estimated], [waiting, false]);

  // And all of them arrive, those alone.
  assert.ok((await fetch(`${postern.url}/api/v1/events${hook}/resume`, { method: 'POST' })).ok);
  await receiver.wait(waiting);
  await visit(page, postern, '/');
  await page.waitForFunction(() => [...document.querySelectorAll('.tiles div')].find((tile) => tile.textContent.includes('Backlog')).querySelector('dd').textContent.trim() === '0');
  assert.deepEqual(page.offences, []);
});
