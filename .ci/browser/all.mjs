// Looks at AniRewind in Chromium: every page, then what people come for, from the first click to the report.
//   node all.mjs SERVER [pages|full|empty|broken|login|journeys|keys]...
//   node all.mjs SERVER --pictures FOLDER
//   node all.mjs SERVER --speed
import { readFileSync } from "node:fs";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { check, count } from "./checks.mjs";
import { journeys } from "./journeys.mjs";
import { addresses, looks, report, storedPlan, visit, visitStrictly } from "./pages.mjs";
import { pictures } from "./pictures.mjs";
import * as servers from "./servers.mjs";
import { speed } from "./speed.mjs";
import { states as keysAndNarrow } from "./states.mjs";

const [server, ...wanted] = process.argv.slice(2);
servers.use(server);
const states = ["full", "empty", "broken", "login"].filter((state) =>
  wanted.length === 0 || wanted.includes("pages") || wanted.includes(state));
const wants = (what) => wanted.length === 0 || wanted.includes(what);
const source = readFileSync(new URL(import.meta.resolve("axe-core")), "utf8");
const began = Date.now();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run"],
});

// No answer holds a token, whatever page it belongs to.
const contextOf = browser.newContext.bind(browser);
browser.newContext = async (...wishes) => {
  const context = await contextOf(...wishes);
  context.on("response", async (response) => {
    // What was left before it came, and streams, have no body to be had.
    const body = await response.text().catch(() => "");
    servers.listen(response.url(), body + JSON.stringify(response.headers()));
  });
  return context;
};

async function allPages() {
  const budgets = new Map();
  for (const state of states) {
    const server = await { full: servers.demo, empty: servers.empty, broken: servers.broken, login: servers.fresh }[state]();
    const places = await addresses(state, server.url);
    if (state === "full") places.plan = await storedPlan(browser, server.url);
    const turns = looks.map((look) => () =>
      visit(browser, source, state, server.url, places, look, look.width === 1280 && look.colorScheme === "light" ? budgets : null));
    // Two at a time: one renders while the other waits.
    turns.push(() => visitStrictly(browser, source, state, server.url, places));
    await Promise.all([0, 1].map(async () => { for (let turn; (turn = turns.shift());) await turn(); }));
    if (state === "login") {
      await claim(server);
      const places = { login: "/login" };
      for (const look of looks) await visit(browser, source, state, server.url, places, look, null);
    }
    await server.end();
    console.log(`pages, ${state}: ${Object.keys(places).length} x light, dark x 360, 1280, ${seconds()} s`);
  }
  report(budgets);
}

async function claim({ url, code }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/setup`, { waitUntil: "load" });
  await page.getByLabel("Setup code").fill(code);
  await page.getByLabel("Choose a password").fill("correct horse battery");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL((at) => at.pathname !== "/setup");
  await context.close();
}

const seconds = () => Math.round((Date.now() - began) / 1000);
try {
  if (wanted[0] === "--pictures") await pictures(browser, wanted[1]);
  else if (wanted[0] === "--speed") await speed(browser);
  else await Promise.all([states.length > 0 && allPages(), wants("journeys") && journeys(browser, source),
    wants("keys") && keysAndNarrow(browser, source)]);
} finally {
  await browser.close();
  const traces = servers.found();
  check("no token in any answer, in what servers say or in what they leave behind", traces.length === 0, traces.join(" "));
  await servers.endAll();
}
console.log(`axe-core ${axe.version}, ${seconds()} s`);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
