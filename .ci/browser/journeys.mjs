// What people come for, from the first click to the report: with a mouse, with the keyboard alone,
// without JavaScript, and on a narrow screen.
import { attempt, check } from "./checks.mjs";
import { contextOf, phone, sound, watched } from "./pages.mjs";
import * as servers from "./servers.mjs";

// AniList allows the demo 30 requests a minute, so an act takes its time.
const PATIENCE = 120_000;

const ways = {
  mouse: { width: 1280 },
  keyboard: { width: 1280, keyboard: true },
  "no-script": { width: 1280, javaScriptEnabled: false },
  narrow: { ...phone, colorScheme: "dark" },
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

  // Opens the parts of a page that are folded where there is little room.
  async unfold() {
    const folded = this.page.locator("details.fold:not([open]) > summary:visible").first();
    while (await folded.isVisible()) {
      this.steps += 1;
      await folded.click();
    }
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
    // What is live may be another by the time that it is there.
    const is = await thing.scrollIntoViewIfNeeded().then(() => true, () => false);
    const now = is ? JSON.stringify(await thing.boundingBox()) : undefined;
    if (is && now === before) return;
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
  const began = Date.now();
  await person.open(url);
  await person.arrive(/\/setup$/);
  await person.write("Setup code", code);
  await person.write("Choose a password", "correct horse battery");
  if (person.way.javaScriptEnabled !== false) {
    const type = () => person.page.locator("#password").getAttribute("type");
    await person.press("button", "Show the password");
    check("a password is shown to who wants to see it", await type() === "text");
    await person.press("button", "Hide the password");
    check("and hidden again", await type() === "password");
  } else check("nothing shows a password without scripts", !(await person.page.getByText("Show the password").isVisible()));
  await person.press("button", "Set the password");
  await person.arrive(/\/connect$/);
  if (!token) return;
  // AniList brings the token back behind the #, where no server sees it. Without scripts it is pasted.
  if (person.way.javaScriptEnabled !== false) {
    await person.open(`${url}/about`);
    await person.open(`${url}/connect#access_token=${token}&token_type=Bearer&expires_in=31536000`);
    await person.page.waitForURL(`${url}/connect`);
    const brought = await person.page.getByLabel("Token", { exact: true }).inputValue();
    check("the token that AniList brings back is in its field, and no longer in the address", brought === token);
  } else await person.write("Token", token);
  await person.press("button", "Connect");
  await person.arrive(/\/setup\/schedule/);
  await person.read(/Connected as hana/);
  await person.press("button", "Save and go on");
  await person.arrive(/\/setup\/first\/hana$/);
  await person.read(/\d+ anime and \d+ manga are safe/);
  await person.press("link", "To the dashboard");
  await person.read(/is protected/);
  console.log(`  a fresh installation has its first snapshot after ${Math.round((Date.now() - began) / 1000)} s`);
}

// An account is connected, or connected again, and has a snapshot.
async function connect(person, url) {
  await person.open(`${url}/connect`);
  await person.write("Token", servers.demoToken);
  await person.press("button", "Connect");
  await person.page.waitForURL((at) => at.pathname !== "/connect", { timeout: PATIENCE });
  await person.open(`${url}/`);
  await person.reload(/Last good snapshot/);
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
  await person.press("button", /^Undo \d+ changes…$/, { within: row });
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
  await person.press("button", /^Select all \d+ shown$/);
  await person.page.waitForURL(/all=/);
  if (!person.way.keyboard) await ticked(person);
  await person.press("button", /^Plan: bring back selected/);
  await person.arrive(PLAN);
  // One or two of them may be back already: another journey of the same demo brings back single titles.
  await person.page.getByRole("listitem").filter({ hasText: /1(18|19|20)\s*add back/ }).waitFor();
  await send(person, /^Send/);
}

// One is unticked, which stays so on the next page and the way back; then it is ticked again.
async function ticked(person) {
  const { page } = person;
  const boxes = page.locator("[data-pick] input[type=checkbox]");
  const all = Number(/\d+/.exec(await page.getByRole("button", { name: /^Select all/ }).innerText())[0]);
  const counts = async (number, when) => {
    if (person.way.javaScriptEnabled === false) return;
    const words = await page.getByRole("button", { name: /^Plan: bring back selected/ }).innerText();
    check(`the button counts what is ticked ${when}`, words.includes(`(${number})`), words);
  };
  await counts(all, "as a whole");
  await boxes.first().uncheck();
  await counts(all - 1, "less one");
  await person.press("button", "Next page");
  await page.waitForURL(/below=100/);
  await counts(all - 1, "on the next page");
  await person.press("button", "Previous page");
  await page.waitForURL((url) => !url.search.includes("below="));
  check("a tick that was taken away stays away", !(await boxes.first().isChecked()));
  await boxes.first().check();
  await counts(all, "again");
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

// (d) One title that is gone comes back, with its notes and custom lists and all else that it had.
async function title(person, { url, gone }) {
  const id = Number(/(\d+)$/.exec(gone)[1]);
  const { items } = await (await fetch(`${url}/api/v1/changes?kind=removed&limit=200`)).json();
  const { before } = items.find((one) => one.mediaId === id);
  await person.open(`${url}${gone}`);
  await person.press("button", /Put this state back/, { first: true });
  await send(person, /Send 1 change/);
  await person.open(`${url}${gone}`);
  await person.page.getByRole("heading", { name: /^Now/ }).waitFor();
  const { now } = await (await fetch(`${url}/api/v1/titles/${id}`)).json();
  const lost = Object.keys(before).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]));
  check("one title: all that it had is back", lost.length === 0, lost.map((key) => `${key} ${JSON.stringify(before[key])}, now ${JSON.stringify(now[key])}`).join("; "));
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
  const change = person.page.locator("ul.changes > li").filter({ has: person.page.locator('a[href*="#undo"]') }).first();
  // Where there is little room, what can be done with a change is behind its second line.
  if (person.way.width === 360) await change.locator("summary").first().click();
  await person.press("link", /^Undo…/, { within: change });
  await person.page.locator("#undo").waitFor();
  // What is not part of the change is shown and cannot be ticked.
  await person.read("not part of this change");
  await person.press("button", /^(Put score back to|Clear score)/);
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
  await person.unfold();
  await person.tick(/^Episode of/, { is: false });
  await person.press("button", "Update plan", { first: true });
  await person.read("The plan is as ticked now");
  await person.unfold();
  await person.read(/left as you wish: (episode|chapter)/);
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
      await connect(person, server.url);
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
      await connect(person, server.url);
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
        await connect(person, server.url);
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

// Somebody looks around: numbers and news of what is chosen, a change as JSON, the way back, whose clocks are shown,
// and ages that go on by themselves.
async function around(person, { url }) {
  const { page, way } = person;
  const isScripted = way.javaScriptEnabled !== false;
  const chosen = `${url}/timeline/hana?kind=changed&field=progress`;
  await person.open(chosen);
  await person.read(/^[\d,]+ of [\d,]+ changes match what is chosen\.$/);
  const row = page.locator("ul.changes > li").filter({ has: page.locator('a[href*="#undo"]') })
    .filter({ hasText: "Its own page" }).first();
  const open = async (words) => {
    const summary = row.locator("summary").filter({ hasText: words }).first();
    await settle(summary);
    await summary.click();
  };
  await open("More");
  await open("Raw, before and after");
  const raw = row.locator("pre").last();
  await raw.waitFor();
  if (isScripted) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
    await person.press("button", "Copy what was after", { within: row });
    await page.getByText("Copied.").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    check(`what was copied is what stands there, ${way.width}`, copied === await raw.textContent());
  }
  await person.press("link", /^Undo…/, { within: row });
  await page.locator("#undo").waitFor();
  await person.press("link", "Timeline", { within: page.getByRole("navigation", { name: "Breadcrumb" }) });
  // The way back keeps what was chosen.
  await page.waitForURL(chosen, { waitUntil: "load" });
  await person.open(`${url}/backups/hana`);
  const foot = page.getByRole("contentinfo");
  // The exact moment behind each time says how far its clock is from UTC.
  const far = (offset) => page.locator(`main time[title$="${offset}"]`).count();
  await person.read("Times are in Asia/Tokyo", foot);
  check("times are those of the browser", await far("+09:00") > 0 && await far("+00:00") === 0);
  await person.press("button", "Show times in UTC");
  await person.read("Times are in UTC", foot);
  check("no time of the other zone is left", await far("+00:00") > 0 && await far("+09:00") === 0);
  await person.press("button", "Show times in Asia/Tokyo");
  await person.read("Times are in Asia/Tokyo", foot);
  if (!isScripted) return;
  // A page of its own: this one's clock is turned.
  const other = await page.context().newPage();
  await other.clock.install();
  await other.goto(`${url}/backups/hana`, { waitUntil: "load" });
  const age = other.locator("td [data-ago], td[data-ago]").first();
  const before = await age.textContent();
  // So far that it is another age in minutes, hours and days.
  await other.clock.fastForward("26:00:00");
  const after = await age.textContent();
  check("ages go on by themselves", before !== after, `${before}, then ${after}`);
  await other.close();
}

// AniList asks for a pause in the middle of a job: its page says how long it takes, and counts that down by itself.
export async function paused(browser, axe) {
  const world = await servers.demo();
  const anilist = servers.simulatorOf(world);
  if (!anilist) {
    console.log("  a pause: skipped, the demo's AniList cannot be found on this system");
    return;
  }
  const door = await servers.doorTo(anilist);
  const settings = { ANIREWIND_LOGIN: "off", ANIREWIND_ANILIST_URL: door.url, ANIREWIND_WATCH_INTERVAL: "0" };
  const server = await servers.start(["--data-dir", servers.folder("paused")], settings);
  let isConnected = false;
  for (const [number, way] of ["mouse", "no-script", "narrow"].entries()) {
    await go(browser, axe, server.url, "a pause", way, async (person) => {
      if (!isConnected) {
        await connect(person, server.url);
        isConnected = true;
      }
      // Another title each time: what a restore wrote is left alone by the next one.
      const { items } = await (await fetch(`${server.url}/api/v1/snapshots/latest/entries?limit=3`)).json();
      const { mediaId, scoreRaw } = items[number];
      await servers.save(anilist, { mediaId, scoreRaw: scoreRaw === 35 ? 45 : 35 });
      door.pause(15);
      await person.open(`${server.url}/plan/hana/new?snapshot=latest&prefer=snapshot`);
      await person.press("button", "Show the plan");
      await person.arrive(PLAN);
      await person.press("button", /^Send/);
      await person.arrive(JOB);
      await person.read("AniList asked for a pause.");
      const isPlain = way === "no-script";
      await person.read(isPlain ? /It goes on at \d{4}-/ : /Continuing in \d+:\d\d\./);
      if (!isPlain) {
        const left = () => person.page.locator("[data-left]").innerText();
        const before = await left();
        await new Promise((done) => setTimeout(done, 2_500));
        const after = await left();
        check(`a pause, ${way}: the time is counted down`, after < before, `${before}, then ${after}`);
        const moved = await person.page.evaluate(() => window.moved.reduce((sum, one) => sum + one.value, 0));
        check(`a pause, ${way}: nothing moves`, moved <= 0.001, String(moved));
      }
      await person.read(/verified/i);
      if (!isPlain) await toasts(person, server.url);
    });
  }
  await server.end();
  await door.end();
  await world.end();
}

// A short word stays while it says that something went wrong, and goes when it is dismissed; three at most.
async function toasts(person, url) {
  await person.open(`${url}/status`);
  await person.page.getByText("Report for whoever helps you").click();
  const said = person.page.locator("#toasts .toast");
  for (let turns = 0; turns < 5; turns += 1) await person.press("button", "Copy report");
  await said.first().waitFor();
  check("toasts: three at most", await said.count() === 3, String(await said.count()));
  await person.press("button", "Dismiss", { first: true });
  check("toasts: one is dismissed", await said.count() === 2, String(await said.count()));
  // What was said on a page that opens further down is said there as well, with the way on.
  await person.page.context().addCookies([{ name: "said", value: "!|No|%2Fstatus|See%20the%20status||", url }]);
  await person.open(`${url}/settings#anilist`);
  await said.getByRole("link", { name: "See the status" }).waitFor();
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
  // Of what is gone first what had the most that is easily lost.
  const { items } = JSON.parse(await get("/api/v1/changes?kind=removed&limit=200"));
  const rich = ({ before }) => [before.notes, before.customLists, before.advancedScores].filter(Boolean).length;
  const gone = items.sort((a, b) => rich(b) - rich(a)).map((one) => `/titles/hana/${one.type.toLowerCase()}/${one.mediaId}`);
  const watched = await get("/timeline/hana?kind=changed&field=progress");
  const moved = [...new Set([...watched.matchAll(/href="(\/titles\/hana\/[^"]+\/\d+)"/g)].map((found) => found[1]))];
  const backups = await get("/backups/hana");
  return { gone, moved, saved: saved(backups) };
}

// (f) The server dies in the middle of a restore and goes on when it is started again.
export async function killed(browser, axe, wayNames) {
  for (const wayName of wayNames) {
    const world = await servers.demo();
    const anilist = servers.simulatorOf(world);
    if (!anilist) {
      console.log("  kill: skipped, the demo's AniList cannot be found on this system");
      await world.end();
      return;
    }
    const data = servers.folder("killed");
    const settings = { ANIREWIND_LOGIN: "off", ANIREWIND_ANILIST_URL: anilist };
    let server = await servers.start(["--data-dir", data], settings);
    const { url } = server;
    // The demo's own folder has the story; this server has only what it can see itself. It is given a
    // snapshot from before the wipe: not the newest, which may be of the wiped list already.
    const id = saved(await (await fetch(`${world.url}/backups/hana`)).text())[1];
    const file = Buffer.from(await (await fetch(`${world.url}/backups/hana/${id}/download?as=json`)).arrayBuffer());
    await go(browser, axe, url, "kill -9 in the middle of a restore, then a restart", wayName, async (person) => {
      await connect(person, url);
      await person.open(`${url}/backups/hana/import`);
      await person.page.locator('input[type="file"]').setInputFiles({ name: "plexanibridge-hana.20200101000000.json", mimeType: "application/json", buffer: file });
      await person.press("button", "Look at the files");
      await person.press("button", /^Save 1 file/);
      await person.arrive(/\/backups\/hana$/);
      const oldest = saved(await (await fetch(`${url}/backups/hana`)).text()).at(-1);
      await person.open(`${url}/plan/hana/new?snapshot=${oldest}`);
      await person.press("button", "Show the plan");
      await person.arrive(PLAN);
      await person.press("button", /^Send/);
      await person.arrive(JOB);
      await person.read(/[1-9]\d* of \d+/);
      const job = person.page.url();
      await server.end("SIGKILL");
      server = await servers.start(["--data-dir", data, "--listen", new URL(url).host], settings);
      await person.open(job);
      // It goes on by itself.
      await person.read(/verified/i);
    });
    await server.end();
    await world.end();
  }
}

// The ids of the snapshots that a page lists, as they stand there.
const saved = (html) => [...new Set([...html.matchAll(/href="\/backups\/hana\/([0-9a-z]{8,})"/g)].map((found) => found[1]))];

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

// Each journey in each way. A demo's list can be wiped and its scores be lost only once, and an act waits for
// AniList and not for this machine: so there is a demo for each way, and what needs none goes on beside them.
export async function journeys(browser, axe) {
  const story = async (way, also) => {
    const { end, ...demo } = await servers.demo();
    const given = { ...demo, anilist: servers.simulatorOf(demo), ...await fitting(demo.url) };
    await go(browser, axe, demo.url, "one title", way, title, { ...demo, gone: given.gone[0] });
    if (given.anilist) {
      await go(browser, axe, demo.url, "one field", way, field, { ...given, moved: given.moved[0] });
      const one = { ...given, moved: given.moved[1], snapshot: given.saved[0] };
      await go(browser, axe, demo.url, "one field of a plan", way, picked, one);
    } else {
      console.log("  one field: skipped, the demo's AniList cannot be found on this system");
    }
    await go(browser, axe, demo.url, "keep, note, delete", way, curated, { ...demo, snapshot: given.saved.at(-1) });
    await go(browser, axe, demo.url, "38 scores", way, scores, demo);
    await go(browser, axe, demo.url, "the wipe", way, wiped, demo);
    await also?.(way, given.anilist);
    await end();
  };
  const begin = async (way, anilist) => {
    const far = await servers.start(["--demo"], { ANIREWIND_TIME_ZONE: "Asia/Tokyo" });
    await go(browser, axe, far.url, "looking around", way, around, far);
    await far.end();
    const fresh = await servers.fresh(anilist ? { ANIREWIND_ANILIST_URL: anilist } : {});
    await go(browser, axe, fresh.url, anilist ? "fresh install" : "fresh install without AniList", way, install,
      { ...fresh, token: anilist ? servers.demoToken : null });
    await fresh.end();
    if (!anilist) return check("without a token", false, "the demo's AniList was not found");
    const own = await servers.start(["--data-dir", servers.folder("unsigned")],
      { ANIREWIND_ANILIST_URL: anilist, ANIREWIND_LOGIN: "off" });
    await go(browser, axe, own.url, "without a token", way, unsigned, own);
    await own.end();
  };
  const lanes = [
    async () => { await story("mouse", begin); await story("keyboard", begin); },
    async () => { await story("no-script", begin); await story("narrow", begin); },
    async () => { await killed(browser, axe, ["mouse", "no-script"]); await expired(browser, axe); },
    async () => { await killed(browser, axe, ["keyboard", "narrow"]); await slow(browser, axe); await paused(browser, axe); },
  ];
  await Promise.all(lanes.map((lane) => lane().catch((error) => check("journeys", false, error.message))));
}
