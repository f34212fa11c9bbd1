// The pictures of the documentation, taken from the demo: each page once, with a list of them beside the folder,
// then those of the tour.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { vanished } from "./journeys.mjs";
import { addresses, phone, storedPlan } from "./pages.mjs";
import * as servers from "./servers.mjs";

export async function pictures(browser, folder) {
  const demo = await servers.demo();
  const fresh = await servers.fresh();
  const shot = async (page, name) => {
    await page.waitForFunction(() => [...document.images].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    }).every((image) => image.complete), null, { timeout: 10_000 }).catch(() => {});
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    console.log(`${name}.png`);
  };
  const open = async (look, act) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...look });
    const page = await context.newPage();
    const go = (where) => page.goto(where, { waitUntil: "load" });
    try {
      await act(page, go);
    } catch (error) {
      console.error(`a picture is missing: ${error.message.split("\n")[0]}`);
    }
    await context.close();
  };
  const { url } = demo;
  const all = { ...await addresses("full", url), plan: await storedPlan(browser, url) };
  const within = path.join(folder, "pages");
  mkdirSync(within, { recursive: true });
  const list = ["# Every page", "", "As the demo shows them, on a wide screen in light and on a telephone in dark, of long pages their",
    "beginning. Made by `.ci/browser/run --pictures docs/images`.", ""];
  // Two addresses of one page are one picture.
  const shown = Object.entries(all).filter(([, where], at, every) => every.findIndex(([, other]) => other === where) === at);
  const broken = await servers.broken();
  const places = [...shown.map(([name, where]) => [name, url, where]), ["setup-code", fresh.url, "/setup"],
    ["dashboard-broken", broken.url, "/"], ["backups-broken", broken.url, "/backups/hana"]];
  const headings = new Map();
  for (const [look, mark] of [[{ colorScheme: "light" }, ""], [{ ...phone, viewport: { width: phone.width, height: 800 }, colorScheme: "dark" }, "-360"]]) {
    await open(look, async (page, go) => {
      for (const [name, of, where] of places) {
        await go(of + where);
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        const { width } = page.viewportSize();
        await page.setViewportSize({ width, height: Math.min(Math.max(height, 600), 1600) });
        await page.screenshot({ path: path.join(within, `${name}${mark}.jpg`), type: "jpeg", quality: 50 });
        await page.setViewportSize({ width, height: 800 });
        headings.set(name, (await page.locator("h1").innerText()).trim());
        console.log(`pages/${name}${mark}.jpg`);
      }
    });
  }
  for (const [name, , where] of places) {
    const heading = headings.get(name);
    list.push(`## ${name}`, "", `\`${where}\``, "", `![${heading}](images/pages/${name}.jpg)`, "", `![${heading}, on a telephone](images/pages/${name}-360.jpg)`, "");
  }
  await broken.end();
  writeFileSync(path.join(folder, "..", "pages.md"), list.join("\n"));
  await open({}, async (page, go) => {
    await go(`${fresh.url}/setup`);
    await shot(page, "setup");
    await go(`${url}/`);
    await vanished(page);
    await shot(page, "dashboard");
    await go(`${url}/backups/hana`);
    await shot(page, "backups");
    await go(`${url}/timeline/hana?kind=changed`);
    const group = page.getByRole("listitem").filter({ hasText: "38 titles changed together" }).first();
    await group.evaluate((row) => row.scrollIntoView({ block: "center" }));
    await shot(page, "timeline");
    await go(`${url}/timeline/hana?kind=removed`);
    const gone = await page.locator('a[href^="/titles/hana/"]').first().getAttribute("href");
    await go(url + gone);
    await shot(page, "title");
    await go(`${url}/`);
    await (await vanished(page)).getByRole("link", { name: "Review what is missing" }).click();
    await page.waitForURL(/\/compare\//);
    await shot(page, "compare");
    await page.getByRole("button", { name: /^Select all/ }).click();
    await page.waitForURL(/all=/);
    await page.getByRole("button", { name: /^Plan: bring back selected/ }).click();
    await page.waitForURL(/\/plan\/hana\/[0-9a-z]{8}$/, { timeout: 60_000 });
    await shot(page, "plan");
    await page.getByRole("button", { name: /^Send/ }).click();
    await page.waitForURL(/\/jobs\//, { timeout: 60_000 });
    await page.getByText(/[1-9]\d* of \d+/).first().waitFor({ timeout: 60_000 });
    await page.reload({ waitUntil: "load" });
    await shot(page, "job");
  });
  await open({ colorScheme: "dark" }, async (page, go) => {
    await go(`${url}/`);
    await shot(page, "dashboard-dark");
  });
  await open({ viewport: { width: 360, height: 800 } }, async (page, go) => {
    await go(`${url}/`);
    await shot(page, "dashboard-360");
  });
  await demo.end();
  await fresh.end();
}
