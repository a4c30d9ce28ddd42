// The parts that the browser tests share: the real server on a port of its own, a real
// browser, and checks of what pages must never do.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { launchOptions } from './browser.mjs';

const axeSource = await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** The password of every account. */
export const password = 'correct horse 42';

// Ports below those that the system gives to outgoing connections, so that none
// of these takes one before the server does, or while it restarts. Each process
// has a range of its own, since files run beside one another.
let nextPort = 12000 + (process.pid % 400) * 40;

async function freePort() {
  for (;;) {
    const port = nextPort++;
    const server = net.createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // it is taken
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** The environment without what is about the tests: Postern refuses variables
 * of its prefix that it doesn't know. */
const posternEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('POSTERN_')));

/** Starts `postern serve` on a data folder of its own. With `accounts`, names
 * and their roles, people sign in there, with `password`. */
export async function startPostern({ accounts = {} } = {}) {
  const data = await mkdtemp(join(tmpdir(), 'postern-browser-'));
  const port = await freePort();
  for (const [name, role] of Object.entries(accounts)) {
    const child = spawn(process.env.POSTERN_BIN ?? 'bin/postern', ['user', 'add', name, '--role', role, '--data', data], { stdio: ['pipe', 'ignore', 'inherit'], env: posternEnv });
    child.stdin.end(password);
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, `postern user add ${name}`);
  }
  const guarded = Object.keys(accounts).length > 0 ? ['--require-access'] : [];
  const postern = {
    url: `http://127.0.0.1:${port}`,
    log: '',
    process: null,
    sessions: {}, // the cookies of signed-in accounts

    async start() {
      const child = spawn(process.env.POSTERN_BIN ?? 'bin/postern', [
        'serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--allow-http', '--allow-target', '127.0.0.0/8', ...guarded,
      ], { stdio: ['ignore', 'pipe', 'pipe'], env: posternEnv });
      this.process = child;
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { this.log += text; });
      for (let i = 0; i < 200; i++) {
        if (child.exitCode !== null) break;
        try {
          if ((await fetch(`${this.url}/readyz`)).ok) return;
        } catch {
          // Not listening yet.
        }
        await sleep(50);
      }
      throw new Error(`postern did not become ready:\n${this.log}`);
    },

    /** Stops the server as its service manager would. */
    async stop() {
      const child = this.process;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode;
    },

    async end() {
      await this.stop();
      await rm(data, { recursive: true, force: true });
    },

    /** Posts one event or several, and returns their ids. */
    async post(events) {
      const response = await fetch(`${this.url}/api/v1/events`, { method: 'POST', body: JSON.stringify(events) });
      assert.equal(response.status, 202, await response.clone().text());
      return (await response.json()).ids;
    },

    /** Registers a webhook and returns its page's path. */
    async register(url, more = {}) {
      const response = await fetch(`${this.url}/api/v1/events/webhooks`, {
        method: 'POST', body: JSON.stringify({ url, event_types: ['*'], secret: 'whsec_your_signing_secret', ...more }),
      });
      assert.equal(response.status, 200, await response.clone().text());
      return `/webhooks/${(await response.json()).id}`;
    },

    /** Waits until Postern counts as many deliveries to a webhook: a resend or
     * a replay passes over one whose answer it doesn't have yet. */
    async delivered(path, n) {
      const end = Date.now() + 60_000;
      for (;;) {
        const { status } = await (await fetch(`${this.url}/api/v1/events${path}`)).json();
        if (status.delivered >= n) return;
        assert.ok(Date.now() < end, `${path} counts ${status.delivered} deliveries`);
        await sleep(25);
      }
    },
  };
  await postern.start();
  return postern;
}

export function matched(label, more = {}) {
  return {
    type: 'face_matched', source: 'face_pipeline', camera_id: 'lobby-cam-1',
    data: { identity_id: 'abc-123', label, similarity: 0.91, watchlist: 'vip' }, ...more,
  };
}

/** An example of each of the ten types, as the API documents them. */
export async function oneOfEach(postern) {
  const catalogue = await (await fetch(`${postern.url}/api/v1/events/types`)).json();
  const types = Array.isArray(catalogue) ? catalogue : catalogue.types;
  return types.map((type) => ({
    type: type.name ?? type.type, source: 'face_pipeline', camera_id: 'lobby-cam-1', data: type.example ?? {},
  }));
}

/** A receiver for deliveries, which keeps what it got. It answers after
 * `delay` ms and once `held` is resolved, with `status`, or with what
 * `answers` has for the path. */
export async function startReceiver() {
  const got = [];
  const arrivals = new EventEmitter();
  const receiver = { got, delay: 0, held: null, status: 200, answers: {} };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', async () => {
      got.push({ headers: request.headers, body });
      arrivals.emit('one');
      await receiver.held;
      response.statusCode = receiver.answers[request.url] ?? receiver.status;
      setTimeout(() => response.end('ok'), receiver.delay);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${server.address().port}/hook`;
  receiver.end = () => server.close();
  /** Waits until as many deliveries have arrived. */
  receiver.wait = async (n) => {
    const signal = AbortSignal.timeout(30_000);
    while (got.length < n) await once(arrivals, 'one', { signal });
    assert.equal(got.length, n);
  };
  return receiver;
}

/** The browser of `npm test`, which all files share, or one of this file's own
 * where it runs alone. */
export async function startBrowser() {
  const server = process.env.BROWSER_SERVER;
  return server ? chromium.connect(server) : chromium.launch(launchOptions());
}

// A page that a test opens is closed after it: it would go on to follow events.
// A page that is opened before all tests stays.
let opened = null;
if (process.env.NODE_TEST_CONTEXT) {
  beforeEach(() => { opened = []; });
  afterEach(async () => {
    const contexts = opened;
    opened = null;
    await Promise.all(contexts.map((context) => context.close()));
  });
}

/** A page that is watched: off-origin requests, CSP violations and script
 * errors are kept, for the test to find none. */
export async function openPage(browser, postern, { firstVisit, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  opened?.push(context);
  // A browser that was here before: the first visit is for a test of its own.
  if (options.timezoneId && !firstVisit) await context.addCookies([{ name: 'postern_zone', value: options.timezoneId, url: postern.url }]);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000); // of a machine that is busy
  page.offences = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(postern.url)) page.offences.push(`request to ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (!socket.url().startsWith(postern.url.replace('http', 'ws'))) page.offences.push(`socket to ${socket.url()}`);
  });
  page.on('pageerror', (error) => page.offences.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content.Security.Policy|Refused to/i.test(message.text())) page.offences.push(`console: ${message.text()}`);
  });
  return page;
}

/** Opens a path on the server. */
export function visit(page, postern, path) {
  return page.goto(postern.url + path, { waitUntil: 'load' });
}

/** Opens a page of a signed-in account. Passwords are slow to check on
 * purpose, so each account signs in once. */
export async function signedIn(browser, postern, name, options) {
  postern.sessions[name] ??= await signIn(postern, name);
  const page = await openPage(browser, postern, options);
  await page.context().addCookies(postern.sessions[name]);
  return page;
}

async function signIn(postern, name) {
  const answer = await fetch(`${postern.url}/sign-in`, {
    method: 'POST', body: new URLSearchParams({ name, password }), headers: { Origin: postern.url }, redirect: 'manual',
  });
  assert.equal(answer.status, 303, await answer.text());
  return answer.headers.getSetCookie().map((line) => {
    const [, key, value] = /^([^=]+)=([^;]*)/.exec(line);
    return { name: key, value, url: postern.url };
  });
}

/** Takes the page's clock in hand, before a visit: what the page does every few
 * seconds is then not waited for. A page that hears no heartbeat for 10 s of its
 * clock is out of date, so the last one comes again for each second that passes. */
export async function takeClock(page) {
  let socket = null;
  let beat = null;
  await page.routeWebSocket(/live\/socket/, (opened) => {
    socket = opened;
    beat = null;
    opened.connectToServer().onMessage((message) => {
      if (message.startsWith('{')) beat = message;
      opened.send(message);
    });
  });
  await page.clock.install();
  const pass = async (ms) => {
    for (let left = ms; left > 0; left -= 1000) {
      if (beat) socket.send(beat);
      await page.clock.runFor(Math.min(left, 1000));
    }
  };
  return {
    pass,
    /** Lets seconds pass until check, which may ask the page, holds. */
    async until(check) {
      const end = Date.now() + 30_000;
      while (!await check()) {
        assert.ok(Date.now() < end, `never came true: ${check}`);
        await pass(1000);
      }
    },
  };
}

/** Waits for the header to say that the page is connected. */
export function connected(page) {
  return page.locator('#live-state[data-state="live"]').waitFor();
}

/** The rules that a colour scheme can break; all others are about what a page has. */
export const colourRules = ['color-contrast', 'link-in-text-block'];

/** Finds nothing, or says what axe found, by all rules or by those that are named. */
export async function assertAccessible(page, what, rules) {
  if (await page.evaluate(() => !window.axe)) await page.evaluate(axeSource);
  // Checks that passed stay in the page: sending them takes as long as making them.
  const violations = await page.evaluate((named) => window.axe.run(document, {
    runOnly: named ?? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'],
  }).then((result) => result.violations), rules);
  const found = violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} (${node.failureSummary})`));
  assert.deepEqual(found, [], `axe on ${what}`);
}

export { assert, sleep };
