// Pictures of a page on the screens that people have, for a person to look at.
import { join } from 'node:path';
import { visit } from './harness.mjs';

const screens = [
  { name: 'phone', colorScheme: 'light', width: 390, height: 844 },
  { name: 'light', colorScheme: 'light', width: 1280, height: 800 },
  { name: 'dark', colorScheme: 'dark', width: 1920, height: 1080 },
  { name: '4k', colorScheme: 'dark', width: 3840, height: 2160 },
];

/** Takes a page's pictures into a folder, each named after its path and screen. */
export async function takePictures(page, postern, path, folder) {
  const file = path.replaceAll(/[^a-z0-9]+/gi, '_').replace(/^_|_$/g, '') || 'overview';
  for (const { name, colorScheme, ...viewport } of screens) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await visit(page, postern, path);
    await page.screenshot({ path: join(folder, `${file}-${name}.png`) });
  }
}
