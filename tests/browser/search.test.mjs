// Search finds a name in every spelling, and says so if it finds none.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  [postern, browser] = await Promise.all([startPostern(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('Search: a name without accents, in another case or normal form', async () => {
  const names = ['Sørensen', 'Łukasz', 'Strauß', 'Æsir', 'Đorđe', 'Zoë Müller'.normalize('NFD'), 'ＦＵＬＬ width'];
  await postern.post(names.map((name) => matched(name)));
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  const search = page.getByLabel('Identity, label or id');
  for (const [typed, name] of [
    ['sorensen', names[0]], ['SØRENSEN', names[0]], ['lukasz', names[1]], ['strauss', names[2]], ['aesir', names[3]], ['dorde', names[4]],
    ['zoe', names[5]], ['zoë'.normalize('NFC'), names[5]], ['MULLER', names[5]], ['full', names[6]],
  ]) {
    await search.fill(typed);
    await search.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('q') === typed);
    const rows = page.locator('#live-rows tr.event');
    await page.waitForFunction(() => document.querySelectorAll('#live-rows tr.event').length === 1);
    assert.ok((await rows.innerText()).normalize('NFC').includes(name.normalize('NFC')), `${typed} finds ${name}`);
  }
  await search.fill('nobody');
  await search.press('Enter');
  await page.getByRole('heading', { name: 'No matching events' }).waitFor();
  await assertAccessible(page, 'a search that finds nothing');
  assert.deepEqual(page.offences, []);
});
