// Erasing an identity: the page asks once, and open pages drop the events at once.
import { after, before, test } from 'node:test';
import { assert, connected, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

const about = (id, label, identity) => matched(label, { id, data: { label, identity_id: identity } });
const path = (identity) => `/identities/${encodeURIComponent(identity)}/erase`;

test('Erasure: the page says what it erases and asks once; open pages drop the row', async () => {
  await postern.post([about('zora-1', 'Zora Quill', 'person/77'), about('zora-2', 'Zora Quill', 'person/77'), about('other', 'Somebody Else', 'p2')]);
  const open = await openPage(browser, postern);
  await visit(open, postern, '/events');
  const errors = [];
  open.on('pageerror', (e) => errors.push(String(e)));
  assert.equal(await open.getByText('Zora Quill').count(), 2);

  const page = await openPage(browser, postern);
  await visit(page, postern, '/events/zora-1');
  await page.getByRole('link', { name: 'Erase everything about this identity' }).click();
  await page.waitForURL(`**${path('person/77')}`);
  assert.match(await page.locator('main').innerText(), /person\/77[^]*The data of 2 events is overwritten/);
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await page.getByText('2 events were erased on').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Erase for good' }).count(), 0);

  await open.locator('#e-zora-1').getByText('Erased on').waitFor();
  await open.locator('#e-zora-2').getByText('Erased on').waitFor();
  assert.equal(await open.getByText('Zora Quill').count(), 0);
  assert.equal(await open.getByText('Somebody Else').count(), 1);
  // A page that doesn't show the row gets the message too.
  const elsewhere = await openPage(browser, postern);
  await visit(elsewhere, postern, '/events?event_type=face_matched&q=Else');
  elsewhere.on('pageerror', (e) => errors.push(String(e)));
  await postern.post([about('gone', 'Gone Soon', 'p3')]);
  await open.getByText('Gone Soon').waitFor();
  await fetch(postern.url + '/api/v1/identities/p3', { method: 'DELETE' });
  await open.locator('#e-gone').getByText('Erased on').waitFor();
  await postern.post([about('next', 'And Else', 'p4')]);
  await open.getByText('And Else').waitFor();
  await elsewhere.getByText('And Else').waitFor();
  assert.deepEqual(errors, []);
});

test('Erasure: a page in the background drops events erased meanwhile', async () => {
  await postern.post(about('behind', 'Behind Tab', 'p7'));
  const page = await openPage(browser, postern);
  await visit(page, postern, '/events');
  await page.getByText('Behind Tab').waitFor();
  await page.evaluate(() => { document.mark = true; });
  // A tab in the background lets go of its socket until it is looked at again.
  const look = async (away) => {
    await page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, away);
    if (away) await page.locator('#live-state[data-state="reconnecting"]').waitFor();
  };
  await look(true);
  await look(false);
  await connected(page);
  assert.equal(await page.evaluate(() => document.mark), true, 'nothing was erased, and the page stayed');
  await look(true);
  await fetch(postern.url + '/api/v1/identities/p7', { method: 'DELETE' });
  await look(false);
  await page.waitForFunction(() => !document.mark && !document.body.innerText.includes('Behind Tab') && document.body.innerText.includes('Erased on'), null, { polling: 50 });
});

test('Erasure: many events at once reload an open page', async () => {
  await postern.post(Array.from({ length: 80 }, (_, i) => about(`many-${i}`, 'Many Faces', 'p9')));
  const open = await openPage(browser, postern);
  await visit(open, postern, '/events');
  assert.ok((await open.getByText('Many Faces').count()) > 20);
  await fetch(postern.url + '/api/v1/identities/p9', { method: 'DELETE' });
  await open.locator('#e-many-79').getByText('Erased on').waitFor();
  await open.waitForFunction(() => !document.body.innerText.includes('Many Faces'), null, { polling: 50 });
});
