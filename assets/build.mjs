// Writes static/: our own CSS and JS minified, and vendored files copied out
// of node_modules after their hash was checked. The output is committed, so
// that `go build` needs no npm.
import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = new URL('..', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));

// htmx and its extension go into one file. As two they race: htmx begins in a
// timer once it has run, and a page that it began without the extension never
// opens its socket.
const vendored = JSON.parse(await readFile(path('assets/vendor.json'), 'utf8'));
const bundles = new Map();
for (const file of vendored) {
  const content = await readFile(path(`node_modules/${file.package}/${file.from}`));
  const sum = createHash('sha256').update(content).digest('hex');
  if (sum !== file.sha256) {
    throw new Error(`${file.package}/${file.from} has sha256 ${sum}, but assets/vendor.json expects ${file.sha256}. Check what changed before you accept it.`);
  }
  bundles.set(file.to, [...(bundles.get(file.to) ?? []), `/* ${file.package} ${file.version} ${file.from}, ${file.license} */`, content.toString()]);
}
for (const [name, parts] of bundles) await writeFile(path(`static/${name}`), parts.join('\n') + '\n');

await esbuild.build({
  entryPoints: [path('assets/app.css'), path('assets/app.js'), path('assets/zone.js')],
  outdir: path('static'),
  bundle: true,
  minify: true,
  legalComments: 'none',
  // light-dark() and nesting are used as they are: every browser that this
  // is made for has both.
  target: ['chrome125', 'firefox128', 'safari17.5'],
  format: 'iife',
  tsconfigRaw: {}, // assets/tsconfig.json is for checks alone
  logLevel: 'warning',
});

// The icon of a tab, and the same with a number of open alerts from 1 to 9, or more. They
// are files, because the pages' policy allows images of this server alone.
await copyFile(path('assets/icon.svg'), path('static/icon.svg'));
const icon = (await readFile(path('assets/icon.svg'), 'utf8')).replace(/\s*<\/svg>\s*$/, '');
for (const [name, text] of [...'123456789'].map((n) => [n, n]).concat([['more', '9+']])) {
  const badge = `<circle cx="13.5" cy="13.5" r="6.5" fill="#c8202f"/><text x="13.5" y="${name === 'more' ? 16.2 : 17}" font-family="sans-serif" ` +
    `font-size="${name === 'more' ? 7.5 : 10}" font-weight="700" text-anchor="middle" fill="#fff">${text}</text>`;
  await writeFile(path(`static/icon-${name}.svg`), `${icon}${badge}</svg>\n`);
}
console.log(`static/: app.css, app.js, zone.js, icon*.svg, ${[...bundles.keys()].join(', ')}`);
