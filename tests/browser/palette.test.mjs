// The palette: Ctrl-K goes to any page, webhook, camera, event or person.
import { after, before, test } from 'node:test';
import { assert, assertAccessible, matched, openPage, startBrowser, startPostern, visit } from './harness.mjs';

let postern, browser, hook, ids;
before(async () => {
  postern = await startPostern();
  browser = await startBrowser();
  hook = await postern.register('http://127.0.0.1:9/door');
  ids = await postern.post([matched('Alice Smith', { camera_id: 'gate-cam-7' }), matched('Bob Jones', { data: { identity_id: 'bob-1', label: 'Bob Jones' } })]);
});
after(async () => {
  await browser?.close();
  await postern?.end();
});

const parts = (page) => ({
  dialog: page.getByRole('dialog', { name: 'Go to' }),
  field: page.getByRole('combobox', { name: 'Webhook, camera, event id' }),
  option: (name) => page.getByRole('option', { name }),
});

test('Palette: the keyboard alone opens it, chooses and goes', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  const { dialog, field, option } = parts(page);
  await page.keyboard.press('Control+k');
  await option('Overview').waitFor();
  assert.equal(await field.evaluate((element) => element === document.activeElement), true);
  await assertAccessible(page, 'the palette');
  await page.keyboard.type('gate');
  const camera = option('gate-cam-7');
  await camera.waitFor();
  // Assistive technology hears the selected option: the focus stays in the field.
  assert.equal(await camera.getAttribute('aria-selected'), 'true');
  assert.equal(await field.getAttribute('aria-activedescendant'), await camera.getAttribute('id'));
  await page.keyboard.press('ArrowDown');
  assert.equal(await camera.getAttribute('aria-selected'), 'false');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/cameras/gate-cam-7');
  // Ctrl-K closes it again, and so does Escape.
  await page.keyboard.press('Control+k');
  await dialog.waitFor();
  await page.keyboard.press('Control+k');
  await dialog.waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.deepEqual(page.offences, []);
});

test('Palette: Enter waits for the suggestions of what was typed', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  await page.keyboard.press('Control+k');
  await parts(page).option('Overview').waitFor();
  await page.keyboard.type(ids[0]);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/events/${ids[0]}`);
  assert.deepEqual(page.offences, []);
});

test('Palette: people are looked for when asked, and an action acts', async () => {
  const page = await openPage(browser, postern);
  await visit(page, postern, '/');
  const { option } = parts(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('bob');
  await option('Find people: bob').waitFor();
  assert.equal(await option('Bob Jones').count(), 0);
  await page.keyboard.press('Enter');
  await option('Bob Jones').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/events?q=bob-1');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('pause door');
  await option('Pause 127.0.0.1:9/door').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${hook}`);
  await page.getByText('Paused. Nothing is lost').waitFor();
  assert.deepEqual(page.offences, []);
});

test('Palette: a phone opens it by its button, and a page does the same without JavaScript', async () => {
  const phone = await openPage(browser, postern, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await visit(phone, postern, '/');
  const button = phone.getByRole('link', { name: 'Go to…' });
  const box = await button.boundingBox();
  assert.ok(box.width >= 24 && box.height >= 24, `the button is ${box.width} by ${box.height}`);
  await button.tap();
  const { field, option } = parts(phone);
  await field.fill('webhooks');
  await option('Webhooks').first().tap();
  await phone.waitForURL('**/webhooks');

  const plain = await openPage(browser, postern, { javaScriptEnabled: false });
  await visit(plain, postern, '/');
  await plain.getByRole('link', { name: 'Go to…' }).click();
  await plain.getByRole('searchbox').fill('gate');
  await plain.getByRole('button', { name: 'Search' }).click();
  await plain.getByRole('link', { name: 'gate-cam-7' }).click();
  assert.match(plain.url(), /cameras\/gate-cam-7/);

  const page = await openPage(browser, postern);
  await visit(page, postern, '/go?q=gate');
  await assertAccessible(page, 'the page that does without the palette');
});
