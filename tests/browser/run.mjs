// `npm test`: finds the programs that the browser tests need, or says how to install them, and
// runs the tests, three files at a time: half of it is waiting. Each file starts a
// server of its own. The browser is one, with a context for each page.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium as playwright } from 'playwright-core';
import { launchOptions } from './browser.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

// The headless shell draws as Chromium does and has none of its windows around
// the pages, which take more of the processor than the pages do.
function chromium() {
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  return [process.env.CHROMIUM_BIN, ...names.map((name) => `/usr/bin/${name}`)].find((place) => place && existsSync(place));
}

const noInstall = process.env.POSTERN_NO_INSTALL === '1';
if (!chromium() && !noInstall && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  console.log('The browser tests need Chromium. Installing chromium-headless-shell and fonts-dejavu-core with apt-get (POSTERN_NO_INSTALL=1 prevents that).');
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium-headless-shell', 'fonts-dejavu-core'], { stdio: 'inherit' });
}
if (!chromium() && noInstall) {
  console.log("Chromium is missing, and POSTERN_NO_INSTALL=1 is set: the browser tests can't run.");
  process.exit(0);
}
if (!chromium()) {
  console.error('The browser tests need Chromium. Install it (on Debian: apt-get install chromium-headless-shell), or name it in CHROMIUM_BIN.');
  process.exit(1);
}

// A binary that was named is tested as it is; otherwise this checkout is
// built, so that no old one is tested by mistake.
let binary = process.env.POSTERN_BIN;
if (!binary) {
  binary = `${root}bin/postern`;
  const built = spawnSync('go', ['build', '-o', binary, './cmd/postern'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  if (built.status !== 0) process.exit(1);
}

const files = process.argv.slice(2);
const tests = files.length > 0 ? files : readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort().map((name) => here + name);
process.env.CHROMIUM_BIN = chromium();
const browser = await playwright.launchServer({ ...launchOptions(), host: '127.0.0.1' });
const run = spawn(process.execPath, ['--test', '--test-concurrency=3', '--test-timeout=600000', '--test-reporter=spec', ...tests], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, POSTERN_BIN: binary, BROWSER_SERVER: browser.wsEndpoint() },
});
run.on('exit', async (code) => {
  await browser.close();
  process.exit(code ?? 1);
});
