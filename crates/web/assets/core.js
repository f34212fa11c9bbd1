// Makes pages quicker to use. Nothing here is needed: without it everything is a link or a form.

// Ages go on while a page stays open.
const units = [["day", 86400], ["hour", 3600], ["min", 60]];
const ago = (seconds) => {
  if (seconds < 60) return "just now";
  for (const [word, length] of units) {
    // As the server words it: hours up to two days.
    if (word === "day" && seconds < 2 * 86400) continue;
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${count} ${word}${count === 1 || word === "min" ? "" : "s"} ago`;
  }
};
setInterval(() => {
  if (document.hidden) return;
  for (const age of document.querySelectorAll("[data-ago]")) {
    const seconds = (Date.now() - Date.parse(age.closest("time").dateTime)) / 1000;
    if (seconds >= 0) age.textContent = ago(seconds);
  }
}, 60000);

// From the next page on times are those of the clocks here, unless the settings name a zone.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (timeZone && !document.cookie.split("; ").includes(`zone=${timeZone}`)) {
  document.cookie = `zone=${timeZone}; path=/; max-age=31536000; samesite=lax`;
}

// Copy buttons appear only where copying works, also in parts that come later.
if (navigator.clipboard) document.documentElement.dataset.copies = "";
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  try {
    const { copy, copies } = button.dataset;
    const text = copies ? [...document.querySelectorAll(copies)].map((one) => one.textContent).join("") : copy;
    await navigator.clipboard.writeText(text);
    toast(["Copied."]);
  } catch {
    toast(["Not copied: the browser does not allow it. Select the text instead."], true);
  }
});

// A short word about something that also stands on the page. What goes wrong or leads somewhere stays until it is
// dismissed; anything else goes after a while, but not from under a pointer or the focus. Three at most.
const toasts = document.getElementById("toasts");
function toast(parts, stays = false) {
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("p");
  words.append(...parts);
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "quiet";
  dismiss.textContent = "Dismiss";
  dismiss.addEventListener("click", () => box.remove());
  box.append(words, dismiss);
  if (stays) box.dataset.stays = "";
  toasts.append(box);
  const all = [...toasts.querySelectorAll(".toast")];
  if (all.length > 3) (all.find((one) => one.dataset.stays === undefined) ?? all[0]).remove();
  if (stays) return box;
  let timer = 0;
  const hold = () => clearTimeout(timer);
  const go = () => { hold(); timer = setTimeout(() => box.remove(), 8000); };
  for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, hold);
  box.addEventListener("pointerleave", () => { if (!box.contains(document.activeElement)) go(); });
  box.addEventListener("focusout", () => { if (!box.matches(":hover")) go(); });
  go();
  return box;
}

// What came of the last act stands above the page. Where a page opens further down, it is said there too.
addEventListener("load", () => {
  const said = document.getElementById("said");
  if (!said || said.getBoundingClientRect().bottom > 0) return;
  const copy = said.cloneNode(true);
  const parts = [...copy.querySelector("p").childNodes, " ", ...copy.querySelectorAll("form")];
  toast(parts, said.classList.contains("danger") || Boolean(said.querySelector("a, form")));
});

// A moment of today as the pages show times.
const clock = (at) => at.toLocaleTimeString("en", { timeStyle: "short", hourCycle: "h23", timeZone: document.body.dataset.zone });

// Of a lost connection another script knows; when it is back nobody has to be told that it was lost.
let lost = null;
document.addEventListener("connection", ({ detail }) => {
  if (lost?.isConnected) lost.remove();
  lost = detail ? toast([detail], true) : null;
});

// A password is shown while somebody wants to see it.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const isShown = field.type === "password";
  field.type = isShown ? "text" : "password";
  button.firstChild.data = isShown ? "Hide" : "Show";
});
// Nobody's history of forms is to hold it.
document.addEventListener("submit", ({ target }) => {
  for (const button of target.querySelectorAll("button[data-reveal]")) document.getElementById(button.dataset.reveal).type = "password";
}, true);

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if ((event.submitter?.formMethod || form.method) !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// One menu open at a time; Escape closes it and gives the focus back.
document.addEventListener("toggle", (event) => {
  if (!event.target.open || !event.target.matches("details.menu")) return;
  for (const other of document.querySelectorAll("details.menu[open]")) {
    if (other !== event.target) other.open = false;
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// AniList brings the token back behind the #, which no server sees. It goes into the form, and out of
// the address.
const token = document.querySelector("[data-token]");
const brought = new URLSearchParams(location.hash.slice(1)).get("access_token");
if (token && brought) {
  token.value = brought;
  history.replaceState(null, "", location.pathname);
  token.form.querySelector("button").focus();
}

// A log that is followed is the page as the server makes it, asked for again.
const log = document.querySelector("[data-follow]");
let heard = new Date();
// Only lines that are new come in, so that nothing is read out twice and what somebody marked stays marked.
const follow = (now) => {
  const [lines, old] = [now.querySelector("ul"), log.querySelector("ul")];
  const newest = old?.firstElementChild;
  const fresh = [...lines?.children ?? []];
  const known = fresh.findIndex((line) => newest && line.isEqualNode(newest));
  if (known < 0) {
    if (log.innerHTML !== now.innerHTML) log.innerHTML = now.innerHTML;
  } else {
    old.prepend(...fresh.slice(0, known));
    while (old.children.length > fresh.length) old.lastElementChild.remove();
  }
};
if (log) setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href);
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-follow]");
    if (!answer.ok || !now) {
      const why = answer.ok ? "log in again to see new ones" : "the server does not give new ones";
      if (!lost) document.dispatchEvent(new CustomEvent("connection", { detail: `These are the lines of ${clock(heard)}: ${why}.` }));
      return;
    }
    follow(now);
    heard = new Date();
    if (lost) document.dispatchEvent(new CustomEvent("connection", { detail: "" }));
  } catch {
    if (!lost) document.dispatchEvent(new CustomEvent("connection", { detail: `Connection lost: these are the lines of ${clock(heard)}.` }));
  }
}, 5000);

// What was wrong with a form is read first.
document.querySelector("[data-problems]")?.focus();

// What rules would keep is said while somebody tries numbers. Without this a button says the same.
const preview = document.querySelector("[data-preview]");
if (preview) {
  const { form } = document.getElementById("backup_retention_days") ?? {};
  let timer = 0;
  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const rules = [...new FormData(form)].filter(([name]) => name.startsWith("keep_") || name === "backup_retention_days");
      const answer = await fetch(`${document.body.dataset.base}/settings/rules/preview?${new URLSearchParams(rules)}`);
      // A part as the server renders it, and nothing made up here.
      if (answer.ok) preview.innerHTML = await answer.text();
    }, 400);
  });
}

// Letters go places only for those who switched them on; none of them writes anything.
if (document.cookie.split("; ").includes("keys=on")) {
  const places = { d: "/", b: "/backups", t: "/timeline", s: "/settings" };
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const last = before;
    before = event.key;
    const place = event.key === "?" ? "/help/keys" : last === "g" ? places[event.key] : undefined;
    if (place) location.assign(document.body.dataset.base + place);
    else if (event.key === "b" && last !== "g") document.querySelector("[data-backup]")?.focus();
  });
}
