// Keeps parts of a page as they are on the server. Each part comes rendered; none is made up here.

const base = document.body.dataset.base;
const label = document.querySelector("[data-live-label]");
const again = document.querySelector("[data-live-again]");
const say = document.querySelector("[data-live-say]");
const job = document.querySelector('[data-live^="job-"]');
const desk = document.querySelector('[data-live^="desk-"]');
const news = document.querySelector('[data-live="event"]');
const saved = document.querySelector('[data-live="snapshot"]');
const counts = document.querySelector('[data-live="counts"]');
const verdict = document.querySelector('[data-live^="verdict-"]');
const checks = document.querySelector('[data-live="checks"]');
const auto = news?.hasAttribute("data-auto");

const result = document.getElementById("result");
// Who waited for the end reads first what came of it. Where the page is still being read out the focus alone says nothing.
if (result && location.hash === "#result") {
  result.focus();
  if (say) setTimeout(() => { say.textContent = result.textContent.trim(); }, 1500);
}

let source = null;
let last = "";
let failures = 0;
let timer = 0;
let quarter = -1;
// When anything was last heard; until then the page is as it was made.
let heard = new Date();
// Parts that came while somebody's fingers were on what they take the place of.
const waiting = new Map();

// How long something still takes goes on between what the server says of it.
setInterval(() => {
  for (const left of document.querySelectorAll("[data-left]")) {
    left.until ??= performance.now() + 1000 * left.dataset.left - 1000;
    const seconds = Math.max(0, Math.ceil((left.until - performance.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}, 1000);

// What cannot be had without loading the page has the way to do so beside it.
const show = (text, isStale = false) => {
  if (label) label.textContent = text;
  if (again) again.hidden = !isStale;
};

// Said once, and taken back once it is no longer so.
let isLost = false;
const connection = (detail) => {
  isLost = detail !== "";
  document.dispatchEvent(new CustomEvent("connection", { detail }));
};

const address = () => {
  const query = new URLSearchParams();
  if (job) query.set("job", job.dataset.live.slice(4));
  if (desk) query.set("desk", desk.dataset.live.slice(5));
  if (news) {
    query.set("profile", news.dataset.profile);
    query.set("above", news.dataset.above);
    if (news.dataset.media) query.set("media", news.dataset.media);
  }
  if (saved) {
    query.set("profile", saved.dataset.profile);
    query.set("saved", saved.dataset.saved);
  }
  if (counts) {
    query.set("profile", counts.dataset.profile);
    query.set("counts", counts.dataset.query);
  }
  if (checks) query.set("checks", "yes");
  // What a card says to be under way may be over by the time that somebody listens.
  if (verdict) query.set("verdict", document.querySelector("[data-working]") ? "working" : "yes");
  const ends = document.querySelector("[data-ends]");
  if (ends) query.set("ends", ends.dataset.ends);
  query.set("marked", document.title.startsWith("(!) ") ? "yes" : "no");
  if (last) query.set("last", last);
  return `${base}/events?${query}`;
};

// Said at the start, at each quarter, and at the end; not for every title. Of a profile only what became of it.
const announce = (part, old) => {
  if (!say) return;
  if (part.dataset.verdict && part.dataset.verdict !== old.dataset.verdict) say.textContent = part.querySelector("[data-said]").textContent;
  if (part.dataset.spoken !== undefined && part.textContent !== old.textContent) say.textContent = part.textContent;
  const bar = part.querySelector("progress");
  if (!bar) return;
  const now = Math.floor((4 * bar.value) / Math.max(bar.max, 1));
  // Why it waits, or that it goes on, and otherwise how far it is.
  const waits = (of) => of.querySelector(".why")?.textContent ?? "";
  if (waits(part) !== waits(old)) say.textContent = waits(part) || bar.textContent;
  else if (now !== quarter) say.textContent = bar.textContent;
  quarter = now;
};

const place = (part) => {
  const { live } = part.dataset;
  const old = document.querySelector(`[data-live="${CSS.escape(live)}"]`);
  if (!old) {
    // A profile that was connected since.
    if (part.dataset.verdict) [...document.querySelectorAll("[data-verdict]")].pop()?.after(part);
    return;
  }
  // A page that waits for the beginning is another one once it has begun. That is loaded, and nothing moves here.
  if (document.querySelector("[data-begins]") && part.querySelector("progress") && part.dataset.over === undefined) {
    location.reload();
    return;
  }
  // Nothing is taken from under somebody's fingers.
  if (old.contains(document.activeElement)) {
    waiting.set(live, part);
  } else {
    waiting.delete(live);
    // What was opened stays open.
    const opened = new Set([...old.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
    for (const one of part.querySelectorAll("summary")) if (opened.has(one.textContent)) one.parentElement.open = true;
    announce(part, old);
    // What is the same stays, for whoever is reading it out.
    if (!old.isEqualNode(part)) old.replaceWith(part);
    // What stands in the banner is not said to go on beside it.
    if (live === "ends") for (const bar of document.querySelectorAll("#jobs a")) if (bar.href === part.querySelector("a")?.href) bar.remove();
  }
  // What a row of tabs shows: an icon, and a mark before the title.
  if (part.dataset.mark !== undefined) document.title = part.dataset.mark + document.title.replace(/^\(!\) /, "");
  // New changes come by themselves where that was asked for, and nobody is in the middle of something.
  if (auto && live === "event" && part.textContent.trim() && scrollY < 300 &&
    !document.querySelector("[data-pick] :checked, [data-pick] details[open]")) location.reload();
  // At the end what stands around the part is no longer so. A page that was made at the end is.
  if (part.getAttribute("data-over") !== old.getAttribute("data-over")) {
    if (result) history.replaceState(null, "", "#result");
    location.reload();
  }
};

const put = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const part of [...template.content.children]) place(part);
};

const hear = (event) => {
  last = event.lastEventId || last;
  heard = new Date();
  put(event.data);
};

// A moment of today as the pages show times.
const clock = (at) => at.toLocaleTimeString("en", { timeStyle: "short", hourCycle: "h23", timeZone: document.body.dataset.zone });

// Where no stream gets through, what is new is asked for.
const ask = async () => {
  try {
    const answer = await fetch(`${address()}&once=yes`);
    // Whoever has to log in again is not told what is new.
    if (!answer.ok || answer.redirected) throw new Error("no answer");
    put(await answer.text());
    heard = new Date();
    connection("");
    show("not live: asked for what is new now and then");
  } catch {
    const words = `this is as it was at ${clock(heard)}`;
    show(`connection lost: ${words};`, true);
    if (!isLost) connection(`Connection lost: ${words}.`);
  }
};

document.addEventListener("focusout", () => setTimeout(() => {
  for (const part of [...waiting.values()]) place(part);
}));

const close = () => {
  clearTimeout(timer);
  source?.close();
  source = null;
};

const open = () => {
  if (source || document.hidden) return;
  source = new EventSource(address());
  // Something in between may hold back what is streamed.
  timer = setTimeout(fail, 10_000);
  source.addEventListener("hello", () => { clearTimeout(timer); failures = 0; heard = new Date(); connection(""); show("live"); });
  source.addEventListener("reload", () => { failures = 0; show("paused: more has happened than comes by itself.", true); });
  for (const name of ["job", "snapshot", "event", "verdict", "counts", "desk", "checks", "ends"]) source.addEventListener(name, hear);
  source.onerror = fail;
};

function fail() {
  close();
  failures += 1;
  const wait = Math.min(30, 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
  if (failures < 3) {
    show("reconnecting in ");
    const left = document.createElement("span");
    left.dataset.left = Math.ceil(wait);
    left.textContent = `0:${String(Math.ceil(wait)).padStart(2, "0")}`;
    label?.append(left);
  }
  else ask();
  timer = setTimeout(open, wait * 1000);
}

if (job || desk || news || saved || counts || verdict || checks) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); show("paused"); } else open();
  });
  addEventListener("pagehide", close);
  open();
} else show("");
