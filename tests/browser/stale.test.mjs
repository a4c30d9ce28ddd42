// A page shows "Live" only if it is: with a frozen server, a dead connection, and a
// time range that is over.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, connected, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver;
before(async () => {
  [postern, browser, receiver] = await Promise.all([startPostern(), startBrowser(), startReceiver()]);
});
after(async () => {
  postern?.process.kill('SIGCONT');
  await browser?.close();
  await postern?.end();
  receiver?.end();
});

const words = /Disconnected since \d\d:\d\d:\d\d\.\s+Data below is out of date\.\s+Reconnecting automatically\./;
const grey = (page) => page.evaluate(() => [...document.querySelectorAll('[data-live], #monitor')].every((part) => getComputedStyle(part).filter.includes('grayscale(1)')));

test('Stale pages: a frozen server makes every live page stale, until it answers', async () => {
  const webhook = await postern.register(receiver.url);
  const [id] = await postern.post([matched('Before The Freeze')]);
  await receiver.wait(1);
  const paths = ['/', '/events', '/webhooks', webhook, `/events/${id}`, '/monitor'];
  const pages = await Promise.all(paths.map(() => openPage(browser, postern)));
  for (const [i, page] of pages.entries()) {
    await page.clock.install();
    await visit(page, postern, paths[i]);
    await page.evaluate(() => {
      window.beats = 0;
      document.addEventListener('htmx:ws:before:message:incoming', (event) => {
        if (!event.detail.message.data.startsWith('{')) return;
        window.beats++;
        window.heardAt = Date.now();
      });
      new MutationObserver(() => {
        if (document.documentElement.classList.contains('stale')) window.silence ??= Date.now() - window.heardAt;
      }).observe(document.documentElement, { attributeFilter: ['class'] });
    });
  }
  await Promise.all(pages.map(connected));
  // A heartbeat or two: none of them says that anything is wrong.
  await Promise.all(pages.map((page) => page.waitForFunction(() => window.beats >= 2)));
  for (const page of pages) assert.equal(await page.locator('#stale').isVisible(), false);

  postern.process.kill('SIGSTOP');
  let thawed;
  try {
    await Promise.all(pages.map((page) => page.clock.runFor(13_000)));
    await Promise.all(pages.map((page) => page.locator('#stale').waitFor()));
    const silences = await Promise.all(pages.map((page) => page.evaluate(() => window.silence)));
    for (const [i, silence] of silences.entries()) assert.ok(silence > 7_000, `${paths[i]} after ${silence} ms already`);
    for (const [i, page] of pages.entries()) {
      const text = (await page.locator('#stale').textContent()).trim();
      if (paths[i] === '/monitor') assert.match(text, /Disconnected\s*since \d\d:\d\d:\d\d\s*Data below is out of date\.\s*Reconnecting automatically\./);
      else assert.match(text, words, paths[i]);
      assert.equal(await page.locator('#live-word').textContent(), 'Disconnected', paths[i]);
      assert.ok(await grey(page), `${paths[i]} is grey`);
    }
    await pages[0].bringToFront();
    await assertAccessible(pages[0], 'a page that is out of date');
  } finally {
    thawed = Date.now();
    postern.process.kill('SIGCONT');
  }
  await postern.post([matched('After The Freeze')]);
  for (const [i, page] of pages.entries()) {
    await connected(page).catch((error) => { throw new Error(`${paths[i]}: ${error}`); });
    assert.equal(await page.locator('#stale').isVisible(), false, paths[i]);
    assert.equal(await grey(page), false, paths[i]);
    // The page is live again: it was fetched after the server was back.
    const old = await page.evaluate((since) => [...document.querySelectorAll('[data-at]')].filter((part) => Date.parse(part.dataset.at) < since).length, thawed);
    assert.equal(old, 0, `${paths[i]} has caught up`);
  }
  await pages[1].getByText('After The Freeze').first().waitFor();
  for (const page of pages) {
    assert.deepEqual(page.offences, []);
    await page.context().close();
  }
});

test('Stale pages: a dead connection without a close event is replaced', async () => {
  const page = await openPage(browser, postern);
  let sockets = 0;
  await page.routeWebSocket(/live\/socket/, (socket) => {
    const server = socket.connectToServer();
    const first = ++sockets === 1;
    let heard = 0;
    server.onMessage((message) => { if (!first || ++heard <= 2) socket.send(message); });
  });
  await page.clock.install();
  await visit(page, postern, '/events');
  await connected(page);
  await page.clock.runFor(11_000);
  await page.locator('#stale').waitFor();
  await page.clock.runFor(15_000);
  await connected(page);
  assert.ok(sockets > 1);
  assert.equal(await page.locator('#stale').isVisible(), false);
});

test('Stale pages: a page without live updates says so', async () => {
  const page = await openPage(browser, postern);
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  for (const [path, said] of [
    ['/events?until=2026-01-01T00:00:00Z', 'Past time range: no live updates.'],
    ['/events?since=2025-01-01T00:00:00Z&until=2026-01-01T00:00:00Z', 'Past time range: no live updates.'],
    ['/events?live=off', 'Turn live on'],
  ]) {
    await visit(page, postern, path);
    await page.getByText(said).waitFor();
    assert.equal(await page.locator('#live-state').getAttribute('data-state'), 'still', path);
    assert.equal((await page.locator('#live-word').textContent()).trim(), 'Not live', path);
  }
  assert.deepEqual(sockets, []);
});
