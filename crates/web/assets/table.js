// Lists with ticks and, for those who want them, letter keys. Without it ticks and links do the same.

const lists = [...document.querySelectorAll("[data-pick]")];
const boxes = () => lists.flatMap((list) => [...list.querySelectorAll('li > .row input[type="checkbox"]')]);
const counters = document.querySelectorAll("[data-picked]");

const count = () => {
  const number = boxes().filter((box) => box.checked).length;
  for (const counter of counters) counter.textContent = `${number} selected`;
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

// Letters do nothing unless somebody switched them on.
if (document.cookie.split("; ").includes("keys=on")) {
  const rows = () => lists.flatMap((list) => [...list.children]);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const row = all[at];
    const go = (to) => {
      const next = all[Math.max(0, Math.min(to, all.length - 1))];
      if (!next) return;
      next.tabIndex = -1;
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    };
    if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (event.key === "x" && row) row.querySelector('input[type="checkbox"]')?.click();
    else if (event.key === "u" && row) row.querySelector('a.button[href*="#undo"]')?.click();
    else if (event.key === "Enter" && row === document.activeElement) row.querySelector("summary")?.click();
    else if (event.key === "/") document.querySelector('input[type="search"]')?.focus();
    else return;
    event.preventDefault();
  });
}
