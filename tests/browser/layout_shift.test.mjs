// Nothing on the screen jumps while a few events a second arrive. `make soak-browser`
// measures the load of the page's thread.
import { after, before, test } from 'node:test';
import { assert, connected, oneOfEach, openPage, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

let postern, browser, receiver;
before(async () => {
  [postern, browser, receiver] = await Promise.all([startPostern(), startBrowser(), startReceiver()]);
  await postern.register(receiver.url);
});
after(async () => {
  await browser?.close();
  await postern?.end();
  receiver?.end();
});

/** Waits until rows have slid to their places, and those in sight say where their events went. */
async function still(page) {
  await page.waitForFunction(() => [...document.querySelectorAll('.badges[data-pending]')].every((badges) => !badges.checkVisibility() || badges.getBoundingClientRect().top > innerHeight));
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((one) => one.effect.getComputedTiming().iterations < Infinity).map((one) => one.finished)));
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
}

for (const [path, full] of [['/events', false], ['/monitor', false], ['/events', true], ['/monitor', true]]) {
  test(`${path} holds still while events arrive, ${full ? 'full' : 'with few rows'}`, async () => {
    const page = await openPage(browser, postern);
    const types = await oneOfEach(postern);
    // Newest last, so that no camera's last event is an error: a camera that comes back is news, and moves its card.
    if (full) for (let i = 0; i < 25; i++) await postern.post(types.toReversed().map((event) => ({ ...event, camera_id: `cam-${i % 20}` })));
    await page.addInitScript(() => {
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) window.shifts.push({ value, what: sources.map(({ node }) => node?.id || node?.className || node?.nodeName) });
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await visit(page, postern, path);
    await connected(page);
    await still(page);
    await page.evaluate(() => { window.shifts = []; });
    const routine = types.filter((event) => !/alert|failed|error/.test(event.type));
    for (let i = 0; i < 18; i++) {
      const [id] = await postern.post([{ ...routine[i % routine.length], camera_id: `cam-${i % 20}` }]);
      await page.locator(`#e-${id}:not([hidden])`).waitFor();
    }
    await still(page);
    const shifts = await page.evaluate(() => window.shifts);
    const sum = shifts.reduce((all, { value }) => all + value, 0);
    const worst = shifts.sort((a, b) => b.value - a.value).slice(0, 3);
    assert.ok(sum < 0.1, `shifted by ${sum.toFixed(3)}: ${JSON.stringify(worst)}`);
    assert.ok(await page.locator('#live-rows tr:not([hidden])').count() > 10);
    assert.deepEqual(page.offences, []);
    await page.context().close();
  });
}
