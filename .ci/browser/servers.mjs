// Starts servers in the states in which their pages are looked at.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

// The server lets go of a connection that was idle for five seconds, perhaps in the moment in which it is used again:
// what only asks is asked once more.
const once = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  try {
    return await once(address, options);
  } catch (error) {
    if ((options?.method ?? "GET") !== "GET") throw error;
    return once(address, options);
  }
};

let binary = "";
export const use = (file) => { binary = file; };

const started = new Set();
const folders = [];
// What the servers said, and where a token was that may not be there.
const said = [];
const traces = new Set();
const song = "CANARY";
// The same in base64, wherever in something it begins: so much of it is the same whatever stands around it.
const songs = [song, ...[0, 1, 2].map((before) => {
  const whole = Buffer.from(`${"?".repeat(before)}${song}??`).toString("base64");
  return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + song.length) * 8) / 6));
})];

export const demoToken = "CANARY-of-the-demo-7c19e05b";
export function listen(what, text) {
  if (songs.some((part) => text.includes(part))) traces.add(what);
}

// Each file of a folder; of those that tokens are kept in, whether anybody else may read them.
function search(folder) {
  const isKept = path.basename(folder) === "secrets";
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) search(file);
    else if (entry.isFile() && isKept) {
      if ((statSync(file).mode & 0o077) !== 0) traces.add(`${file}, which others may read`);
    } else if (entry.isFile()) listen(file, readFileSync(file, "latin1"));
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
  const listens = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const child = spawn(binary, [...listens, ...args], {
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

// Changes a title on the demo's AniList, as somebody on the site would.
export async function save(anilist, entry) {
  const query = `mutation ($mediaId: Int, $scoreRaw: Int, $progress: Int) {
    SaveMediaListEntry(mediaId: $mediaId, scoreRaw: $scoreRaw, progress: $progress) { id }
  }`;
  for (let turns = 0; turns < 20; turns += 1) {
    const answer = await fetch(anilist, {
      method: "POST",
      headers: { authorization: `Bearer ${demoToken}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables: entry }),
    });
    if (answer.ok) return;
    if (answer.status !== 429) throw new Error(`not saved: ${answer.status} ${await answer.text()}`);
    await new Promise((done) => setTimeout(done, 1_000 * Number(answer.headers.get("retry-after") ?? 5)));
  }
  throw new Error("AniList takes no more requests");
}

// Looks now, rather than in five minutes.
export async function look(url) {
  const answer = await fetch(`${url}/api/v1/looks`, { method: "POST" });
  if (!answer.ok) throw new Error(`no look: ${answer.status} ${await answer.text()}`);
}

// An AniList behind a door: while the door is closed no token is taken, and while it is held nobody gets
// through.
export async function doorTo(anilist) {
  let isClosed = false;
  let held = Promise.resolve();
  let letGo = () => {};
  let pause = 0;
  const server = createServer(async (request, response) => {
    await held;
    if (isClosed) {
      const refusal = { errors: [{ message: "Invalid token", status: 400 }], data: null };
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify(refusal));
      return;
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    const { host, connection, "content-length": length, "accept-encoding": coding, ...headers } = request.headers;
    const body = parts.length > 0 ? Buffer.concat(parts) : undefined;
    if (pause > 0 && body?.toString().includes("mutation")) {
      const refusal = { errors: [{ message: "Too Many Requests.", status: 429 }], data: null };
      response.writeHead(429, { "content-type": "application/json", "retry-after": String(pause) });
      response.end(JSON.stringify(refusal));
      pause = 0;
      return;
    }
    const answer = await fetch(new URL(request.url, anilist), { method: request.method, headers, body });
    const given = Object.fromEntries([...answer.headers].filter(([name]) => !/^(content-(length|encoding)|transfer-encoding|connection)$/.test(name)));
    response.writeHead(answer.status, given);
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => { isClosed = true; },
    open: () => { isClosed = false; },
    hold: () => { held = new Promise((done) => { letGo = done; }); },
    letGo: () => letGo(),
    // The next write is answered with a pause of so many seconds.
    pause: (seconds) => { pause = seconds; },
    end: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  };
}

function linkOf(file) {
  try { return readlinkSync(file); } catch { return ""; }
}
