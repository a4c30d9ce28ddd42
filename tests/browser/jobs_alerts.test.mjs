// Jobs of an operator on alerts and access, with the number of clicks that each takes.
import { after, before, test } from 'node:test';
import { assert, matched, openPage, signedIn, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern({ accounts: { root: 'administrator', alice: 'operator' } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

/** Posts from a page, with its session. */
function send(page, path, body) {
  return page.evaluate(async ([to, what]) => {
    const answer = await fetch(to, { method: 'POST', body: JSON.stringify(what) });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }, [path, body]);
}

test('Job: who acknowledged an alert takes no click, in every row of it', async () => {
  const alice = await signedIn(browser, postern, 'alice');
  const root = await signedIn(browser, postern, 'root');
  await visit(root, postern, '/settings');
  await visit(alice, postern, '/');
  const { ids: [id] } = await send(root, '/api/v1/events', [matched('Known Person', { type: 'watchlist_alert' })]);
  await send(alice, `/api/v1/events/${id}/acknowledge`, {});
  for (const path of ['/events', '/alerts?tab=acknowledged', '/alerts?tab=all', `/events/${id}`]) {
    await visit(root, postern, path);
    const said = root.locator('main').getByText(/Acknowledged by alice/).first();
    await said.waitFor();
    assert.ok(await said.evaluate((text) => text.getBoundingClientRect().bottom < innerHeight), `${path} shows it without scrolling`);
  }
});

test('Job: the access of a wall screen takes five clicks', async () => {
  const page = await signedIn(browser, postern, 'root');
  await visit(page, postern, '/');
  let clicks = 0;
  const click = async (target) => {
    clicks++;
    await target.click();
  };
  await click(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }));
  await click(page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Keys' }));
  await page.getByLabel('Name').fill('control-room');
  await click(page.getByRole('checkbox', { name: /^Ingest/ }));
  await click(page.getByRole('checkbox', { name: /^Monitor/ }));
  await click(page.getByRole('button', { name: 'Create key' }));
  const address = (await page.locator('#made-link').innerText()).trim();
  assert.equal(clicks, 5);

  const wall = await openPage(browser, postern);
  await wall.goto(address);
  await wall.locator('#monitor').waitFor();
  assert.equal(new URL(wall.url()).search, '', 'the key is not in the address of the screen');
});
