// Ids of camera systems have dots and colons, which are special in selectors and URLs.
// Such events can be opened, acknowledged, resent and erased like any others.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

const ids = ['1710842535.123456-ab12cd', 'urn:nvr:7', 'nvr.7:cam:3.event', ':.', '9.9'];

let postern, browser, receiver, hook;
before(async () => {
  postern = await startPostern();
  receiver = await startReceiver();
  browser = await startBrowser();
  hook = await postern.register(receiver.url);
});
after(async () => {
  await browser?.close();
  await receiver?.end();
  await postern?.end();
});

for (const [nth, id] of ids.entries()) {
  test(`an event with the id ${id} can be worked with`, async () => {
    const page = await openPage(browser, postern);
    const errors = [];
    page.on('pageerror', (e) => errors.push(String(e)));
    await visit(page, postern, '/events');
    await connected(page);
    await postern.post(matched(`Label ${id}`, { id, type: 'watchlist_alert', data: { label: `Label ${id}`, identity_id: `person ${id}` } }));
    const row = page.locator(`[id="e-${id}"]`);
    await row.waitFor();

    // It opens next to the list, and its row is marked.
    await row.locator('a').first().click();
    const panel = page.locator('#panel');
    await panel.locator('dl.facts code').getByText(id, { exact: true }).waitFor();
    assert.equal(decodeURIComponent(new URL(page.url()).pathname), `/events/${id}`);
    assert.equal(await row.getAttribute('aria-current'), 'true');

    // A reload gives it a page of its own, where it is resent.
    await page.reload();
    await page.locator('#event dl.facts code').getByText(id, { exact: true }).waitFor();
    await postern.delivered(hook, 2 * nth + 1);
    const resent = page.waitForResponse((response) => response.url().endsWith('/resend'));
    await page.getByRole('button', { name: /Resend/ }).first().click();
    assert.equal((await resent).status(), 303);
    await page.getByRole('status').or(page.locator('#notice')).first().waitFor();
    await receiver.wait(2 * nth + 2);

    // The monitor acknowledges it.
    await visit(page, postern, '/monitor');
    await connected(page);
    await page.evaluate(() => { document.cookie = 'postern_name=Alice; path=/'; });
    await page.reload();
    await connected(page);
    await page.locator('#alert-cards:not(.moving)').waitFor(); // an alert that has just moved ignores a press
    await page.locator(`[id="a-${id}"]`).getByRole('button', { name: /Acknowledge/ }).click();
    await page.locator(`[id="a-${id}"]`).waitFor({ state: 'detached' });

    // An open page removes the content of erased events.
    await visit(page, postern, '/events');
    await connected(page);
    await fetch(`${postern.url}/api/v1/identities/${encodeURIComponent(`person ${id}`)}`, { method: 'DELETE' });
    await page.locator(`[id="e-${id}"]`).getByText('Erased on').waitFor();
    assert.deepEqual(errors, []);
  });
}
