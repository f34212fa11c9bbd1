// Keys, for those who switched them on, and what a narrow screen does to each page: the two columns of the
// states that only a browser can show. The others are tests of the web crate.
import { attempt, check } from "./checks.mjs";
import { fitting } from "./journeys.mjs";
import { addresses, contextOf, phone, sound, storedPlan, watched } from "./pages.mjs";
import * as servers from "./servers.mjs";

const focused = (page, selector) =>
  page.evaluate((what) => document.activeElement?.matches(what) ?? false, selector);

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

// What each key does on the page where it does it.
const keys = {
  dashboard: async (page) => {
    await press(page, "b");
    check("keys: b on the dashboard goes to Back up now", await focused(page, '[data-backup]'));
  },
  "backups-hana": async (page) => {
    await press(page, "j", "x", "j", "x");
    check("keys: x ticks two snapshots", await page.locator("[data-pick] input:checked").count() === 2);
    await press(page, "c");
    await page.waitForURL(/\/compare\/hana/);
  },
  snapshot: async (page) => {
    await press(page, "j", "j", "k");
    check("keys: j and k go through titles", await focused(page, "[data-pick] > :first-child"));
    await press(page, "/");
    check("keys: / goes to the search", await focused(page, 'input[type="search"]'));
  },
  "compare-two": async (page) => {
    await press(page, "j", "x");
    check("keys: x ticks a difference", await page.locator("[data-pick] input:checked").count() === 1);
    await goesBack(page, "compare");
  },
  plan: async (page) => {
    await press(page, "j");
    check("keys: j goes through a plan", await focused(page, "[data-pick] > *"));
    const ticked = () => page.locator("[data-pick] > :focus input[type=checkbox]").first().isChecked();
    const was = await ticked();
    await press(page, "x");
    check("keys: x unticks a title of a plan", await ticked() !== was);
    await goesBack(page, "plan");
    check("wide: nothing of a plan is folded", await page.locator(".fold > summary:visible").count() === 0);
  },
  "timeline-hana": async (page) => {
    await press(page, "j", "x");
    check("keys: x ticks a change", await page.locator("[data-pick] input:checked").count() >= 1);
    await press(page, "Enter");
    check("keys: Enter opens a change", await page.locator("[data-pick] > :focus details[open]:not(.covered)").count() === 1);
    await goesBack(page, "timeline");
    const rows = await page.locator("[data-pick] > *").count();
    // Not every row has something to be taken back.
    for (let turns = 0; turns < rows; turns += 1) {
      if (await page.locator('[data-pick] > :focus :is(a.button[href*="#undo"], [data-key="u"])').count() > 0) break;
      await press(page, "j");
    }
    await press(page, "u");
    await page.waitForURL(/#undo$|\/plan\//);
  },
  title: async (page) => {
    await press(page, "j", "k");
    check("keys: j and k go through states", await focused(page, "[data-pick] > *"));
    await press(page, "u");
    check("keys: u goes to what puts a state back, and plans nothing", await focused(page, '[data-key="u"]'));
    await press(page, "Enter");
    await page.waitForURL(/\/plan\//);
  },
  at: async (page) => {
    const before = page.url();
    await press(page, "ArrowLeft");
    await page.waitForURL((at) => at.href !== before);
    // What stays at the top covers nothing that has the focus.
    await page.locator(".stays").waitFor();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    for (let turns = 0; turns < 40; turns += 1) await press(page, "Shift+Tab");
    for (let turns = 0; turns < 40; turns += 1) {
      await press(page, "Shift+Tab");
      const covered = await page.evaluate(() => {
        const node = document.activeElement;
        const { left, top, width, height } = node.getBoundingClientRect();
        if (width === 0 || top < 0 || top + height > innerHeight) return null;
        const seen = document.elementFromPoint(left + Math.min(width, 20) / 2, top + Math.min(height, 20) / 2);
        return node.contains(seen) || seen?.contains(node) ? null : `${node.outerHTML.slice(0, 60)} below ${seen?.className}`;
      });
      if (covered) return check("focus: nothing covers it", false, covered);
    }
    check("focus: nothing covers it", true);
  },
};

// Down and up again with j and k is where it was.
async function goesBack(page, what) {
  const at = () => page.locator("[data-pick] > :focus").evaluate((row) => [...document.querySelectorAll("[data-pick] > *")].indexOf(row));
  const before = await at();
  await press(page, "j");
  const below = await at();
  await press(page, "k");
  check(`keys: k goes up again on ${what}`, below === before + 1 && await at() === before, `${before}, ${below}, ${await at()}`);
}

const box = (page, selector) => page.locator(selector).first().boundingBox();
// Found and measured in one go: what is live may be replaced between the two, and what was replaced has no place.
const tops = (page, ...selectors) => page.evaluate((all) =>
  all.map((what) => document.querySelector(what).getBoundingClientRect().top), selectors);
const lines = (page, selector) => page.evaluate((what) =>
  new Set([...document.querySelectorAll(what)].map((node) => Math.round(node.getBoundingClientRect().top))).size, selector);

// What a page is like at 360 px.
const narrow = {
  dashboard: async (page) => {
    const days = await page.evaluate(() =>
      [...document.querySelector(".strip").querySelectorAll("li")].filter((one) => one.getClientRects().length > 0).length);
    check("narrow: 15 days on the dashboard", days === 15, String(days));
    const [verdict, button, strip] = await tops(page, "main section h2", "[data-backup]", ".strip");
    check("narrow: verdict, button, days", verdict < button && button < strip, `${verdict}, ${button}, ${strip}`);
    check("narrow: the menu is one bar", (await box(page, "header")).height < 80);
  },
  "backups-hana": async (page) => {
    const row = await page.locator("[data-pick] tr, [data-pick] > *").first().evaluate((node) => getComputedStyle(node).display);
    check("narrow: a snapshot is a card", row === "block" || row === "flex" || row === "grid", row);
    const [acts, restore] = [await box(page, ".acts"), await box(page, ".acts > .button")];
    check("narrow: View and Restore are as wide as the card", restore.width >= acts.width - 1, `${restore.width} of ${acts.width}`);
  },
  snapshot: async (page) => {
    check("narrow: no tabs", await page.locator(".tabs:visible").count() === 0);
    check("narrow: a list for each row of tabs", await page.locator(".choose:visible select").count() === 3);
    const list = page.locator('.choose select[name="status"]');
    await list.selectOption({ index: 1 });
    const chosen = await list.inputValue();
    await page.getByRole("button", { name: "Show status" }).click();
    await page.waitForURL((at) => at.searchParams.get("status") === chosen);
    const row = await page.locator("table.stack tbody tr").first().evaluate((node) => getComputedStyle(node).display);
    check("narrow: a title is a card", row === "block", row);
  },
  plan: async (page) => {
    const titles = page.locator("[data-pick] > *").first();
    check("narrow: the titles of a plan are folded", !(await titles.isVisible()));
    await page.locator("details.fold > summary", { hasText: "Every title" }).click();
    check("narrow: the titles of a plan can be opened", await titles.isVisible());
  },
  job: async (page) => {
    const [report, buttons] = await tops(page, "#result", "main .actions");
    check("narrow: a report comes before its buttons", report < buttons, `${report}, ${buttons}`);
  },
  "timeline-hana": async (page) => check("narrow: filters are folded", await page.locator("details.filterbox:not([open])").count() === 1),
  title: async (page) => check("narrow: values of a title stand below each other", await lines(page, "main .facts dd, main table.stack td") > 1),
  at: async (page) => {
    const [stepper, list] = await tops(page, "[data-step]", "main table, main .card");
    check("narrow: the stepper is on top", stepper < list, `${stepper}, ${list}`);
  },
  "compare-two": async (page) => {
    const [was, is] = await page.evaluate(() => {
      const diff = document.querySelector("dd:has(> del)");
      return [diff.querySelector("del").getBoundingClientRect().bottom, diff.querySelector("ins").getBoundingClientRect().top];
    });
    check("narrow: what was stands above what is", was <= is + 1, `${was} ${is}`);
  },
  status: async (page) => check("narrow: the status is a list below each other",
    await lines(page, "main .rows > li, main li.row") > 3),
};

// New changes come by themselves where somebody asked for it, and not while something is ticked; the dashboard
// follows what happens without being loaded again.
async function follows(page, demo, anilist) {
  const { moved } = await fitting(demo.url);
  const ids = moved.map((one) => Number(/(\d+)$/.exec(one)[1]));
  const score = async (id) => (await (await fetch(`${demo.url}/api/v1/titles/${id}`)).json()).now.scoreRaw ?? 0;
  const change = async (id) => {
    await servers.save(anilist, { mediaId: id, scoreRaw: (await score(id)) === 35 ? 45 : 35 });
    await servers.look(demo.url);
  };
  const newest = () => page.locator(".changes > li").first().getAttribute("id");
  const all = () => page.locator('[data-live="counts"] [aria-current] span').innerText();
  await page.goto(`${demo.url}/timeline/hana?auto=yes`, { waitUntil: "load" });
  await page.getByText("live", { exact: true }).waitFor();
  let before = await newest();
  await change(ids[0]);
  await page.waitForFunction((id) => document.querySelector(".changes > li")?.id !== id, before, { timeout: 60_000 });
  await page.getByText("live", { exact: true }).waitFor();
  await page.locator("[data-pick] input").first().check();
  before = await newest();
  const number = await all();
  await change(ids[1]);
  await page.getByText(/1 new change - Show them/).waitFor({ timeout: 60_000 });
  check("live: nothing moves under a tick", await newest() === before);
  await page.waitForFunction((was) => document.querySelector('[data-live="counts"] [aria-current] span').textContent !== was, number);
  await page.goto(`${demo.url}/`, { waitUntil: "load" });
  const card = page.locator('[data-live="verdict-hana"]');
  const title = await page.title();
  await card.evaluate((node) => { node.dataset.old = "yes"; });
  await change(ids[2]);
  await page.waitForFunction(() => !document.querySelector('[data-live="verdict-hana"]').dataset.old, null, { timeout: 60_000 });
  check("live: the title of the dashboard stays", await page.title() === title, await page.title());
  // Where something in between holds a stream back, the page asks.
  await page.route("**/events?*", (route) => {
    if (route.request().url().includes("once=yes")) return route.continue();
    return new Promise(() => {});
  });
  await page.goto(`${demo.url}/timeline/hana`, { waitUntil: "load" });
  await change(ids[4]);
  await page.getByText(/1 new change - Show them/).waitFor({ timeout: 90_000 });
  await page.unroute("**/events?*");
  // Where it lets none through, too.
  await page.route("**/events?*", (route) => (route.request().url().includes("once=yes") ? route.continue() : route.abort()));
  await page.goto(`${demo.url}/timeline/hana`, { waitUntil: "load" });
  await change(ids[3]);
  await page.getByText(/1 new change - Show them/).waitFor({ timeout: 90_000 });
  await page.getByText("not live: asked for what is new now and then").waitFor();
  await page.unroute("**/events?*");
}

export async function states(browser, axe) {
  const demo = await servers.demo();
  const places = await addresses("full", demo.url);
  places.plan = await storedPlan(browser, demo.url);
  const look = async (name, what, shape) => {
    const context = await contextOf(browser, axe, shape);
    if (shape.letters !== undefined) {
      await context.addCookies([{ name: "keys", value: shape.letters, url: demo.url }]);
    }
    const page = await watched(context, demo.url);
    await attempt(name, async () => {
      await page.goto(demo.url + what.place, { waitUntil: "load" });
      await what.act(page);
      check(`${name}: no error`, page.problems.length === 0, page.problems.join(" | "));
    });
    await context.close();
  };
  for (const [name, act] of Object.entries(keys)) {
    await look(`keys on ${name}`, { place: places[name], act }, { width: 1280, letters: "on" });
  }
  await look("letters do nothing unasked", {
    place: places["timeline-hana"],
    act: async (page) => {
      await press(page, "j", "x");
      check("keys: off by default", await page.locator("[data-pick] input:checked").count() === 0);
    },
  }, { width: 1280 });
  await look("a log that is followed", {
    place: "/status/log?follow=yes",
    act: async (page) => {
      const lines = page.locator("[data-follow] li");
      const stands = await lines.first().elementHandle();
      const before = await lines.count();
      // Something to write about.
      await page.request.get(`${demo.url}/backups/hana`);
      await page.request.post(`${demo.url}/backups/hana/new`, { form: { back: "/" }, headers: { origin: demo.url } });
      await page.waitForFunction((count) => document.querySelectorAll("[data-follow] li").length > count, before, { timeout: 60_000 });
      check("log: new lines come, and those that stand there stay", await stands.evaluate((line) => line.isConnected));
      const lost = page.locator("#toasts").getByText("Connection lost: these are the lines of");
      await page.route("**/status/log?follow=yes", (route) => route.abort());
      await lost.waitFor({ timeout: 15_000 });
      await page.unroute("**/status/log?follow=yes");
      await lost.waitFor({ state: "detached", timeout: 15_000 });
      check("log: a server that is gone is said until it is back", true);
    },
  }, { width: 1280 });
  await look("times are those of the browser", {
    place: places["backups-hana"],
    act: async (page) => {
      await page.goto(demo.url + places["backups-hana"], { waitUntil: "load" });
      // The exact moment behind each time says how far its clock is from UTC.
      const far = (offset) => page.locator(`main time[title$="${offset}"]`).count();
      check("times: of the browser from the second page on", await far("+09:00") > 0 && await far("+00:00") === 0);
      await page.getByRole("button", { name: "Show times in UTC" }).click();
      await page.getByRole("button", { name: "Show times in Asia/Tokyo" }).waitFor();
      check("times: of UTC where that is wanted", await far("+00:00") > 0 && await far("+09:00") === 0);
    },
  }, { width: 1280, timezoneId: "Asia/Tokyo" });
  await look("what is shown of a file is copied", {
    place: places["snapshot-raw"],
    act: async (page) => {
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const shown = (await page.locator("details[open] pre").allTextContents()).join("");
      await page.getByRole("button", { name: "Copy what is shown" }).click();
      await page.getByText("Copied.").waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      check("copy: it is what is shown", copied === shown && copied.startsWith("{\n"), copied.slice(0, 60));
    },
  }, { width: 1280 });
  const anilist = servers.simulatorOf(demo);
  if (anilist) {
    await look("what is open follows", { place: "/", act: (page) => follows(page, demo, anilist) }, { width: 1280 });
  }
  for (const [name, act] of Object.entries(narrow)) {
    await look(`360 px, ${name}`, { place: places[name], act }, phone);
  }
  await demo.end();
  await refused(browser, axe);
}

// What is said of something that was not taken: first of all, and with the field that it is about.
async function refused(browser, axe) {
  const world = await servers.demo();
  const anilist = servers.simulatorOf(world);
  const fresh = await servers.fresh(anilist ? { ANIREWIND_ANILIST_URL: anilist } : {});
  const { url } = fresh;
  for (const shape of [{ width: 1280, colorScheme: "light" }, { ...phone, colorScheme: "dark" }]) {
    const context = await contextOf(browser, axe, shape);
    const page = await watched(context, url);
    const says = async (name, field) => {
      await page.locator("[data-problems]").waitFor();
      check(`refused, ${name}, ${shape.width}: it is read first`, await focused(page, "[data-problems]"));
      if (field) {
        const tied = await page.locator(field).evaluate((node) => node.getAttribute("aria-invalid") === "true"
          && node.getAttribute("aria-describedby")?.split(" ").some((id) => document.getElementById(id)?.textContent.trim()));
        check(`refused, ${name}, ${shape.width}: the field says so`, tied === true);
      }
      await sound(page, `refused, ${name}, ${shape.width}`, url);
    };
    await attempt(`refused, ${shape.width}`, async () => {
      const isFirst = shape.width === 1280;
      if (isFirst) {
        await page.goto(`${url}/setup`, { waitUntil: "load" });
        const claim = async (code, password) => {
          await page.getByLabel("Setup code").fill(code);
          await page.getByLabel("Choose a password").fill(password);
          await page.getByRole("button", { name: "Set the password" }).click();
        };
        await claim("not-the-code", "correct horse battery");
        await says("a wrong code", "#code");
        await claim(fresh.code, "correct horse battery");
        await page.waitForURL((at) => at.pathname !== "/setup");
        await context.clearCookies();
      }
      await page.goto(`${url}/login`, { waitUntil: "load" });
      await page.getByLabel("Password", { exact: true }).fill("not the password");
      await page.getByRole("button", { name: "Log in" }).click();
      await says("a wrong password", "#password");
      await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForURL((at) => at.pathname !== "/login");
      await page.goto(`${url}/connect`, { waitUntil: "load" });
      await page.getByLabel("Token", { exact: true }).fill("no token of anybody");
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await says("a token that is none", "#token");
      await page.goto(`${url}/security`, { waitUntil: "load" });
      await page.getByLabel("Password as it is").fill("not the password");
      await page.getByLabel("New password", { exact: true }).fill("another horse battery");
      await page.getByRole("button", { name: "Change the password" }).click();
      await says("another password", "#current");
      await page.goto(`${url}/settings`, { waitUntil: "load" });
      await page.locator("#backup_at").fill("now and then");
      await page.locator("form:has(#backup_at) button").first().click();
      await says("a setting", "#backup_at");
    });
    await context.close();
  }
  await fresh.end();
  await world.end();
}
