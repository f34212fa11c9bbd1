// What people come for, from the first click to the report: with a mouse, with the keyboard alone,
// without JavaScript, and on a narrow screen.
import { attempt, check } from "./checks.mjs";
import { contextOf, sound, watched } from "./pages.mjs";
import * as servers from "./servers.mjs";

// AniList allows the demo 30 requests a minute, so an act takes its time.
const PATIENCE = 120_000;

const ways = {
  mouse: { width: 1280 },
  keyboard: { width: 1280, keyboard: true },
  "no-script": { width: 1280, javaScriptEnabled: false },
  narrow: { width: 360, colorScheme: "dark" },
};

// Somebody at a page, who goes on in one way only.
class Person {
  constructor(page, way) {
    Object.assign(this, { page, way, steps: 0 });
  }

  async open(url) {
    // A page that loads itself again when something has ended may be quicker.
    await this.page.goto(url, { waitUntil: "load" }).catch((error) => {
      if (!/interrupted by another navigation/.test(error.message)) throw error;
      return this.page.goto(url, { waitUntil: "load" });
    });
  }

  // Presses a link or a button; counts as one click.
  async press(role, name, { within = this.page, first = false } = {}) {
    let thing = within.getByRole(role, { name });
    if (first) thing = thing.first();
    await thing.waitFor({ timeout: 30_000 });
    this.steps += 1;
    if (!this.way.keyboard) {
      await settle(thing);
      return thing.click();
    }
    await this.reach(thing);
    await this.page.keyboard.press("Enter");
  }

  // To a place of the menu, which has to be opened first where there is little room.
  async go(name) {
    const menu = this.page.locator("details.site > summary");
    if (await menu.isVisible()) {
      this.steps += 1;
      await menu.click();
    }
    await this.press("link", name, { within: this.page.getByRole("navigation", { name: "Pages" }) });
  }

  async tick(name, { within = this.page, is = true } = {}) {
    const box = within.getByRole("checkbox", { name }).first();
    await box.waitFor();
    this.steps += 1;
    if (!this.way.keyboard) return box.setChecked(is);
    await this.reach(box);
    await this.page.keyboard.press("Space");
  }

  async write(label, text) {
    const field = this.page.getByLabel(label, { exact: true });
    if (!this.way.keyboard) return field.fill(text);
    await this.reach(field);
    await this.page.keyboard.type(text);
  }

  // Goes on with Tab until the thing has the focus, and looks whether that can be seen.
  async reach(thing) {
    const handle = await thing.elementHandle();
    for (let presses = 0; presses < 600; presses += 1) {
      const seen = await handle.evaluate((node) => {
        if (node !== document.activeElement) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(node);
        return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
      });
      if (seen === true) return;
      if (seen === false && presses > 0) throw new Error("the focus cannot be seen");
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`no way to ${await thing.innerText()} with Tab`);
  }

  // Loads the page again until it says this.
  async reload(words) {
    const found = this.page.locator("main").getByText(words).first();
    for (const until = Date.now() + PATIENCE; Date.now() < until;) {
      if (await found.isVisible()) return;
      await new Promise((done) => setTimeout(done, 1_000));
      await this.page.reload({ waitUntil: "load" });
    }
    throw new Error(`the page never says ${words}`);
  }

  // Waits for words on a page. Without scripts the page does not follow by itself, so it is loaded again.
  async read(words, within = this.page.locator("main")) {
    const found = within.getByText(words).first();
    if (this.way.javaScriptEnabled !== false) return found.waitFor({ timeout: PATIENCE });
    for (const until = Date.now() + PATIENCE; Date.now() < until;) {
      if (await found.isVisible()) return;
      await new Promise((done) => setTimeout(done, 1_000));
      await this.page.reload({ waitUntil: "load" });
    }
    throw new Error(`the page never says ${words}`);
  }

  // Where AniList takes its time a page says so first. With scripts it leads on by itself, without them a link
  // does.
  async arrive(pattern) {
    if (this.way.javaScriptEnabled !== false) {
      return this.page.waitForURL(pattern, { timeout: PATIENCE, waitUntil: "load" });
    }
    const look = this.page.getByRole("link", { name: "Check progress" });
    for (const until = Date.now() + PATIENCE; Date.now() < until;) {
      await this.page.waitForLoadState("load");
      if (pattern.test(this.page.url())) return;
      if (await look.isVisible()) await look.click();
      await new Promise((done) => setTimeout(done, 1_000));
    }
    throw new Error(`${this.page.url()} never leads to ${pattern}`);
  }
}

// Rows far away are laid out only when they come near, so a long page moves when it is scrolled.
async function settle(thing) {
  let before;
  for (let turns = 0; turns < 50; turns += 1) {
    await thing.scrollIntoViewIfNeeded();
    const now = JSON.stringify(await thing.boundingBox());
    if (now === before) return;
    before = now;
    await new Promise((done) => setTimeout(done, 100));
  }
}

const PLAN = /\/plan\/[^/]+\/[0-9a-z]{8}$/;
const JOB = /\/jobs\/[0-9a-z]{8}$/;

// The plan is on the screen: sends it and waits until it says what came of it.
async function send(person, button) {
  await person.arrive(PLAN);
  await person.press("button", button);
  await person.arrive(JOB);
  await person.read(/verified/i);
}

// (a) A fresh installation: the code, a password, an account, the first snapshot.
async function install(person, { url, code, token }) {
  await person.open(url);
  await person.arrive(/\/setup$/);
  await person.write("Setup code", code);
  await person.write("Choose a password", "correct horse battery");
  await person.press("button", "Set the password");
  await person.page.waitForURL((at) => at.pathname !== "/setup");
  if (!token) return;
  await person.press("link", "Connect AniList");
  await person.arrive(/\/connect$/);
  await person.write("Token", token);
  await person.press("button", "Connect");
  await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
  await person.open(`${url}/`);
  for (const until = Date.now() + PATIENCE; Date.now() < until;) {
    if (await person.page.getByText(/Last good snapshot/).first().isVisible()) return;
    await new Promise((done) => setTimeout(done, 1_000));
    await person.page.reload({ waitUntil: "load" });
  }
  throw new Error("no snapshot was taken");
}

// Without a token: the public list of a user is kept, and nothing leads to a plan that would be refused.
async function unsigned(person, { url }) {
  await person.open(`${url}/connect`);
  await person.write("User name on AniList", "hana");
  await person.press("button", "Read the public list");
  await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
  await person.open(`${url}/`);
  await person.reload(/Last good snapshot/);
  await person.read(/Public list only/);
  for (const path of ["/", "/backups/hana", "/timeline/hana"]) {
    await person.open(url + path);
    const ways = person.page.locator('main a[href*="/plan/"]:visible, main form[action*="/plan/"] button:visible');
    check(`unsigned: nothing leads to a plan on ${path}`, await ways.count() === 0);
  }
  await person.press("link", "Connect AniList");
  await person.arrive(/\/connect\/hana$/);
}

// (b) A program set 38 scores to zero.
async function scores(person, { url }) {
  await person.open(`${url}/`);
  await person.go("Timeline");
  await person.arrive(/\/timeline/);
  const row = person.page.getByRole("listitem").filter({ hasText: "38 titles changed together" }).first();
  await person.press("button", /Undo group/, { within: row });
  await send(person, /Send 38 changes/);
  check("38 scores: at most 5 clicks from the dashboard", person.steps <= 5, String(person.steps));
}

// (c) The list was wiped: from the alarm through the comparison to the report.
async function wiped(person, { url }) {
  await person.open(`${url}/`);
  // The server takes a snapshot when it starts, and that one finds it.
  const alarm = await vanished(person.page);
  await person.press("link", "Review what is missing", { within: alarm });
  await person.arrive(/\/compare\//);
  await person.press("button", "Plan: bring back what is ticked");
  await person.arrive(PLAN);
  // One or two of them may be back already: another journey of the same demo brings back single titles.
  await person.page.getByRole("listitem").filter({ hasText: /1(18|19|20)\s*add back/ }).waitFor();
  await send(person, /^Send/);
}

export async function vanished(page) {
  const alarm = page.locator(".banner").filter({ hasText: "titles vanished together" }).first();
  for (const until = Date.now() + PATIENCE; !(await alarm.isVisible());) {
    if (Date.now() > until) throw new Error("the wipe raised no alarm");
    await new Promise((done) => setTimeout(done, 1_000));
    await page.reload({ waitUntil: "load" });
  }
  return alarm;
}

// (d) One title that is gone comes back.
async function title(person, { url, gone }) {
  await person.open(`${url}${gone}`);
  await person.press("button", /Put this state back/, { first: true });
  await send(person, /Send 1 change/);
  await person.open(`${url}${gone}`);
  await person.page.getByRole("heading", { name: /^Now/ }).waitFor();
}

// (e) One field goes back although the episodes went on: a score is changed, then an episode is watched,
// and only the score is taken back.
async function field(person, { url, anilist, moved }) {
  const id = Number(/(\d+)$/.exec(moved)[1]);
  const now = async () => (await (await fetch(`${url}/api/v1/titles/${id}`)).json()).now;
  const before = await now();
  const [score, progress] = [before.scoreRaw ?? 0, before.progress ?? 0];
  const other = score === 35 ? 45 : 35;
  await servers.save(anilist, { mediaId: id, scoreRaw: other });
  await servers.look(url);
  await servers.save(anilist, { mediaId: id, progress: progress + 1 });
  await servers.look(url);
  await person.open(`${url}/timeline/hana?kind=changed&field=score`);
  await person.press("link", /^Undo…/, { first: true });
  await person.page.locator("#undo").waitFor();
  // What is not part of the change is shown and cannot be ticked.
  await person.read("not part of this change");
  await person.press("button", /^Put score back to/);
  await person.read(/done, and read back|verified/i, person.page.locator("body"));
  const after = await now();
  if ((after.scoreRaw ?? 0) !== score || after.progress !== progress + 1) {
    throw new Error(`score ${after.scoreRaw} for ${score}, progress ${after.progress} for ${progress + 1}`);
  }
}

// The same in a plan: of a title of which score and episodes changed, the score goes back and the tick at
// the episodes is taken away.
async function picked(person, { url, anilist, moved, snapshot }) {
  const id = Number(/(\d+)$/.exec(moved)[1]);
  const now = async () => (await (await fetch(`${url}/api/v1/titles/${id}`)).json()).now;
  const before = await now();
  const progress = (before.progress ?? 0) + 1;
  await servers.save(anilist, { mediaId: id, scoreRaw: before.scoreRaw === 35 ? 45 : 35, progress });
  await servers.look(url);
  const chosen = new URLSearchParams({ snapshot, prefer: "snapshot", title: `ANIME:${id}` });
  await person.open(`${url}/plan/hana/new?${chosen}`);
  await person.press("button", "Show the plan");
  await person.arrive(PLAN);
  await person.tick(/^Episode of/, { is: false });
  await person.press("button", "Update plan", { first: true });
  await person.read(/left as you wish: progress/);
  await send(person, /Send 1 change/);
  const after = await now();
  if (after.progress !== progress) throw new Error(`progress ${after.progress} for ${progress}`);
}

// (g) The token ran out overnight: the dashboard says so, and the account is connected again from there.
export async function expired(browser, axe) {
  const world = await servers.demo();
  const anilist = servers.simulatorOf(world);
  if (!anilist) {
    console.log("  the token: skipped, the demo's AniList cannot be found on this system");
    return;
  }
  for (const way of ["mouse", "keyboard", "no-script", "narrow"]) {
    const door = await servers.doorTo(anilist);
    const data = servers.folder("expired");
    const settings = { ANIREWIND_LOGIN: "off", ANIREWIND_ANILIST_URL: door.url };
    let server = await servers.start(["--data-dir", data], settings);
    await go(browser, axe, server.url, "the token ran out", way, async (person) => {
      await person.open(`${server.url}/connect`);
      await person.write("Token", servers.demoToken);
      await person.press("button", "Connect");
      await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
      await person.open(`${server.url}/`);
      await person.reload(/Last good snapshot/);
      // The night: AniList no longer takes the token, and the next snapshot is due.
      door.close();
      const port = new URL(server.url).port;
      await server.end();
      server = await servers.start(["--data-dir", data, "--listen", `127.0.0.1:${port}`], settings);
      await person.open(`${server.url}/`);
      await person.reload(/not connected/i);
      // What was kept is still there.
      await person.read(/Last good snapshot/);
      door.open();
      await person.open(`${server.url}/connect`);
      await person.write("Token", servers.demoToken);
      await person.press("button", "Connect");
      await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
      await person.open(`${server.url}/`);
      await person.reload(/is protected/);
    });
    await server.end();
    await door.end();
  }
  await world.end();
}

// AniList does not answer for a while: whoever asked for a plan is told at once, and is led to it later.
export async function slow(browser, axe) {
  const world = await servers.demo();
  const anilist = servers.simulatorOf(world);
  if (!anilist) {
    console.log("  a slow AniList: skipped, the demo's AniList cannot be found on this system");
    return;
  }
  const door = await servers.doorTo(anilist);
  const settings = { ANIREWIND_LOGIN: "off", ANIREWIND_ANILIST_URL: door.url, ANIREWIND_WATCH_INTERVAL: "0" };
  const server = await servers.start(["--data-dir", servers.folder("slow")], settings);
  let isConnected = false;
  for (const way of ["mouse", "keyboard", "no-script", "narrow"]) {
    await go(browser, axe, server.url, "a slow AniList", way, async (person) => {
      if (!isConnected) {
        await person.open(`${server.url}/connect`);
        await person.write("Token", servers.demoToken);
        await person.press("button", "Connect");
        await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
        await person.open(`${server.url}/`);
        await person.reload(/Last good snapshot/);
        isConnected = true;
      }
      door.hold();
      await person.open(`${server.url}/plan/hana/new`);
      await person.press("button", "Show the plan");
      await person.page.waitForURL(/\/plan\/hana\/new\/asked/, { timeout: 20_000 });
      await person.page.getByText("The plan is being made").waitFor();
      if (way !== "no-script") await sound(person.page, `a plan that is waited for, ${way}`, server.url);
      door.letGo();
      await person.arrive(PLAN);
      await person.read(/Your list already matches/);
    });
    door.letGo();
  }
  await server.end();
  await door.end();
  await world.end();
}

// A snapshot is kept with a note, let go, deleted, and brought back from the trash.
export async function curated(person, { url, snapshot }) {
  const one = `${url}/backups/hana/${snapshot}`;
  await person.open(`${one}/keep`);
  await person.write("What you want to remember about it", "before the move");
  await person.press("button", "Save the note");
  await person.read(/before the move/);
  await person.open(`${one}/keep`);
  await person.press("button", "Keep this snapshot");
  await person.page.waitForURL((at) => !at.pathname.endsWith("/keep"));
  await person.open(`${one}/delete`);
  await person.read("This snapshot cannot be deleted");
  await person.press("link", "Stop keeping it first");
  await person.press("button", "Stop keeping");
  await person.page.waitForURL((at) => !at.pathname.endsWith("/keep"));
  await person.open(`${one}/delete`);
  await person.press("button", "Delete this snapshot");
  await person.page.waitForURL((at) => !at.pathname.endsWith("/delete"));
  await person.open(`${url}/backups/hana/trash`);
  await person.press("button", /^Bring back/, { first: true });
  await person.page.locator("#said").waitFor();
  await person.open(one);
  await person.read(/verified|automatic/);
}

// Titles of the demo that fit (d) and (e).
export async function fitting(url) {
  const get = async (path) => (await fetch(url + path)).text();
  const removed = await get("/timeline/hana?kind=removed");
  const gone = [...new Set([...removed.matchAll(/href="(\/titles\/hana\/[^"]+\/\d+)"/g)].map((found) => found[1]))];
  const watched = await get("/timeline/hana?kind=changed&field=progress");
  const moved = [...new Set([...watched.matchAll(/href="(\/titles\/hana\/[^"]+\/\d+)"/g)].map((found) => found[1]))];
  const backups = await get("/backups/hana");
  const saved = [...new Set([...backups.matchAll(/href="\/backups\/hana\/([0-9a-z]{8,})"/g)].map((found) => found[1]))];
  return { gone, moved, saved };
}

// (f) The server dies in the middle of a restore and goes on when it is started again.
export async function killed(browser, axe) {
  const world = await servers.demo();
  const anilist = servers.simulatorOf(world);
  if (!anilist) {
    console.log("  kill: skipped, the demo's AniList cannot be found on this system");
    return;
  }
  const data = servers.folder("killed");
  const settings = { ANIREWIND_LOGIN: "off", ANIREWIND_ANILIST_URL: anilist };
  await attempt("kill: -9 in the middle of a restore, then a restart", async () => {
    let server = await servers.start(["--data-dir", data], settings);
    const context = await contextOf(browser, axe, ways.mouse);
    const person = new Person(await watched(context, server.url), ways.mouse);
    await person.open(`${server.url}/connect`);
    await person.write("Token", servers.demoToken);
    await person.press("button", "Connect");
    await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
    // The demo's own folder has the story; this server has only what it can see itself. It brings in a
    // snapshot from before the wipe and restores that.
    const backups = await (await fetch(`${world.url}/backups/hana`)).text();
    // Not the newest: that one may be the wiped list already.
    const id = [...new Set([...backups.matchAll(/href="\/backups\/hana\/([0-9a-z]{8,})"/g)].map((found) => found[1]))][1];
    const file = Buffer.from(await (await fetch(`${world.url}/backups/hana/${id}/download?as=json`)).arrayBuffer());
    for (const until = Date.now() + PATIENCE; ;) {
      if ((await fetch(`${server.url}/backups/hana`)).ok && /Restore…/.test(await (await fetch(`${server.url}/backups/hana`)).text())) break;
      if (Date.now() > until) throw new Error("the first snapshot was never taken");
      await new Promise((done) => setTimeout(done, 1_000));
    }
    await person.open(`${server.url}/backups/hana/import`);
    await person.page.locator('input[type="file"]').setInputFiles({ name: "plexanibridge-hana.20200101000000.json", mimeType: "application/json", buffer: file });
    await person.press("button", "Look at the files");
    await person.press("button", /^Save 1 file/);
    await person.page.waitForURL(/\/backups\/hana/);
    const listed = await (await fetch(`${server.url}/backups/hana`)).text();
    const all = [...new Set([...listed.matchAll(/href="\/backups\/hana\/([0-9a-z]{8,})"/g)].map((found) => found[1]))];
    await person.open(`${server.url}/plan/hana/new?snapshot=${all.at(-1)}`);
    await person.press("button", "Show the plan");
    await person.arrive(PLAN);
    await person.press("button", /^Send/);
    await person.arrive(JOB);
    await person.read(/[1-9]\d* of \d+/);
    const job = new URL(person.page.url()).pathname;
    await server.end("SIGKILL");
    server = await servers.start(["--data-dir", data], settings);
    await person.open(server.url + job);
    // It goes on by itself.
    await person.read(/verified/i).catch(async (error) => {
      throw new Error(`${error.message.split("\n")[0]} - shown: ${(await person.page.locator("main").innerText()).slice(0, 600).replaceAll("\n", " / ")}`);
    });
    await context.close();
    await server.end();
  });
  await world.end();
}

export async function go(browser, axe, url, name, wayName, journey, given) {
  const way = ways[wayName];
  await attempt(`${name}, ${wayName}`, async () => {
    const { keyboard, ...look } = way;
    const context = await contextOf(browser, axe, look);
    const page = await watched(context, url);
    const person = new Person(page, way);
    try {
      await journey(person, given);
      if (way.javaScriptEnabled !== false) {
        // A page that follows the job loads itself once more at the end.
        await page.waitForLoadState("load");
        await sound(page, `the end of ${name}, ${wayName}`, url);
      }
    } catch (error) {
      const shown = await page.locator("main").innerText().catch(() => "nothing");
      throw new Error(`at ${page.url()}: ${error.message.split("\n")[0]} - shown: ${shown.slice(0, 600).replaceAll("\n", " / ")}`);
    } finally {
      await context.close();
    }
  });
}

export async function journeys(browser, axe) {
  // A demo for each pair of ways, as an act waits for AniList and not for this machine.
  const first = async () => {
    const { end, ...demo } = await servers.demo();
    const { gone, moved, saved } = await fitting(demo.url);
    await go(browser, axe, demo.url, "one title", "keyboard", title, { ...demo, gone: gone[0] });
    await go(browser, axe, demo.url, "one title", "no-script", title, { ...demo, gone: gone[1] });
    const anilist = servers.simulatorOf(demo);
    if (anilist) {
      const given = { ...demo, anilist, snapshot: saved[0] };
      for (const [at, way] of ["mouse", "keyboard", "no-script", "narrow"].entries()) {
        await go(browser, axe, demo.url, "one field", way, field, { ...given, moved: moved[at] });
        await go(browser, axe, demo.url, "one field of a plan", way, picked, { ...given, moved: moved[at + 4] });
      }
    } else {
      console.log("  one field: skipped, the demo's AniList cannot be found on this system");
    }
    await go(browser, axe, demo.url, "keep, note, delete", "no-script", curated, { ...demo, snapshot: saved.at(-1) });
    await go(browser, axe, demo.url, "keep, note, delete", "keyboard", curated, { ...demo, snapshot: saved.at(-2) });
    await go(browser, axe, demo.url, "38 scores", "keyboard", scores, demo);
    await go(browser, axe, demo.url, "the wipe", "no-script", wiped, demo);
    await end();
  };
  const second = async () => {
    const { end, ...demo } = await servers.demo();
    const anilist = servers.simulatorOf(demo);
    const settings = anilist ? { ANIREWIND_ANILIST_URL: anilist } : {};
    for (const way of ["keyboard", "no-script", "narrow"]) {
      const fresh = await servers.fresh(settings);
      await go(browser, axe, fresh.url, anilist ? "fresh install" : "fresh install without AniList", way, install,
        { ...fresh, token: anilist ? servers.demoToken : null });
      await fresh.end();
    }
    if (anilist) {
      const own = await servers.start(["--data-dir", servers.folder("unsigned")], { ...settings, ANIREWIND_LOGIN: "off" });
      await go(browser, axe, own.url, "without a token", "narrow", unsigned, own);
      await own.end();
    } else {
      check("without a token", false, "the demo's AniList was not found");
    }
    await go(browser, axe, demo.url, "38 scores", "narrow", scores, demo);
    await go(browser, axe, demo.url, "the wipe", "mouse", wiped, demo);
    await end();
  };
  const third = async () => {
    await killed(browser, axe);
    await expired(browser, axe);
    await slow(browser, axe);
  };
  await Promise.all([first, second, third].map((some) => some().catch((error) => check("journeys", false, error.message))));
}
