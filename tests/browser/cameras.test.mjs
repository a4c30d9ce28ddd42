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

test('Cameras: an operator names a camera and sets when it is silent', async () => {
  await postern.post([matched('A', { camera_id: 'yard <1> & co' }), matched('B', { camera_id: '..' })]);
  const page = await openPage(browser, postern);
  await visit(page, postern, '/cameras');
  await row(page, 'yard <1> & co').getByRole('link', { name: 'yard <1> & co' }).click();
  await page.getByRole('heading', { name: 'yard <1> & co' }).waitFor();
  await assertAccessible(page, 'a camera');
  for (const wrong of ['0', 'soon', '']) {
    await page.getByLabel('A fixed time').check();
    await page.getByLabel('minutes', { exact: true }).fill(wrong);
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('must be 1 minute to 30 days').waitFor();
    assert.equal(await page.getByLabel('minutes', { exact: true }).getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getByLabel('minutes', { exact: true }).inputValue(), wrong, 'the text stays to be corrected');
  }
  await assertAccessible(page, 'settings that are refused');
  await page.getByLabel('minutes', { exact: true }).fill('2,5');
  await page.getByLabel('Name').fill('South yard');
  await page.getByLabel('Site').fill('Harbour');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await page.getByRole('heading', { name: 'South yard' }).waitFor();
  await page.locator('#notice').waitFor();
  await page.getByText('set by an operator').waitFor();
  await page.reload();
  assert.equal(await page.locator('#notice').count(), 0);
  assert.equal(await page.getByLabel('A fixed time').isChecked(), true);

  // The name is wherever the id was, and new rows have it too.
  await visit(page, postern, '/cameras?q=harbour');
  await row(page, 'South yard').waitFor();
  assert.equal(await page.locator('.cameras-list tbody tr').count(), 1);
  await visit(page, postern, '/events');
  await connected(page);
  await postern.post([matched('Newcomer', { camera_id: 'yard <1> & co' })]);
  await page.locator('#live-rows tr', { hasText: 'Newcomer' }).getByText('matched at South yard').waitFor();
  await visit(page, postern, '/monitor');
  await page.locator('#camera-tiles li', { hasText: 'South yard' }).waitFor();
  // Any id has a page.
  await visit(page, postern, '/cameras');
  await row(page, '..').getByRole('link').click();
  await page.getByText('Camera id').waitFor();
  await page.getByRole('heading', { name: '..' }).waitFor();
  assert.deepEqual(page.offences, []);
});
