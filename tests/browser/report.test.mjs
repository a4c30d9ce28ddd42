// The shift report and the catalogue: on each screen, and the report on paper.
import { after, before, test } from 'node:test';
import { assert, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';
import { startScreens } from './screens.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('Report: it is accessible, and paper has its content alone', async () => {
  await postern.post([matched('Alice Smith', { type: 'watchlist_alert' })]);
  const checkOnScreens = await startScreens(browser, postern);
  for (const path of ['/report', '/report?range=last-shift', '/docs/events']) await checkOnScreens(path);
  const page = await openPage(browser, postern);
  await visit(page, postern, '/report');
  await page.getByRole('cell', { name: 'Watchlist alert' }).waitFor();
  await page.emulateMedia({ media: 'print' });
  for (const hidden of ['nav.rail', '.chips', 'main form']) assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  for (const shown of ['.tiles', '#h-types', '#h-people', '#h-outages', '.report-head']) assert.equal(await page.locator(shown).isVisible(), true, shown);
});
