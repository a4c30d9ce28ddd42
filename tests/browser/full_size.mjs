// `make full-size`: every page of a large site, which a Go test serves, is accessible in
// both schemes and fits a phone. FULL_SIZE_SHOTS names a folder for pictures of them.
import { after, before, test } from 'node:test';
import { openPage, startBrowser } from './harness.mjs';
import { startScreens } from './screens.mjs';
import { takePictures } from './pictures.mjs';

const postern = { url: process.env.FULL_SIZE_URL };
const [name, value] = process.env.FULL_SIZE_COOKIE.split('=');

let browser, page, checkOnScreens;
before(async () => {
  browser = await startBrowser();
  page = await openPage(browser, postern);
  await page.context().addCookies([{ name, value, url: postern.url }]);
  checkOnScreens = await startScreens(browser, postern, page);
});
after(() => browser?.close());

for (const path of JSON.parse(process.env.FULL_SIZE_PATHS)) {
  test(path, async () => {
    if (process.env.FULL_SIZE_SHOTS) await takePictures(page, postern, path, process.env.FULL_SIZE_SHOTS);
    await checkOnScreens(path);
  });
}
