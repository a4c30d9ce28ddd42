// The monitor: alerts stay until a person acknowledges them, on every monitor at once;
// a stale page says so; an unattended page recovers by itself.
import { after, before, beforeEach, test } from 'node:test';
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

const alert = (label, more = {}) => matched(label, { type: 'watchlist_alert', ...more });
const card = (page, label) => page.locator('.alert-card').filter({ hasText: label });
const settled = (page) => page.locator('#alert-cards:not(.moving)').waitFor();
const acknowledge = (id, by) => fetch(`${postern.url}/api/v1/events/${id}/acknowledge`, { method: 'POST', body: JSON.stringify({ by }) });

/** Opens a monitor whose browser knows a name, or none. */
async function monitor(name, path = '/monitor', options = {}) {
  const page = await openPage(browser, postern, options);
  if (name) await page.context().addCookies([{ name: 'postern_name', value: encodeURIComponent(name), url: postern.url, sameSite: 'Strict' }]);
  await visit(page, postern, path);
  await connected(page);
  return page;
}

async function acknowledged(id) {
  const list = await (await fetch(`${postern.url}/api/v1/events/alerts?state=all`)).json();
  return list.find((one) => one.event.id === id).acknowledged;
}

// Each test begins without open alerts.
beforeEach(async () => {
  const [newest] = await (await fetch(`${postern.url}/api/v1/events/alerts?limit=1`)).json();
  if (!newest) return;
  const answer = await fetch(`${postern.url}/api/v1/events/alerts/acknowledge`, { method: 'POST', body: JSON.stringify({ by: 'The test before', through: newest.event.id }) });
  assert.equal(answer.status, 200);
});

test('Alerts: one stays until one click acknowledges it, on every monitor', async () => {
  const [one, other] = [await monitor('Alice Jansen'), await monitor('Bob')];
  const [id] = await postern.post(alert('Wanted Person'));
  await card(other, 'Wanted Person').waitFor();
  await postern.post(Array.from({ length: 200 }, (_, i) => matched(`Crowd ${i}`)));
  await card(one, 'Wanted Person').waitFor();
  await one.locator('#live-rows').getByText('Crowd 199', { exact: true }).waitFor();
  assert.equal(await one.locator('#live-rows').getByText('Wanted Person').count(), 0, 'it stands apart');
  await settled(one);
  // At once is by the socket: the other one asks for nothing.
  const asked = [];
  other.on('request', (request) => asked.push(request.url()));
  await card(one, 'Wanted Person').getByRole('button').click();
  await card(other, 'Wanted Person').waitFor({ state: 'detached' });
  assert.deepEqual(asked, []);
  await other.locator('#acknowledged-message').getByText('Alice Jansen').waitFor();
  await card(one, 'Wanted Person').waitFor({ state: 'detached' });
  await one.getByText('No open alerts').waitFor();
  assert.equal((await acknowledged(id)).by, 'Alice Jansen');
  await visit(other, postern, `/events/${id}`);
  await other.getByText('Acknowledged by Alice Jansen').waitFor();
  assert.deepEqual([...one.offences, ...other.offences], []);
});

test('Alerts: the keyboard acknowledges, and the name is asked for once', async () => {
  const page = await monitor('');
  const ids = await postern.post([alert('First'), alert('Second'), alert('Third')]);
  await card(page, 'Third').waitFor();
  await settled(page);
  await page.keyboard.press('a');
  await page.getByLabel('Your name').waitFor();
  assert.equal(await page.locator(':focus').getAttribute('id'), 'acknowledge-name');
  await page.keyboard.press('Escape');
  await page.getByLabel('Your name').waitFor({ state: 'hidden' });
  assert.equal(await acknowledged(ids[2]), null, 'nothing happens without a name');
  await settled(page); // a press on what has just moved is refused
  await page.keyboard.press('a');
  await page.getByLabel('Your name').waitFor();
  await page.keyboard.type('Zoë & Co');
  await page.keyboard.press('Enter');
  await card(page, 'Third').waitFor({ state: 'detached' });
  assert.equal((await acknowledged(ids[2])).by, 'Zoë & Co');
  // The one that has the focus is meant, not the first.
  await settled(page);
  await card(page, 'First').getByRole('button').focus();
  await page.keyboard.press('Enter');
  await card(page, 'First').waitFor({ state: 'detached' });
  assert.equal((await acknowledged(ids[0])).by, 'Zoë & Co');
  // And the focus moves to the next alert.
  await page.waitForFunction(() => document.activeElement?.closest('.alert-card'));
  await settled(page);
  await page.keyboard.press('a');
  await page.getByText('No open alerts').waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'As Zoë & Co' }).waitFor();
  assert.deepEqual(page.offences, []);
});

test('Alerts: Escape stores no name', async () => {
  const page = await monitor('');
  await page.getByRole('button', { name: 'Your name' }).click();
  await page.getByLabel('Your name').fill('Alice');
  await page.keyboard.press('Enter');
  const as = page.getByRole('button', { name: 'As Alice' });
  await as.click();
  await page.getByLabel('Your name').fill('Somebody Else');
  // Escape, in browsers that keep the previous answer.
  await page.evaluate(() => document.getElementById('name-dialog').close());
  await page.locator('#name-dialog').waitFor({ state: 'hidden' });
  await as.click(); // the dialog's closing was heard by now
  assert.equal(await page.getByLabel('Your name').inputValue(), 'Alice', 'the discarded text is gone');
  await page.keyboard.press('Escape');
  await page.locator('#name-dialog').waitFor({ state: 'hidden' });
  // Nor is an alert acknowledged that Escape was the answer to.
  await page.context().clearCookies();
  const [id] = await postern.post(alert('Left Alone'));
  await card(page, 'Left Alone').waitFor();
  await settled(page);
  await page.keyboard.press('a');
  await page.locator('#name-dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#name-dialog').waitFor({ state: 'hidden' });
  await as.click(); // the dialog's closing was heard by now
  await page.keyboard.press('Escape');
  assert.equal(await acknowledged(id), null);
  assert.deepEqual(await page.context().cookies(), []);
  assert.deepEqual(page.offences, []);
});

test('Alerts: an alert that has just moved is not acknowledged', async () => {
  const page = await monitor('Alice');
  const [first] = await postern.post(alert('Meant'));
  await card(page, 'Meant').waitFor();
  await settled(page);
  // Pressed in the very moment in which another alert takes the place.
  await page.evaluate(() => document.addEventListener('htmx:after:swap', () => {
    if (document.querySelectorAll('.alert-card').length === 2) document.querySelector('.alert-card button').click();
  }, { once: false }));
  const [second] = await postern.post(alert('Not Meant'));
  await page.getByText('The alerts have just moved').waitFor();
  assert.equal(await acknowledged(first), null);
  assert.equal(await acknowledged(second), null);
});

test('Alerts: further ones are counted, and acknowledged together', async () => {
  const page = await monitor('Alice');
  await postern.post(Array.from({ length: 20 }, (_, i) => alert(`Wanted ${i}`)));
  await page.getByText('+17').waitFor();
  assert.equal(await page.locator('.alert-card').count(), 3);
  await settled(page);
  await page.getByText('Acknowledge all', { exact: true }).click();
  await page.getByRole('button', { name: 'Acknowledge all 20' }).click();
  await page.getByText('No open alerts').waitFor();
  await page.locator('#acknowledged-message').getByText('20 alerts').waitFor();
});

test('Filter: chosen types and cameras are in the address', async () => {
  await postern.post([matched('Somebody', { camera_id: 'gate-7' }), matched('Somebody', { camera_id: 'lobby-cam-1' })]);
  const page = await monitor('Alice');
  await page.getByText('Filter', { exact: true }).click();
  await page.getByRole('checkbox', { name: 'gate-7' }).check();
  await page.getByRole('checkbox', { name: 'Watchlist alert' }).check();
  await page.getByRole('button', { name: 'Apply the filter' }).click();
  await page.waitForURL('**/monitor?event_type=watchlist_alert&camera_id=gate-7');
  await connected(page);
  await postern.post([alert('At The Lobby'), { type: 'system_error', source: 'a', camera_id: 'gate-7' }, alert('At The Gate', { camera_id: 'gate-7' }), matched('Passer By', { camera_id: 'gate-7' })]);
  await card(page, 'At The Gate').waitFor();
  assert.equal(await page.locator('.alert-card').count(), 1);
  assert.equal(await page.locator('#camera-tiles li').count(), 1);
  assert.equal(await page.locator('#live-rows tr').count(), 0);
  // Where it was before still leads here.
  await visit(page, postern, '/live?camera_id=gate-7');
  await page.waitForURL('**/monitor?camera_id=gate-7');
});

test('Stale monitor: it is grey and says since when, until the server is back', async () => {
  const page = await monitor('Alice');
  const [id] = await postern.post(alert('Before The Restart'));
  await card(page, 'Before The Restart').waitFor();
  assert.equal(await page.locator('#stale').isVisible(), false);
  await postern.stop();
  const veil = page.locator('#stale');
  await veil.waitFor();
  assert.match(await veil.textContent(), /Disconnected\s*since \d\d:\d\d:\d\d/);
  const { size, grey } = await page.evaluate(() => ({
    size: parseFloat(getComputedStyle(document.querySelector('.stale-since')).fontSize) / window.innerHeight,
    grey: getComputedStyle(document.getElementById('monitor')).filter,
  }));
  assert.ok(size > 0.1 && grey.includes('grayscale(1)'), `${size}, ${grey}`);
  await postern.start();
  await acknowledge(id, 'Bob');
  await postern.post(alert('After The Restart'));
  await card(page, 'After The Restart').waitFor();
  await veil.waitFor({ state: 'hidden' });
  await card(page, 'Before The Restart').waitFor({ state: 'detached' });
  assert.deepEqual(page.offences, []);
});

test('Stale monitor: a silent connection counts as stale', async () => {
  const page = await openPage(browser, postern);
  // Messages are lost on the way, while the socket stays open.
  let silent = false;
  await page.routeWebSocket(/live\/socket/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => { if (!silent) socket.send(message); });
  });
  await page.clock.install();
  await visit(page, postern, '/monitor');
  await connected(page);
  silent = true;
  await page.clock.runFor(11_000);
  await page.locator('#stale').waitFor();
  assert.equal(await page.locator('#live-word').textContent(), 'Disconnected');
  silent = false;
  await page.locator('#stale').waitFor({ state: 'hidden' });
});

test('Reload: a monitor loads a new version by itself', async () => {
  const page = await openPage(browser, postern);
  let old = true;
  await page.route(/\/monitor\?/, async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const sent = old ? body.replace(/data-build="[^"]*"/, 'data-build="0.0.1"') : body;
    old = false;
    await route.fulfill({ response, body: sent });
  });
  // A document that was changed on its way gets no sockets to this host, so
  // the beat comes from here.
  await page.routeWebSocket(/live\/socket/, (socket) => {
    // The parts of another version may have other names: the page can't use them.
    socket.send('<hx-partial hx-target="#totals-of-another-version" hx-swap="innerMorph"><p>1</p></hx-partial>');
    socket.send(JSON.stringify({ now: new Date().toISOString(), per_minute: 0, unshown: 0, build: '0.2.0' }));
  });
  // The address marks a background request: it doesn't extend the session.
  const reloaded = page.waitForRequest((request) => request.url().endsWith('/monitor?camera_id=a+b&background=1') && !old);
  await visit(page, postern, '/monitor?camera_id=a+b');
  await reloaded;
  await page.waitForURL((url) => url.pathname === '/monitor' && url.search === '?camera_id=a+b');
});

test('Sound: it is off by default, and the page says when the browser mutes it', async () => {
  const page = await monitor('Alice');
  const button = page.locator('#sound');
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  await postern.post(alert('Unheard'));
  await card(page, 'Unheard').waitFor();
  assert.equal(await button.getAttribute('data-sounded'), null);
  await button.click();
  await page.locator('#sound[aria-pressed="true"][data-sounded="1"]').waitFor(); // a sample
  await postern.post(alert('Heard'));
  await page.locator('#sound[data-sounded="2"]').waitFor();
  // It is remembered, but a browser wants a press before a page may sound.
  await page.reload();
  await page.locator('#sound[aria-pressed="true"]').waitFor();
  await page.getByText('mutes this page until you press a key').waitFor();
  await page.keyboard.press('Shift');
  await page.locator('#sound-hint:empty').waitFor({ state: 'attached' });
  await connected(page);
  await postern.post(alert('Heard Again'));
  await page.locator('#sound[data-sounded]').waitFor();
  await page.keyboard.press('s');
  await page.locator('#sound[aria-pressed="false"]').waitFor();
  await page.reload();
  await page.locator('#sound[aria-pressed="false"]').waitFor();
});

test('Cameras: a tile for each, with its age', async () => {
  const page = await monitor('Alice');
  await postern.post(matched('Somebody', { camera_id: 'roof <north>' }));
  const tile = page.locator('#camera-tiles li').filter({ hasText: 'roof <north>' });
  await tile.waitFor();
  assert.match(await tile.textContent(), /Face matched.*(just now|s ago)/s);
  await postern.post({ type: 'line_crossed', source: 'a', camera_id: 'roof <north>' });
  await tile.getByText('Line crossed').waitFor();
});

test('Accessibility: axe finds nothing with alerts, in the dialog, or when stale', async () => {
  await postern.post([alert('Somebody'), alert('Another'), { type: 'system_error', source: 'a' }, { type: 'liveness_failed', source: 'a' }, matched('Calm')]);
  for (const options of [{ viewport: { width: 1920, height: 1080 } }, { viewport: { width: 390, height: 844 } }]) {
    const page = await monitor('', '/monitor', options);
    await assertAccessible(page, 'the monitor');
    await page.getByText('Filter', { exact: true }).click();
    await assertAccessible(page, 'its choice');
    await page.getByRole('button', { name: 'Your name' }).click();
    await assertAccessible(page, 'its dialog');
    await page.context().close();
  }
  const page = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(page, postern, '/monitor');
  await page.locator('.alert-card').first().getByRole('button').click();
  await page.getByLabel('Your name').fill('Nobody Scripted');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.waitForURL('**/monitor');
  await page.locator('.alert-card').first().waitFor();
  const taken = await (await fetch(`${postern.url}/api/v1/events/alerts?state=acknowledged&limit=1`)).json();
  assert.equal(taken[0].acknowledged.by, 'Nobody Scripted');
});

test('Memory: the number of elements is bounded', async () => {
  const page = await monitor('Alice');
  const cameras = (n) => Array.from({ length: 300 }, (_, i) => matched(`Visitor ${n}-${i}`, { camera_id: `cam-${i % 70}` }));
  await postern.post(cameras(0));
  await page.locator('#camera-tiles .camera-marks i').nth(69).waitFor();
  const size = () => page.evaluate(() => document.querySelectorAll('*').length);
  let most = 0;
  for (let n = 1; n <= 4; n++) {
    await postern.post([...cameras(n), ...Array.from({ length: 30 }, (_, i) => alert(`Wanted ${n}-${i}`))]);
    await card(page, `Wanted ${n}-29`).waitFor();
    assert.ok(await page.locator('#camera-tiles li').count() <= 13);
    most = Math.max(most, await size());
  }
  assert.ok(await page.locator('#live-rows tr').count() <= 30);
  assert.ok(most < 2000, `${most} elements`);
});
