// Operating webhooks: pause and resume, test, replay, rotate, edit, resend.
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, startReceiver, takeClock, visit } from './harness.mjs';

let postern, browser, receiver, page;
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
});
beforeEach(async () => {
  postern = await startPostern();
  receiver = await startReceiver();
  page = await openPage(browser, postern);
});
afterEach(async () => {
  assert.deepEqual(page.offences, []);
  await page.context().close();
  receiver?.end();
  await postern?.end();
});

const press = (name) => page.getByRole('button', { name }).click();
const unfold = (name) => page.locator('summary', { hasText: name }).click();

test('Pause: new events are queued, and sent after resuming', async () => {
  const path = await postern.register(receiver.url);
  const clock = await takeClock(page);
  await visit(page, postern, path);
  await press('Pause');
  await page.getByText('Paused. Nothing is lost').waitFor();
  await page.getByText('A person paused it, just now.').waitFor();
  assert.equal(new URL(page.url()).search, '', 'a notice is said once');

  await postern.post([matched('Waits Once'), matched('Waits Twice')]);
  // The page follows by itself.
  const send = page.getByRole('button', { name: 'Resume (2 events waiting)' });
  await clock.until(async () => await send.count() > 0);
  assert.equal(receiver.got.length, 0);
  await send.click();
  await page.getByText('Resumed. Queued events are sent first').waitFor();
  await receiver.wait(2);
});

test('Resume: skipping the backlog asks first', async () => {
  const path = await postern.register(receiver.url);
  const clock = await takeClock(page);
  await visit(page, postern, path);
  await press('Pause');
  await page.getByText('Paused. Nothing is lost').waitFor();
  await postern.post(matched('Dropped'));
  await clock.until(async () => await page.getByText('The backlog is skipped: 1 event.').count() > 0);
  const drop = page.getByRole('button', { name: 'Skip the backlog' });
  assert.equal(await drop.isVisible(), false);
  await unfold('Skip the backlog…');
  // A question that is open stays so while the page follows.
  await drop.waitFor();
  let answered = false;
  page.on('response', (response) => { answered ||= response.url().endsWith(path); });
  await clock.until(() => answered);
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  assert.equal(await drop.isVisible(), true);
  await drop.click();
  await page.getByText('Resumed. The backlog was skipped').waitFor();
  await page.locator('dt', { hasText: 'Skipped' }).waitFor();
  await postern.post(matched('Sent'));
  await receiver.wait(1);
  assert.ok(receiver.got[0].body.includes('Sent'));
});

test('Test event: the result shows each step and the cause of a failure', async () => {
  const path = await postern.register(receiver.url);
  await visit(page, postern, path);
  await page.getByLabel('Type').selectOption('Line crossed');
  await press('Send test event');
  const result = page.locator('#test-result');
  await result.getByText('Delivered, answered 200').waitFor();
  await result.getByText(new URL(receiver.url).host).waitFor();
  await result.getByText('First byte').waitFor();
  await receiver.wait(1);
  assert.equal(receiver.got[0].headers['x-event-type'], 'line_crossed');
  receiver.status = 503;
  await press('Send test event');
  await result.getByText('Answered 503, an error at the receiver').waitFor();
  assert.equal(await page.getByLabel('Type').inputValue(), 'line_crossed');
  await page.getByText('Nothing has been sent yet').waitFor();
  await assertAccessible(page, 'a test that failed');
});

test('Replay: dry run, start, progress, end, and stop', async () => {
  await postern.post(Array.from({ length: 40 }, (_, i) => matched(`Again ${i}`)));
  await postern.post({ type: 'person_exited', source: 'person_tracker' });
  const path = await postern.register(receiver.url, { max_in_flight: 1, timeout_seconds: 60 });
  let answer;
  const hold = () => { receiver.held = new Promise((done) => { answer = done; }); };
  hold();
  const clock = await takeClock(page);
  await visit(page, postern, path);
  await page.getByRole('link', { name: 'Replay past events' }).click();
  await page.getByLabel('The last day').check();
  await page.getByLabel('Face matched').check();
  await press('Count matching events');
  await page.getByText('40 events would be resent.').waitFor();
  await assertAccessible(page, 'a replay before it starts');
  assert.equal(receiver.got.length, 0);
  await press('Start the replay');
  await page.getByText('The replay has started.').waitFor();
  const bar = page.getByRole('progressbar', { name: 'Read of the log' });
  await bar.waitFor();
  await assertAccessible(page, 'a replay that runs');
  answer();
  // Without reloading.
  await clock.until(async () => await page.locator('#replays').getByText('Completed').count() > 0);
  await page.locator('#replays').getByText('40 sent').waitFor();
  assert.equal(await bar.count(), 0);
  assert.equal(receiver.got.length, 40);
  await page.reload();
  await page.locator('table.attempts').getByText('resend').first().waitFor();

  hold();
  await page.getByRole('link', { name: 'Replay past events' }).click();
  await press('Count matching events');
  await press('Start the replay');
  await unfold('Stop this replay');
  await press('Stop the replay');
  await page.getByText('The replay was stopped.').waitFor();
  await page.locator('#replays').getByText('Stopped').waitFor();
  answer();
});

test('Replay: the start time is in the page’s zone and stays as entered', async () => {
  const path = await postern.register(receiver.url);
  await postern.post(matched('Recent'));
  await receiver.wait(1);
  await visit(page, postern, `${path}/replay`);
  await page.getByLabel('Since, date and time in UTC').fill('2020-01-02T03:04:05');
  assert.equal(await page.getByLabel('The time since').isChecked(), true);
  await press('Count matching events');
  await page.getByText('2 January 2020 03:04:05 UTC').waitFor();
  await page.getByText('1 event would be resent.').waitFor();
  await page.getByLabel('Since, date and time in UTC').fill('2999-01-02T03:04:05');
  await press('Count matching events');
  await page.getByText('This time is in the future').waitFor();
});

test('Secrets: a rotated one is shown once, and the overlap can be ended', async () => {
  const path = await postern.register(receiver.url);
  await visit(page, postern, path);
  await unfold('Rotate the secret…');
  assert.equal(await page.getByLabel('Overlap in hours').inputValue(), '24');
  await page.getByLabel('Overlap in hours').fill('a day');
  await press('Generate a new secret');
  await page.getByText('The overlap must be a whole number of hours').waitFor();
  assert.equal(await page.locator(':focus').getAttribute('name'), 'overlap_hours');
  await page.getByLabel('Overlap in hours').fill('2');
  await press('Generate a new secret');
  await page.getByText('it is not shown again').waitFor();
  const secret = await page.locator('#new-secret').textContent();
  assert.match(secret, /^whsec_\S{20,}$/);
  await assertAccessible(page, 'a secret that was rotated');
  await visit(page, postern, path);
  await page.getByText('2 secrets sign each delivery').waitFor();
  assert.equal((await page.content()).includes(secret), false, 'the secret is shown once');

  await postern.post(matched('Signed Twice'));
  await receiver.wait(1);
  assert.equal(receiver.got[0].headers['webhook-signature'].split(' ').length, 2);
  await unfold('End the overlap…');
  await press('Sign with the newest secret only');
  await page.getByText('Only the newest secret signs.').waitFor();
  await postern.post(matched('Signed Once'));
  await receiver.wait(2);
  assert.equal(receiver.got[1].headers['webhook-signature'].split(' ').length, 1);
});

test('Secrets: a second rotation asks first and leaves earlier overlaps unchanged', async () => {
  const path = await postern.register(receiver.url);
  await visit(page, postern, path);
  const elsewhere = await openPage(browser, postern); // a page from before
  await visit(elsewhere, postern, path);
  await unfold('Rotate the secret…');
  await press('Generate a new secret');
  await page.getByText('it is not shown again').waitFor();

  await elsewhere.locator('summary', { hasText: 'Rotate the secret…' }).click();
  await elsewhere.getByRole('button', { name: 'Generate a new secret' }).click();
  await elsewhere.getByText('The secret was rotated meanwhile: 2 secrets sign now.').waitFor();
  assert.equal(await elsewhere.locator(':focus').getAttribute('name'), 'overlap_hours');
  await elsewhere.context().close();

  await unfold('Rotate the secret…');
  await page.getByText('A rotation is still in progress. Rotate again?').waitFor();
  await page.getByLabel('Overlap in hours').fill('1');
  await press('Rotate again');
  await page.getByText('3 secrets sign each delivery').waitFor();
  assert.equal(await page.locator('.signing-secrets li').count(), 3);
  await postern.post(matched('Signed Thrice'));
  await receiver.wait(1);
  assert.equal(receiver.got[0].headers['webhook-signature'].split(' ').length, 3);

  await unfold('End the overlap…');
  await assertAccessible(page, 'secrets of which one is ended');
  await page.getByRole('radio', { name: /^whsec_…/ }).first().check();
  await press('End the selected secrets');
  await page.getByText('The older secret no longer signs.').waitFor();
  assert.equal(await page.locator('.signing-secrets li').count(), 2);
  await page.getByText('Also signs X-Signature-256, as the oldest').waitFor();
});

test('Conditions: a preview with stored events before saving', async () => {
  await postern.post([matched('Alice Smith'), matched('Bob Jones'), matched('Alice Smith')]);
  const path = await postern.register(receiver.url);
  await visit(page, postern, path);
  await page.getByRole('link', { name: 'Edit' }).click();
  await unfold('Filter by camera, source or data');
  const conditions = page.getByLabel('Conditions on data');
  const ask = /^Preview with the last/;
  await conditions.fill('{"label": }');
  await press(ask);
  await page.locator('#preview').getByText('The preview needs valid filters.').waitFor();
  await conditions.fill('{"label": "Alice Smith"}');
  await press(ask);
  await page.getByText('2 of the last 3 events would match.').waitFor();
  assert.equal(await page.locator('#preview tr.event').count(), 2);
  assert.equal(await conditions.inputValue(), '{"label": "Alice Smith"}');
  await assertAccessible(page, 'a form with a preview');

  await unfold('Order and limits');
  await page.getByLabel('Response timeout in seconds').fill('soon');
  await press('Save changes');
  await page.getByText('The time to wait must be').waitFor();
  assert.equal(await page.locator(':focus').getAttribute('name'), 'timeout_seconds');
  await page.getByLabel('Response timeout in seconds').fill('5');
  await page.getByLabel('URL').press('Enter'); // saves, and doesn't try
  await page.getByText('Saved. The changes apply').waitFor();
  await page.locator('#settings').getByText('{"label":"Alice Smith"}').waitFor();

  await postern.post([matched('Bob Jones'), matched('Alice Smith')]);
  await receiver.wait(1);
  assert.ok(receiver.got[0].body.includes('Alice Smith'));
});

test('Resend: from the event’s page and from the attempt’s', async () => {
  const path = await postern.register(receiver.url);
  const [id] = await postern.post(matched('Again'));
  await postern.delivered(path, 1);
  await visit(page, postern, `/events/${id}`);
  await press('Resend event');
  await page.getByText(`The event is being resent to ${receiver.url}.`).waitFor();
  await receiver.wait(2);
  await postern.delivered(path, 2);
  await visit(page, postern, path);
  await page.getByRole('button', { name: /^Resend/ }).first().click();
  await page.getByText('The event is being resent.').waitFor();
  await receiver.wait(3);
  assert.equal(new Set(receiver.got.map((one) => one.headers['webhook-id'])).size, 1);
});

test('Operating webhooks works without JavaScript', async () => {
  const path = await postern.register(receiver.url);
  await postern.post(matched('Bob Jones'));
  await postern.delivered(path, 1);
  await page.context().close();
  page = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(page, postern, path);
  await press('Send test event');
  await page.getByText('Delivered, answered 200').waitFor();
  await press('Pause');
  await page.getByText('Paused. Nothing is lost').waitFor();
  await press('Resume');
  await page.getByText('Resumed.').waitFor();
  await page.getByRole('link', { name: 'Edit' }).click();
  await unfold('Filter by camera, source or data');
  await press(/^Preview with the last/);
  await page.getByText('The only event so far would match.').waitFor();
  await press('Save changes');
  await page.getByText('Saved.').waitFor();
  await page.getByRole('link', { name: 'Replay past events' }).click();
  await press('Count matching events');
  await press('Start the replay');
  await page.getByText('The replay has started.').waitFor();
  await receiver.wait(3);
});
