// Checks a page on a phone and on a desktop, in both schemes: axe finds nothing, the
// page loads nothing from elsewhere, and nothing is wider than the screen.
import { assert, assertAccessible, colourRules, openPage, visit } from './harness.mjs';

const screens = [
  { name: 'dark phone', colorScheme: 'dark', width: 390, height: 844 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 800 },
  // The same page as in dark: only its colours are different.
  { name: 'light', colorScheme: 'light', width: 1280, height: 800, rules: colourRules },
];

/** Returns checkOnScreens(path, status), which checks with `page` if one is given, such
 * as one that is signed in. A page is loaded once and then seen on each screen, since
 * loading takes longer than checking. */
export async function startScreens(browser, postern, page) {
  page ??= await openPage(browser, postern);
  return async (path, status = 200) => {
    page.offences.length = 0;
    for (const [i, { name, colorScheme, rules, ...viewport }] of screens.entries()) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      if (i === 0) {
        const answer = await visit(page, postern, path);
        assert.equal(answer.status(), status, path);
        assert.equal(await page.evaluate(() => window.scrollY), 0, `${path} (${name}) opens at its top`);
      }
      await assertAccessible(page, `${path} (${name})`, rules);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wider <= 0, `${path} (${name}) is ${wider} px wider than the screen`);
      const cut = await page.evaluate(() => [...document.querySelectorAll('.top h1')].filter((h) => h.scrollWidth > h.clientWidth).length);
      assert.equal(cut, 0, `${path} (${name}) has a title that is cut off`);
    }
    assert.deepEqual(page.offences, [], path);
  };
}
