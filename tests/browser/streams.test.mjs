// Runs the browser code of docs/streams.md in a browser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { matched, openPage, startBrowser, startPostern, takeClock } from './harness.mjs';

test('EventSource: one that a proxy has ended is replaced, and misses nothing', async (t) => {
  const postern = await startPostern();
  t.after(() => postern.end());
  const browser = await startBrowser();
  t.after(() => browser.close());
  const text = await readFile(new URL('../../docs/streams.md', import.meta.url), 'utf8');
  const [, snippet] = /```js\n(function follow[^]*?)\nfollow\(/.exec(text);
  const page = await openPage(browser, postern);
  const clock = await takeClock(page); // it pauses before it asks anew
  await page.goto(`${postern.url}/healthz`);
  await page.evaluate(`(() => { ${snippet}
    window.got = [];
    window.made = 0;
    window.EventSource = class extends EventSource { constructor(url) { super(url); window.made++; } };
    follow('/api/v1/events/stream?after=0', (event) => got.push(event.seq)); })()`);
  const got = () => page.evaluate('got');
  const arrived = (n) => clock.until(async () => (await got()).length >= n);
  await postern.post(matched('Alice'));
  await arrived(1);

  for (const seqs of [[1, 2], [1, 2, 3]]) {
    const before = await page.evaluate('made');
    await postern.stop();
    // In its place a proxy answers whose Postern is down.
    let asked = 0;
    const proxy = createServer((request, response) => {
      asked++;
      response.writeHead(502).end('Bad Gateway');
    }).listen(new URL(postern.url).port, '127.0.0.1');
    await once(proxy, 'listening');
    for (let i = 0; asked === 0 && i < 400; i++) await sleep(50);
    assert.ok(asked > 0, 'it asks while Postern is away');
    proxy.close();
    proxy.closeAllConnections();
    await postern.start();
    await postern.post(matched('Bob'));
    await arrived(seqs.length);
    assert.deepEqual(await got(), seqs);
    assert.ok(await page.evaluate('made') > before, 'the browser gave up on the one before');
  }
});
