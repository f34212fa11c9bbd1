// Lists with ticks and, for those who want them, letter keys. Without it ticks and links do the same.

const lists = [...document.querySelectorAll("[data-pick]")];
const rows = () => lists.flatMap((list) => [...list.children]);
const boxes = () => rows().map((row) => row.querySelector('input[type="checkbox"]')).filter(Boolean);
const counters = document.querySelectorAll("[data-picked]");
// What is ticked on other pages counts as well.
const pair = document.querySelector("[data-of-two]");
const sums = document.querySelectorAll("[data-elsewhere]");

const count = () => {
  const number = boxes().filter((box) => box.checked).length;
  for (const counter of counters) counter.textContent = `${number} selected${counter.dataset.picked}`;
  // Two are compared.
  if (pair) pair.textContent = `(${number}/2)`;
  for (const sum of sums) sum.textContent = `(${number + Number(sum.dataset.elsewhere)})`;
};

// With shift, everything between two ticks.
let before = null;
for (const list of lists) {
  list.addEventListener("click", (event) => {
    const box = event.target.closest?.('input[type="checkbox"]');
    if (!box) return;
    const all = boxes();
    const [from, to] = [all.indexOf(before), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const other of all.slice(from, to + 1)) other.checked = box.checked;
    before = box;
    count();
  });
}
count();

// Who types how many go and presses Enter means the button below, and not the one that takes ticks.
const removals = document.getElementById("removals");
removals?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  removals.form.querySelector("button[formaction]").click();
});

// Keys do nothing unless somebody switched them on.
if (document.cookie.split("; ").includes("keys=on")) {
  const go = (row) => {
    if (!row) return;
    row.tabIndex = -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const press = (what) => what?.click();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const row = all[at];
    const acts = {
      j: () => go(all[Math.min(at + 1, all.length - 1)]),
      k: () => go(all[Math.max(at - 1, 0)]),
      x: () => press(row?.querySelector('input[type="checkbox"]')),
      u: () => {
        const way = row?.querySelector('a.button[href*="#undo"], [data-key="u"]');
        // What leads on is opened; what plans something waits for a press of its own.
        if (way?.matches("a")) press(way);
        else way?.focus();
      },
      c: () => press(document.querySelector('[data-key="c"]')),
      "/": () => {
        const search = document.querySelector('main input[type="search"]');
        const box = search?.closest("details");
        if (box) box.open = true;
        search?.focus();
      },
      ArrowLeft: () => press(document.querySelector('[data-step] [rel="prev"]')),
      ArrowRight: () => press(document.querySelector('[data-step] [rel="next"]')),
      // What a row is about, or what it holds besides; never a cover that somebody has hidden.
      Enter: () => press(row.querySelector("th a") ?? row.querySelector("details:not(.covered) > summary") ?? row.querySelector("a")),
    };
    const isOurs = Object.hasOwn(acts, event.key) && (event.key !== "Enter" || row === document.activeElement && row);
    if (!isOurs) return;
    acts[event.key]();
    event.preventDefault();
  });
}
