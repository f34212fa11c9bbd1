// Every page, in light and dark, narrow and wide, with a full, an empty and a broken data folder.
import { gzipSync } from "node:zlib";
import { check } from "./checks.mjs";

const SPRITE = 6_000;
const STYLE = 14_000;
const SCRIPT = 12_000;
const MODULES = 3;
const HTML = 40_000;
// What Chromium calls no shift at all, of a page that has its height before scripts run.
const SHIFT = 0.001;
// A page that is read in two pieces may fill a line from the left, and be seen in between.
const PIECES = 0.01;

// A telephone: fingers, and no pointer.
export const phone = { width: 360, hasTouch: true, isMobile: true };

export const looks = [360, 1280].flatMap((width) =>
  ["light", "dark"].map((colorScheme) => ({ colorScheme, ...(width === 360 ? phone : { width }) })));

// What some set for themselves: colours of their own, letters and lines further apart, and a page four times as large,
// of which 320 px are left.
export const strict = { colorScheme: "light", width: 320, forcedColors: "active" };

export async function contextOf(browser, axe, { colorScheme, width, ...more }) {
  const context = await browser.newContext({
    colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce", ...more,
  });
  // Put in by the browser, not by the page, so the page's policy stays as strict as it is.
  await context.addInitScript({ content: axe });
  await context.addInitScript(() => {
    window.moved = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        const what = sources.map(({ node, previousRect: was, currentRect: is }) =>
          `${node?.nodeName} ${(node?.textContent ?? "").trim().slice(0, 30)} of ${node?.parentElement?.outerHTML.slice(0, 60)}, by ${is.x - was.x}, ${is.y - was.y}`);
        window.moved.push({ value, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return context;
}

const first = (html, pattern) => pattern.exec(html)?.[1];

// The addresses of a server's pages: those everybody has, and in the demo those of its story.
export async function addresses(state, url) {
  const everywhere = {
    dashboard: "/", backups: "/backups", compare: "/compare/hana", timeline: "/timeline",
    titles: "/titles", settings: "/settings", security: "/security", connect: "/connect", "setup-schedule-hana": "/setup/schedule?profile=hana", "setup-first-hana": "/setup/first/hana", "account-hana": "/settings/hana", "taking-hana": "/backups/hana/new", "taking-all": "/back-up-now",
    status: "/status", log: "/status/log", about: "/about", help: "/help/keys", api: "/api",
    nowhere: "/no-such-page",
  };
  if (state === "login") return { setup: "/setup" };
  if (state !== "full") {
    return {
      ...everywhere, "backups-hana": "/backups/hana", "trash-hana": "/backups/hana/trash",
      "timeline-hana": "/timeline/hana", "ops-hana": "/ops/hana", "plan-hana-new": "/plan/hana/new",
    };
  }
  const get = async (path) => (await fetch(url + path)).text();
  const [backups, timeline, changed, titles, ops] = await Promise.all(
    ["/backups/hana", "/timeline/hana", "/timeline/hana?kind=changed", "/titles/hana", "/ops/hana"].map(get));
  const saved = [...new Set([...backups.matchAll(/href="\/backups\/hana\/([0-9a-z]{8,})"/g)].map((found) => found[1]))];
  const found = {
    newest: saved[0], older: saved[1],
    event: first(changed, /href="\/timeline\/hana\/([0-9a-z]{8})"/),
    removed: (await (await fetch(`${url}/api/v1/changes?kind=removed&limit=1`)).json()).items[0]?.id,
    group: first(timeline, /group=([0-9a-z]{8})"/),
    title: first(titles, /href="(\/titles\/hana\/[^"]+\/\d+)"/),
    operation: first(ops, /href="\/ops\/hana\/([0-9a-z]{8})"/),
  };
  for (const [what, id] of Object.entries(found)) check(`the demo has an address of: ${what}`, Boolean(id));
  check("the demo has a change and a removal", found.event !== found.removed);
  const { newest, older, event, removed, group, title, operation } = found;
  const one = `/backups/hana/${newest}`;
  return {
    ...everywhere,
    "backups-hana": "/backups/hana",
    snapshot: one, "snapshot-changes": `${one}?view=changes`, "snapshot-raw": `${one}?view=raw`,
    keep: `${one}/keep`, delete: `${one}/delete`,
    trash: "/backups/hana/trash", "trash-all": "/trash", disconnect: "/disconnect/hana", import: "/backups/hana/import", prune: "/backups/hana/prune",
    "compare-two": `/compare/hana?from=${older}&to=${newest}`,
    "compare-live": `/compare/hana?from=${newest}&to=live`,
    "timeline-hana": "/timeline/hana", "timeline-score": "/timeline/hana?kind=changed&field=score",
    event: `/timeline/hana/${event}`, "event-removed": `/timeline/hana/${removed}`, group: `/timeline/hana?group=${group}`,
    "titles-hana": "/titles/hana", title, at: "/at/hana",
    "plan-new": "/plan/hana/new", "plan-asked": "/plan/hana/new/asked?snapshot=latest", plans: "/plan/hana",
    job: `/jobs/${operation}`, "ops-hana": "/ops/hana", op: `/ops/hana/${operation}`,
  };
}

// What no page may have, whatever it shows.
export async function sound(page, name, url) {
  const seen = await page.evaluate(async () => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    inline: document.querySelectorAll("script:not([src]), style, [style]").length
      + [...document.querySelectorAll("*")].filter((node) => [...node.attributes].some((given) => given.name.startsWith("on"))).length,
    titles: document.querySelectorAll("h1").length,
    axe: (await axe.run({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } })).violations
      .map((found) => `${found.id}: ${found.nodes.slice(0, 4).map((node) => node.target).join(", ")}`),
  }));
  check(`${name}: no sideways scrolling`, seen.wide <= 0, `${seen.wide} px too wide`);
  check(`${name}: no inline script or style`, seen.inline === 0, `${seen.inline} found`);
  check(`${name}: one h1`, seen.titles === 1, `${seen.titles} found`);
  check(`${name}: axe`, seen.axe.length === 0, seen.axe.join("; "));
  check(`${name}: asks this server alone`, page.elsewhere.length === 0, page.elsewhere.join(" "));
  check(`${name}: nothing refused, no error in the console`, page.problems.length === 0, page.problems.join(" | "));
}

// A page that remembers what it should not have done.
export async function watched(context, url) {
  const page = await context.newPage();
  page.elsewhere = [];
  page.problems = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) page.elsewhere.push(request.url());
  });
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (line) => {
    // A page that answers 404 or 500 is said there too; the status is looked at by itself.
    if (line.type() === "error" && !/Failed to load resource/.test(line.text())) page.problems.push(line.text());
  });
  page.forget = () => { page.elsewhere.length = 0; page.problems.length = 0; };
  return page;
}

// Statuses a page may have in a state, where it is not 200.
function allowed(state, name) {
  if (name === "nowhere") return [404];
  if (state === "broken") return [200, 404, 500];
  if (state === "empty" && /hana|compare/.test(name)) return [200, 404];
  return [200];
}

export async function visit(browser, axe, state, url, places, look, budgets) {
  const context = await contextOf(browser, axe, look);
  const page = await watched(context, url);
  // Once with scripts that come late, as over a slow line: the page is seen without them first.
  if (look.width === 360 && look.colorScheme === "light") {
    await context.route("**/assets/*.js*", async (route) => {
      await new Promise((done) => setTimeout(done, 150));
      await route.continue();
    });
  }
  for (const [what, path] of Object.entries(places)) {
    const name = `${what}-${state}-${look.colorScheme}-${look.width}`;
    page.forget();
    try {
      // Pages keep a stream open, so the network is never idle.
      const answer = await page.goto(url + path, { waitUntil: "load" });
      check(`${name}: status`, allowed(state, what).includes(answer.status()), String(answer.status()));
      if (state === "broken" && ["dashboard", "backups-hana"].includes(what)) {
        const words = await page.locator("main").innerText();
        check(`${name}: says that it could not be read`, /could not be read|cannot read|Cannot look/.test(words), words.slice(0, 300));
        check(`${name}: does not say that there is nothing`, !/no snapshot|Nothing saved yet|0 snapshots/.test(words), words.slice(0, 300));
      }
      await sound(page, name, url);
      if (look.hasTouch) await fingers(page, name);
      await still(page, name);
      if (budgets) budgets.set(`${what}-${state}`, await weigh(page));
      if (look.colorScheme === "dark") await longer(page, name);
    } catch (error) {
      check(name, false, error.message.split("\n")[0]);
    }
  }
  await context.close();
}

// Nothing moves while a page loads. Where it is read in two pieces is another place each time, so what moves for another
// reason moves each time, where nothing of it was kept.
async function still(page, name) {
  const said = [];
  for (let time = 0; time < 3; time += 1) {
    if (time > 0) {
      const session = await page.context().newCDPSession(page);
      await session.send("Network.clearBrowserCache");
      await page.reload({ waitUntil: "load" });
    }
    const moved = await page.evaluate(() => window.moved);
    const shift = moved.reduce((sum, one) => sum + one.value, 0);
    if (shift <= SHIFT) return check(`${name}: nothing moves while it loads`, true);
    said.push(`${shift.toFixed(4)}: ${moved.flatMap(({ what }) => what).join("; ").replaceAll("\n", " ")}`);
    if (shift > PIECES) break;
  }
  return check(`${name}: nothing moves while it loads`, false, said.join(" | "));
}

// What is pressed with a finger is as high as one.
async function fingers(page, name) {
  const low = await page.evaluate(() => [...document.querySelectorAll(
    "button, .button, select, textarea, summary, label.check, input:not([type=checkbox], [type=radio], [type=hidden])")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && one.getClientRects().length > 0 && one.getBoundingClientRect().height < 43.5)
    .map((one) => `${one.outerHTML.slice(0, 80)} ${Math.round(one.getBoundingClientRect().height)}`));
  check(`${name}: what is pressed is 44 px high`, low.length === 0, `${low.length}: ${low.slice(0, 3).join("; ")}`);
}

// For who sees a page with colours and distances of their own, four times as large: all of it can be read by going down.
export async function visitStrictly(browser, axe, state, url, places) {
  const context = await contextOf(browser, axe, strict);
  const page = await watched(context, url);
  for (const [what, path] of Object.entries(places)) {
    const name = `${what}-${state}-strict`;
    try {
      await page.goto(url + path, { waitUntil: "load" });
      const { wide, cut } = await page.evaluate(() => {
        // A sheet that the page's policy does not know of, as of the browser itself.
        const spaced = new CSSStyleSheet();
        spaced.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }");
        document.adoptedStyleSheets = [spaced];
        const cut = [...document.querySelectorAll("main button, main .button, main .badge, main h1, main h2, main td, main dd")].filter((node) =>
          node.checkVisibility() && getComputedStyle(node).overflowX === "hidden" && node.scrollWidth > node.clientWidth + 1);
        return { wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, cut: cut.slice(0, 3).map((node) => node.outerHTML.slice(0, 80)) };
      });
      check(`${name}: no sideways scrolling`, wide <= 0 && cut.length === 0, `${wide} px too wide ${cut.join("; ")}`);
    } catch (error) {
      check(name, false, error.message.split("\n")[0]);
    }
  }
  await context.close();
}

// In other languages the same is said with longer words: each becomes two fifths longer, with letters that are higher
// and lower than ours, and all of it has to be there to be read.
async function longer(page, name) {
  const { wide, cut, grown } = await page.evaluate(() => {
    const stretch = (text) => text.replaceAll(/\p{L}+/gu, (word) =>
      [...word].map((letter, at) => (at % 5 === 1 || at % 5 === 3 ? letter + "Ǻģ"[at % 2] : letter)).join(""));
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let grown = 0;
    for (let node; (node = texts.nextNode());) {
      // What is typed in a terminal, files and titles are the same in every language.
      if (node.parentElement.closest("script, pre, code, [lang]:not(html)")) continue;
      const longer = stretch(node.data);
      grown += longer.length - node.data.length;
      node.data = longer;
    }
    const cut = [...document.querySelectorAll("body *")].filter((node) => {
      const { overflowX, position, clip, clipPath } = getComputedStyle(node);
      const hidden = position === "absolute" && (clip !== "auto" || clipPath !== "none");
      return overflowX !== "visible" && overflowX !== "auto" && overflowX !== "scroll" && !hidden
        && node.checkVisibility() && node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1;
    });
    return { wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, grown, cut: cut.slice(0, 4).map((node) => node.outerHTML.slice(0, 120)) };
  });
  check(`${name}: longer words are longer`, grown > 0);
  check(`${name}: room for longer words`, wide <= 0 && cut.length === 0, `${wide} px too wide ${cut.join("; ")}`);
}

// What a page costs on the wire, and how long the server took.
async function weigh(page) {
  const { sprite, ...seen } = await page.evaluate(() => {
    const [page] = performance.getEntriesByType("navigation");
    const parts = performance.getEntriesByType("resource").filter((part) => !part.name.includes("/img/cover/"));
    const bytes = (kind) => parts.filter((part) => new URL(part.name).pathname.endsWith(kind))
      .reduce((sum, part) => sum + part.encodedBodySize, 0);
    return {
      html: page.encodedBodySize, css: bytes(".css"), js: bytes(".js"),
      modules: parts.filter((part) => new URL(part.name).pathname.endsWith(".js")).length,
      requests: 1 + parts.filter((part) => part.initiatorType !== "other" && !part.name.includes("/events")).length,
      server: Math.round(page.responseStart - page.requestStart),
      sprite: document.querySelector("svg.sprite, svg:has(> symbol)")?.outerHTML ?? "",
    };
  });
  return { ...seen, sprite: gzipSync(sprite).length };
}

export function report(budgets) {
  console.log("page                        html B   css B    js B  modules requests server ms");
  for (const [name, cost] of budgets) {
    console.log(`${name.padEnd(26)} ${[cost.html, cost.css, cost.js].map((n) => String(n).padStart(7)).join(" ")} `
      + `${String(cost.modules).padStart(8)} ${String(cost.requests).padStart(8)} ${String(cost.server).padStart(9)}`);
    check(`${name}: style within ${STYLE} bytes`, cost.css > 0 && cost.css <= STYLE, String(cost.css));
    check(`${name}: scripts within ${SCRIPT} bytes in ${MODULES}`, cost.js <= SCRIPT && cost.modules <= MODULES, `${cost.js} in ${cost.modules}`);
    check(`${name}: icons within ${SPRITE} bytes`, cost.sprite <= SPRITE, String(cost.sprite));
    check(`${name}: at most 6 requests without covers`, cost.requests <= 6, String(cost.requests));
  }
  const timeline = budgets.get("timeline-hana-full");
  if (timeline) check(`timeline: HTML within ${HTML} bytes`, timeline.html <= HTML, String(timeline.html));
}

// A plan as somebody makes it: with the form.
export async function storedPlan(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/plan/hana/new`, { waitUntil: "load" });
  await page.getByRole("button", { name: "Show the plan" }).click();
  await page.waitForURL(/\/plan\/hana\/[0-9a-z]{8}$/, { timeout: 60_000 });
  const made = new URL(page.url()).pathname;
  await context.close();
  return made;
}
