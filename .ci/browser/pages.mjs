// Starts servers in several states and looks at their pages in Chromium.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const target = process.argv[2];
const pictures = path.join(target, "pages");
mkdirSync(pictures, { recursive: true });

// Each state is a server of its own: full is the demo, empty has no account, broken cannot read.
const states = {
  full: { args: ["--demo"] },
  empty: { args: ["--data-dir", mkdtempSync(path.join(tmpdir(), "anirewind-empty-"))] },
  broken: { args: ["--data-dir", brokenFolder()], status: 500 },
};

function brokenFolder() {
  const data = mkdtempSync(path.join(tmpdir(), "anirewind-broken-"));
  writeFileSync(path.join(data, "backups"), "a file where the folder should be");
  return data;
}

function start(args) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ANIREWIND|PAB)_/.test(name)),
  );
  const server = spawn(path.join(target, "debug", "anirewind-server"), ["--listen", "127.0.0.1:0", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...clean, ANIREWIND_LOG: "off" },
  });
  return new Promise((resolve, reject) => {
    server.stdout.on("data", (line) => {
      const found = /http:\/\/\S+/.exec(line.toString());
      if (found) resolve({ server, url: found[0] });
    });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

let failed = 0;
let passed = 0;
const check = (what, holds, detail = "") => {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.error(`FAILED: ${what} ${detail}`);
  }
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const source = readFileSync(new URL(import.meta.resolve("axe-core")), "utf8");
for (const [state, { args, status = 200 }] of Object.entries(states)) {
  const { server, url } = await start(args);
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1280]) {
      const name = `dashboard-${state}-${colorScheme}-${width}`;
      // Scripts are let in for axe alone; the page has none and its policy allows none.
      const context = await browser.newContext({
        colorScheme, viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: "reduce",
      });
      const page = await context.newPage();
      const elsewhere = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(url)) elsewhere.push(request.url());
      });
      const answer = await page.goto(url);
      check(`${name}: status`, answer.status() === status, String(answer.status()));
      check(`${name}: requests elsewhere`, elsewhere.length === 0, elsewhere.join(" "));
      const html = await page.content();
      check(`${name}: inline script or style`, !/<script|<style|style="|\son\w+=/.test(html));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${name}: no sideways scrolling`, wide <= 0, `${wide} px too wide`);
      await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
      await page.evaluate(source);
      const { violations } = await page.evaluate(() => axe.run());
      check(`${name}: axe`, violations.length === 0,
        violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`).join("; "));
      await context.close();
    }
  }
  server.removeAllListeners("exit");
  server.kill();
}
await browser.close();
console.log(`axe-core ${axe.version}, ${Object.keys(states).length} states x light, dark x 360, 1280`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
