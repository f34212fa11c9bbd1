// How soon pages are there, cold, on a phone: a slow 4G line, a processor four times slower, 360 px. It prints and
// fails nothing: how quick a machine is says nothing of a change. What moves while a page loads is checked by
// pages.mjs.
import * as servers from "./servers.mjs";

const LINE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 };
const SLOWER = 4;
const PAGES = ["/", "/backups/hana", "/timeline/hana", "/titles/hana", "/settings"];

// What the browser says about a page itself.
function listen() {
  window.seen = { paint: 0, first: 0, shift: 0, act: 0, tasks: [] };
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on("paint", ({ name, startTime }) => { if (name === "first-contentful-paint") window.seen.first = startTime; });
  on("largest-contentful-paint", ({ startTime }) => { window.seen.paint = startTime; });
  on("longtask", ({ startTime, duration }) => { window.seen.tasks.push([startTime, duration]); });
  // An act is over once what came of it is painted; what does not show takes no time here.
  new PerformanceObserver((list) => list.getEntries().forEach(({ interactionId, duration }) => {
    if (interactionId) window.seen.act = Math.max(window.seen.act, duration);
  })).observe({ type: "event", durationThreshold: 16, buffered: true });
  on("layout-shift", ({ value }) => { window.seen.shift += value; });
}

// Opens what can be opened, ticks what can be ticked, and writes a word where one can be written.
async function act(page) {
  for (const what of ["details > summary:visible", 'input[type="checkbox"]:visible']) {
    for (const one of (await page.locator(what).all()).slice(0, 3)) await one.click({ timeout: 3_000 }).catch(() => {});
  }
  const field = page.locator('main input:not([type]):visible, main input[type="search"]:visible').first();
  if (await field.count() > 0) await field.pressSequentially("word", { timeout: 3_000 }).catch(() => {});
  await page.waitForTimeout(500);
}

// A task is long from 50 ms on; what it takes beyond that blocks whoever wants to press something, once there is
// something to see.
const blocked = ({ first, tasks }) => tasks.filter(([start]) => start >= first)
  .reduce((sum, [, duration]) => sum + Math.max(0, duration - 50), 0);

export async function speed(browser) {
  const demo = await servers.demo();
  // It looks and takes a snapshot at its start.
  await new Promise((done) => setTimeout(done, 5_000));
  console.log("page                 largest paint ms  blocked ms  shift  slowest act ms");
  for (const path of PAGES) {
    const rounds = [];
    for (let round = 0; round < 5; round += 1) {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      await devtools.send("Network.enable");
      await devtools.send("Network.emulateNetworkConditions", LINE);
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      await page.addInitScript(listen);
      await page.goto(demo.url + path, { waitUntil: "load" });
      await page.waitForTimeout(1_500);
      const seen = await page.evaluate(() => ({ ...window.seen, tasks: [...window.seen.tasks] }));
      await act(page);
      seen.act = await page.evaluate(() => window.seen.act);
      rounds.push({ ...seen, blocked: blocked(seen) });
      await context.close();
    }
    const middle = (of) => rounds.map((one) => one[of]).sort((a, b) => a - b)[2];
    console.log(`${path.padEnd(20)} ${[middle("paint").toFixed(0).padStart(16), middle("blocked").toFixed(0).padStart(11),
      middle("shift").toFixed(3).padStart(6), middle("act").toFixed(0).padStart(15)].join(" ")}`);
  }
  await demo.end();
}
