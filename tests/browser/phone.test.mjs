// A phone: every target is at least 24 by 24 px, and an alert is acknowledged within two
// taps from the first screen.
import { after, before, test } from 'node:test';
import { assert, matched, openPage, oneOfEach, signedIn, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';
import { smallTargets } from './targets.mjs';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let postern, browser, receiver;
before(async () => {
  postern = await startPostern({ accounts: { root: 'administrator' } });
  browser = await startBrowser();
  receiver = await startReceiver();
});
after(async () => {
  await browser?.close();
  receiver?.end();
  await postern?.end();
});

test('Phone: an alert is acknowledged with two taps from the first screen', async () => {
  const page = await signedIn(browser, postern, 'root', phone);
  await visit(page, postern, '/settings');
  await page.evaluate(async (events) => {
    const answer = await fetch('/api/v1/events', { method: 'POST', body: JSON.stringify(events) });
    if (answer.status !== 202) throw new Error(await answer.text());
  }, [matched('Alice Smith', { type: 'watchlist_alert' })]);
  await visit(page, postern, '/');
  let taps = 0;
  const tap = async (target) => {
    const box = await target.boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 844, 'the target is on the screen, without scrolling');
    taps++;
    await target.tap();
  };
  await tap(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Alerts/ }));
  await page.waitForURL('**/alerts');
  await tap(page.locator('#alert-inbox').getByRole('button', { name: /^Acknowledge/ }).first());
  await page.getByText('No open alert').first().waitFor();
  assert.equal(taps, 2);
  assert.deepEqual(page.offences, []);
});

test('Phone: every target is at least 24 px wide and high', async () => {
  const page = await signedIn(browser, postern, 'root', phone);
  await visit(page, postern, '/settings');
  const { event, hook } = await page.evaluate(async ([events, url]) => {
    const send = async (path, body) => {
      const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    };
    const { id } = await send('/api/v1/events/webhooks', { url, event_types: ['*'], secret: 'whsec_your_signing_secret' });
    const { ids } = await send('/api/v1/events', events);
    return { event: ids[2], hook: id };
  }, [await examples(), receiver.url]);
  await receiver.wait(10);
  const found = [];
  for (const path of ['/', '/alerts', '/alerts?tab=all', '/alerts?tab=history', '/events', `/events/${event}`, '/cameras', '/webhooks', '/webhooks/new',
    `/webhooks/${hook}`, `/webhooks/${hook}/edit`, `/webhooks/${hook}/remove`, `/webhooks/${hook}/replay`, '/monitor', '/settings', '/settings/accounts', '/settings/keys', '/settings/audit',
    '/account', '/docs/api', '/docs/api/events', '/sign-in']) {
    await visit(page, postern, path);
    for (const small of await smallTargets(page)) found.push(`${path}: ${small}`);
  }
  assert.deepEqual(found, []);
});

async function examples() {
  const open = await startPostern();
  try {
    return await oneOfEach(open);
  } finally {
    await open.end();
  }
}

test('Sign-in: the command that adds an account names the role too', async () => {
  const empty = await startPostern({ accounts: { root: 'administrator' } });
  try {
    const page = await openPage(browser, empty);
    await visit(page, empty, '/sign-in');
    await page.getByText('postern user add NAME --role ROLE').waitFor();
  } finally {
    await empty.end();
  }
});
