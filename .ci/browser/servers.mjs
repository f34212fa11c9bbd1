// Starts servers in the states in which their pages are looked at.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

let binary = "";
export const use = (file) => { binary = file; };

const started = new Set();
const folders = [];
// What the servers said, and where a token was that may not be there.
const said = [];
const traces = new Set();
const song = "CANARY";

export const demoToken = "CANARY-of-the-demo-7c19e05b";
export function listen(what, text) {
  if (text.includes(song)) traces.add(what);
}

// Each file of a folder but those that tokens are kept in.
function search(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "secrets") search(file);
    else if (entry.isFile()) listen(file, readFileSync(file, "latin1"));
  }
}

// Where tokens were found. Of what servers said, and in what they left behind; called before all is thrown away.
export function found() {
  for (const [number, lines] of said.entries()) listen(`what server ${number} said`, lines.join(""));
  for (const folder of folders) if (existsSync(folder)) search(folder);
  return [...traces];
}

export function folder(name) {
  const made = mkdtempSync(path.join(tmpdir(), `anirewind-${name}-`));
  folders.push(made);
  return made;
}

export async function start(args, settings = {}) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ANIREWIND|PAB)_/.test(name)),
  );
  const child = spawn(binary, ["--listen", "127.0.0.1:0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...clean, ANIREWIND_LOG: "info", ...settings },
  });
  started.add(child);
  const lines = [];
  said.push(lines);
  child.stderr.on("data", (text) => { lines.push(text.toString()); });
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (line) => {
      lines.push(line.toString());
      const found = /http:\/\/[^\s/]+/.exec(line.toString());
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${lines.join("")}`)));
  });
  return { url, pid: child.pid, end: (signal = "SIGTERM") => ended(child, signal) };
}

async function ended(child, signal) {
  started.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

export async function endAll() {
  await Promise.all([...started].map((child) => ended(child, "SIGKILL")));
  for (const made of folders) rmSync(made, { recursive: true, force: true });
}

export const demo = () => start(["--demo"]);
export const empty = () => start(["--data-dir", folder("empty")], { ANIREWIND_LOGIN: "off" });
// The account is known and has a snapshot; then something stands where its folder was.
export async function broken() {
  const data = folder("broken");
  const world = await demo();
  const anilist = simulatorOf(world);
  if (anilist) {
    const whole = await start(["--data-dir", data], {
      ANIREWIND_LOGIN: "off", ANIREWIND_ANILIST_URL: anilist, ANIREWIND_ANILIST_TOKEN: demoToken,
    });
    for (let turns = 0; turns < 60; turns += 1) {
      if ((await (await fetch(`${whole.url}/backups/hana`)).text()).includes("Restore…")) break;
      await new Promise((done) => setTimeout(done, 1_000));
    }
    await whole.end();
    rmSync(path.join(data, "backups"), { recursive: true });
  }
  await world.end();
  writeFileSync(path.join(data, "backups"), "a file where the folder should be");
  return start(["--data-dir", data], { ANIREWIND_LOGIN: "off" });
}
export async function fresh(settings = {}) {
  const data = folder("fresh");
  const server = await start(["--data-dir", data], settings);
  // It is written once the server is open, a moment after it says where.
  for (let turns = 0; ; turns += 1) {
    try {
      return { ...server, data, code: readFileSync(path.join(data, "setup-code"), "utf8").trim() };
    } catch (error) {
      if (turns >= 100) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

// Where a demo's simulated AniList listens: the other port of its process. So a server that keeps its
// data can be tried against it. Only where /proc is.
export function simulatorOf(server) {
  try {
    const ports = new Map(readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)
      .map((line) => line.trim().split(/\s+/)).filter((field) => field[3] === "0A")
      .map((field) => [field[9], Number.parseInt(field[1].split(":")[1], 16)]));
    const own = Number(new URL(server.url).port);
    for (const handle of readdirSync(`/proc/${server.pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${server.pid}/fd/${handle}`))?.[1];
      const port = ports.get(inode);
      if (port && port !== own) return `http://127.0.0.1:${port}/`;
    }
  } catch { /* no /proc here */ }
  return null;
}

function linkOf(file) {
  try { return readlinkSync(file); } catch { return ""; }
}
