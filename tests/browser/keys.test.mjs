// Single-key shortcuts, and how to turn them off: speech input would trigger them
// (WCAG 2.1.4).
import { after, before, test } from 'node:test';
import { assert, assertAccessible, connected, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

test('Shortcuts: single keys are turned off, stay off, and are turned on again', async () => {
  const page = await openPage(browser, postern);
  await postern.post([matched('First Row'), matched('Wanted', { type: 'watchlist_alert' })]);
  await visit(page, postern, '/events');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  const choice = dialog.getByRole('checkbox', { name: 'Use single-key shortcuts' });
  const close = dialog.getByRole('button', { name: 'Close' });
  const inList = () => page.evaluate(() => document.activeElement.closest('tr.event') !== null);
  const shut = async () => {
    await close.click();
    await dialog.waitFor({ state: 'hidden' });
  };

  await page.keyboard.press('?');
  assert.equal(await choice.isChecked(), true);
  await choice.uncheck();
  await assertAccessible(page, 'the keys, turned off');
  await shut();
  for (const path of ['/events', '/']) {
    await visit(page, postern, path);
    for (const key of ['j', '/', '?']) await page.keyboard.press(key);
    assert.equal(await inList(), false);
    assert.equal(await dialog.isVisible(), false);
    assert.equal(new URL(page.url()).pathname, path);
  }
  // On a monitor they are the same choice; all else continues.
  await visit(page, postern, '/monitor');
  await connected(page);
  for (const key of ['a', 's', 'f']) await page.keyboard.press(key);
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.equal(await page.locator('#sound').getAttribute('aria-pressed'), 'false');
  await page.getByRole('button', { name: 'Shortcuts' }).click();
  assert.equal(await choice.isChecked(), false);
  await dialog.getByText('Acknowledge the selected alert').waitFor();
  await assertAccessible(page, 'the keys of the monitor');
  await choice.check();
  await shut();
  await page.keyboard.press('?');
  await shut(); // a second time too
  await page.keyboard.press('a');
  await page.getByRole('dialog', { name: 'Who is acknowledging?' }).waitFor();
  await page.keyboard.press('Escape');
  await visit(page, postern, '/events');
  await page.keyboard.press('j');
  assert.equal(await inList(), true);
  assert.deepEqual(page.offences, []);
});

test('Shortcuts: the list opens from the rail; Enter and Escape always work', async () => {
  const page = await openPage(browser, postern);
  const [id] = await postern.post(matched('Opened'));
  await visit(page, postern, '/events');
  await page.getByRole('button', { name: 'Shortcuts' }).click();
  await page.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.locator(`#e-${id} a`).focus();
  await page.keyboard.press('Enter');
  await page.locator('#panel .headline').getByText('Opened').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#panel').waitFor({ state: 'hidden' });
  assert.deepEqual(page.offences, []);
});
