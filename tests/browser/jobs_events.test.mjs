// Jobs of an operator on events, with the number of clicks that each takes.
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assert, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

/** Counts the clicks on a page: each click of a test goes through it. */
function clicker() {
  const clicked = async (target) => {
    clicked.count++;
    await target.click();
  };
  clicked.count = 0;
  return clicked;
}

test('Job: all alerts of a person last night as a file takes three clicks', async () => {
  // The night is the shift from 22:00 to 6:00; the browser's zone is UTC.
  const night = new Date();
  if (night.getUTCHours() < 22) night.setUTCDate(night.getUTCDate() - 1);
  night.setUTCHours(22, 0, 0, 0);
  const alert = (label, at, more) => matched(label, { type: 'watchlist_alert', timestamp: new Date(at).toISOString(), data: { identity_id: `id-${label}`, label }, ...more });
  const [wanted] = await postern.post([
    alert('Alice Smith', night), alert('Alice Smith', night - 3600_000), alert('Bob Jones', night),
    alert('Alice Smith', night, { type: 'face_matched' }),
  ]);
  const page = await openPage(browser, postern, { timezoneId: 'UTC' });
  await visit(page, postern, '/');
  const click = clicker();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('alice');
  await page.getByRole('option', { name: 'Search events: alice' }).waitFor();
  await page.keyboard.press('ArrowUp'); // the last one
  await page.keyboard.press('Enter');
  await page.waitForURL('**/events?q=alice');
  await click(page.getByRole('link', { name: 'Alerts', exact: true }));
  await click(page.getByRole('link', { name: 'Last night' }));
  await page.waitForURL('**range=last-night**');
  const [file] = await Promise.all([page.waitForEvent('download'), click(page.getByRole('link', { name: 'CSV' }))]);
  const path = join(await mkdtemp(join(tmpdir(), 'postern-night-')), 'alerts.csv');
  await file.saveAs(path);
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  assert.equal(lines.length, 2, lines.join('\n'));
  assert.ok(lines[1].includes(wanted), lines[1]);
  assert.equal(click.count, 3);
  assert.deepEqual(page.offences, []);
});

test('Job: what a filter would match takes two clicks', async () => {
  const hook = await postern.register('http://127.0.0.1:9/filtered', { camera_ids: ['filtered'] });
  await postern.post([matched('Seen by the filter', { camera_id: 'filtered' }), matched('Not seen')]);
  const page = await openPage(browser, postern);
  await visit(page, postern, hook);
  const click = clicker();
  await click(page.getByRole('link', { name: 'Edit', exact: false }).first());
  await click(page.getByRole('button', { name: 'Preview with the last' }));
  await page.locator('#preview tr', { hasText: 'Seen by the filter' }).waitFor();
  assert.equal(await page.locator('#preview tr', { hasText: 'Not seen' }).count(), 0);
  assert.equal(click.count, 2);
  assert.deepEqual(page.offences, []);
});
