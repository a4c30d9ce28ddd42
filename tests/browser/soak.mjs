// The cost of a live page for its tab. `make soak-browser` watches the events page
// and the monitor, first at 3 events a second, as a wall on a small machine has
// them: how much of the time the main thread works. Then it posts 5,000 events a
// second and watches how long one task takes, and the memory. SOAK_SECONDS is
// how long for each (60 unless given), SOAK_PAGE one page alone.
import { assert, connected, matched, oneOfEach, openPage, sleep, startBrowser, startPostern, startReceiver, visit } from './harness.mjs';

const seconds = Number(process.env.SOAK_SECONDS ?? 60);
const perSecond = 5000;
const longest = 50; // ms that one task of the main thread may take
const share = 0.1; // of the time, at a few events a second

/** The tab's memory after everything that can go has gone. */
async function measure(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { heapKiB: Math.round(of('JSHeapUsedSize') / 1024), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

/** Watches how long the main thread works on one task: its own time, since on
 * a machine that is busy with something else it also waits for its turn. */
async function watchTasks(browser) {
  const tracing = await browser.newBrowserCDPSession();
  const mains = new Set();
  const works = [];
  tracing.on('Tracing.dataCollected', ({ value }) => {
    for (const one of value) {
      if (one.name === 'thread_name' && one.args.name === 'CrRendererMain') mains.add(`${one.pid} ${one.tid}`);
      if (one.ph === 'X' && /RunTask$/.test(one.name) && one.tdur) works.push({ thread: `${one.pid} ${one.tid}`, ms: one.tdur / 1000 });
    }
  });
  await tracing.send('Tracing.start', {
    transferMode: 'ReportEvents', bufferUsageReportingInterval: 0,
    traceConfig: { recordMode: 'recordUntilFull', traceBufferSizeInKb: 400 * 1024, includedCategories: ['disabled-by-default-devtools.timeline'], excludedCategories: ['*'] },
  });
  return {
    async end() {
      const complete = new Promise((done) => { tracing.once('Tracing.tracingComplete', done); });
      await tracing.send('Tracing.end');
      await complete;
      const own = works.filter((work) => mains.has(work.thread)).map((work) => work.ms);
      return { count: own.length, busy: own.reduce((sum, ms) => sum + ms, 0), slowest: own.sort((a, b) => b - a).slice(0, 5).map(Math.round) };
    },
  };
}

async function flood(postern, forSeconds) {
  let sent = 0;
  const began = Date.now();
  while (Date.now() - began < forSeconds * 1000) {
    const due = Math.floor((Date.now() - began) / 1000 * perSecond) - sent;
    if (due >= 500) {
      await postern.post(Array.from({ length: due }, (_, i) => matched(`Visitor ${sent + i}`, { camera_id: `cam-${i % 20}` })));
      sent += due;
    }
    await sleep(20);
  }
  return Math.round(sent / ((Date.now() - began) / 1000));
}

async function soak(path) {
  const postern = await startPostern();
  const browser = await startBrowser();
  const page = await openPage(browser, postern);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  await visit(page, postern, path);
  await connected(page);
  await flood(postern, 40); // until the page holds as much as it ever does
  const before = await measure(devtools);
  await page.evaluate(() => {
    window.long = [];
    new PerformanceObserver((list) => { for (const task of list.getEntries()) window.long.push(Math.round(task.duration)); }).observe({ entryTypes: ['longtask'] });
  });
  const tasks = await watchTasks(browser);
  const rate = await flood(postern, seconds);
  const { slowest, count } = await tasks.end();
  const long = await page.evaluate(() => window.long);
  const after = await measure(devtools);
  const rows = await page.locator('#live-rows tr').count();
  console.log(JSON.stringify({ path, seconds, eventsPerSecond: rate, tasks: count, slowestTasksMs: slowest, longTasksByTheClockMs: long, rows, before, after }, null, 2));
  await browser.close();
  await postern.end();
  assert.ok(count > 0, 'no task was seen');
  assert.ok(slowest[0] < longest, `a task took the main thread ${slowest[0]} ms`);
  assert.ok(rate > perSecond * 0.9, `only ${rate} events a second were sent`);
  assert.ok(after.heapKiB < before.heapKiB * 1.2 + 512, 'the heap grew');
  assert.ok(after.nodes < before.nodes * 1.2 + 500, 'the DOM grew');
}

async function atWork(path) {
  const [postern, browser, receiver] = await Promise.all([startPostern(), startBrowser(), startReceiver()]);
  await postern.register(receiver.url);
  const routine = (await oneOfEach(postern)).filter((event) => !/alert|failed|error/.test(event.type));
  for (let i = 0; i < 40; i++) await postern.post(routine.map((event) => ({ ...event, camera_id: `cam-${i % 20}` })));
  const page = await openPage(browser, postern);
  await visit(page, postern, path);
  await connected(page);
  await sleep(5000);
  const tasks = await watchTasks(browser);
  const began = Date.now();
  for (let i = 0; Date.now() - began < seconds * 1000; i++) {
    await postern.post([{ ...routine[i % routine.length], camera_id: `cam-${i % 20}` }]);
    await sleep(333);
  }
  const lasted = Date.now() - began;
  const { busy, slowest } = await tasks.end();
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
  console.log(JSON.stringify({ path, seconds: Math.round(lasted / 1000), eventsPerSecond: 3, mainThread: `${(busy / lasted * 100).toFixed(1)} %`, slowestTasksMs: slowest, nodes }, null, 2));
  await browser.close();
  await postern.end();
  receiver.end();
  assert.ok(busy > 0, 'no task was seen');
  assert.ok(busy / lasted < share, `the main thread worked ${(busy / lasted * 100).toFixed(1)} % of the time`);
}

for (const path of process.env.SOAK_PAGE ? [process.env.SOAK_PAGE] : ['/events', '/monitor']) await atWork(path);
for (const path of process.env.SOAK_PAGE ? [process.env.SOAK_PAGE] : ['/events', '/monitor']) await soak(path);
