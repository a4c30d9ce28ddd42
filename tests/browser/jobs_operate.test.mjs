// Jobs of an operator on noise and secrets, with the number of clicks that each takes.
import { after, before, test } from 'node:test';
import { assert, matched, openPage, signedIn, startBrowser, startPostern, visit } from './harness.mjs';

let open, guarded, browser;
before(async () => {
  open = await startPostern();
  guarded = await startPostern({ accounts: { alice: 'operator', root: 'administrator' } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await open?.end();
  await guarded?.end();
});

/** Counts the clicks of a test: each goes through it. */
function clicker() {
  const press = async (target) => {
    press.count++;
    await target.click();
  };
  press.count = 0;
  return press;
}

async function noisyCamera(page) {
  await page.evaluate(async (event) => {
    const answer = await fetch('/api/v1/events', { method: 'POST', body: JSON.stringify([event]) });
    if (!answer.ok) throw new Error(await answer.text());
  }, matched('Spoof', { type: 'liveness_failed', camera_id: 'noisy-cam', data: { is_live: false, score: 0.1 } }));
}

test('Job: silencing a noisy camera takes two clicks from the alerts', async () => {
  const root = await signedIn(browser, guarded, 'root');
  await visit(root, guarded, '/settings');
  await noisyCamera(root);
  const page = await signedIn(browser, guarded, 'alice');
  await visit(page, guarded, '/alerts');
  const click = clicker();
  const row = page.locator('#alert-inbox tr.group', { hasText: 'noisy-cam' });
  await click(row.getByRole('link', { name: /^Silence/ }));
  await page.getByLabel('Reason').fill('Spider in front of the lens');
  await click(page.getByRole('button', { name: 'Silence for 1 hour' }));
  await page.waitForURL('**/alerts');
  await page.getByText('1 silence active').waitFor();
  assert.equal(click.count, 2);
});

test('Job: rotating a secret takes four clicks', async () => {
  await open.register('http://127.0.0.1:9/rotated');
  const page = await openPage(browser, open);
  await visit(page, open, '/');
  const click = clicker();
  await click(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Webhooks' }));
  await click(page.locator('table').getByRole('link', { name: /127\.0\.0\.1:9/ }).first());
  await click(page.locator('summary', { hasText: 'Rotate the secret…' }));
  await click(page.getByRole('button', { name: 'Generate a new secret' }));
  await page.locator('#new-secret').waitFor();
  assert.equal(click.count, 4);
});
