// Cameras: their states, and the setting for allowed silence, which are the same on
// every page.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, connected, matched, openPage, startBrowser, startPostern, takeClock, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  [postern, browser] = await Promise.all([startPostern(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

const fault = (camera, data) => ({ type: 'system_error', source: 'video_pipeline', camera_id: camera, data });
const row = (page, camera) => page.locator('.cameras-list tbody tr').filter({ has: page.getByRole('link', { name: camera, exact: true }) });
const state = (page, camera, word) => row(page, camera).locator('.type', { hasText: new RegExp(`^\\s*${word}\\s*$`) });

test('Cameras: an offline report holds until a normal event arrives', async () => {
  await postern.post([matched('A', { camera_id: 'gate-7' }), matched('B', { camera_id: 'lobby' }), matched('C', { camera_id: 'dock' })]);
  await postern.post([
    fault('gate-7', { code: 'camera_offline' }), // in its words
    fault('dock', { online: false }), // by its field
    fault('lobby', { code: 'queue_full', message: 'The queue is full' }), // another fault
  ]);
  const page = await openPage(browser, postern);
  const clock = await takeClock(page);
  await visit(page, postern, '/cameras');
  await state(page, 'gate-7', 'Offline').waitFor();
  await state(page, 'dock', 'Offline').waitFor();
  assert.equal(await state(page, 'lobby', 'Offline').count(), 0, 'a full queue says nothing of its pictures');
  await row(page, 'gate-7').getByText(/reported/).waitFor();
  await assertAccessible(page, 'the cameras');

  // A further fault changes nothing; a normal event does, and the page shows it by itself.
  await postern.post([fault('gate-7', { code: 'queue_full' }), matched('D', { camera_id: 'dock' })]);
  await clock.until(async () => await state(page, 'dock', 'Offline').count() === 0);
  assert.equal(await state(page, 'gate-7', 'Offline').count(), 1);

  await page.getByRole('link', { name: /^Offline 1$/ }).click();
  await page.waitForURL('**/cameras?state=offline');
  assert.equal(await page.locator('.cameras-list tbody tr').count(), 1);
  await state(page, 'gate-7', 'Offline').waitFor();

  // The overview and the monitor say the same.
  await visit(page, postern, '/');
  await page.locator('.overview-cameras li', { hasText: 'gate-7' }).getByText('Offline').waitFor();
  assert.equal(await page.locator('.overview-cameras li', { hasText: 'dock' }).getByText('Offline').count(), 0);
  await visit(page, postern, '/monitor');
  await connected(page);
  await page.locator('.monitor-cameras').locator('li', { hasText: 'gate-7' }).getByText('Offline').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Cameras: an operator sets the allowed silence', async () => {
  await postern.post([matched('A', { camera_id: 'yard <1> & co' })]);
  const page = await openPage(browser, postern);
  await visit(page, postern, '/cameras');
  await row(page, 'yard <1> & co').getByRole('link', { name: /Change/ }).click();
  await assertAccessible(page, 'the setting of a camera');
  for (const wrong of ['0', 'soon', '']) {
    await page.getByLabel('A fixed time').check();
    await page.getByLabel('Minutes').fill(wrong);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Must be 1 minute to 30 days').waitFor();
    assert.equal(await page.getByLabel('Minutes').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getByLabel('Minutes').inputValue(), wrong, 'the text stays to be corrected');
  }
  await assertAccessible(page, 'a setting that is refused');
  await page.getByLabel('Minutes').fill('2,5');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL('**/cameras');
  await page.locator('#notice').waitFor();
  await row(page, 'yard <1> & co').getByText(/set by an operator/).waitFor();
  await page.reload();
  assert.equal(await page.locator('#notice').count(), 0);

  await row(page, 'yard <1> & co').getByRole('link', { name: /Change/ }).click();
  assert.equal(await page.getByLabel('A fixed time').isChecked(), true);
  await page.getByLabel('No limit').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await row(page, 'yard <1> & co').getByText('no limit (set by an operator)').waitFor();
  assert.deepEqual(page.offences, []);
});
