// `npm test`: finds what the browser tests need, or says how to get it, and
// runs them one file after the other. Each starts a server and a browser.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

function chromium() {
  const places = [process.env.CHROMIUM_BIN, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return places.find((place) => place && existsSync(place));
}

if (!chromium() && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  console.log('Chromium is missing; installing it with apt-get.');
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'inherit' });
}
if (!chromium()) {
  console.error('The browser tests need Chromium. Install it (on Debian: apt-get install chromium), or name it in CHROMIUM_BIN.');
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
const run = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-timeout=120000', '--test-reporter=spec', ...tests], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, POSTERN_BIN: binary, CHROMIUM_BIN: chromium() },
});
run.on('exit', (code) => process.exit(code ?? 1));
