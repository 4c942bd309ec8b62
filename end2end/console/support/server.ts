// Starts the product as a user would: the one binary, an empty data folder, free ports.
import { ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Ternmq {
  console: string;
  tcpPort: number;
  dataDir: string;
  /** Everything printed so far, standard output and error together. */
  output(): string;
  setupLink(): Promise<string>;
  /** Ends the process and keeps its data; `start` brings it back on the same ports. */
  halt(): Promise<number | null>;
  start(): Promise<void>;
  stop(): Promise<number | null>;
}

function binary(): string {
  const path = process.env.TERNMQ_BIN;
  if (!path) throw new Error("TERNMQ_BIN must name the ternmq binary; `cargo xtask test` sets it");
  return path;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

async function until<T>(what: string, seconds: number, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** Instance ports of one server. */
const INSTANCE_PORTS = 40;
// Each server gets a range of its own, and a run other ranges than what another run may have left: all of them below the
// ports that outgoing connections take.
let nextInstancePort = 21_000 + (process.pid % 20) * 440;

export async function startTernmq(config = "", resources?: string, environment: Record<string, string> = {}): Promise<Ternmq> {
  const dataDir = mkdtempSync(join(tmpdir(), "ternmq-console-"));
  const consolePort = await freePort();
  const tcpPort = await freePort();
  const first = nextInstancePort;
  nextInstancePort += INSTANCE_PORTS;
  const file = join(dataDir, "ternmq.toml");
  writeFileSync(
    file,
    `[console]\nlisten = "127.0.0.1:${consolePort}"\n[tcp]\nlisten = "127.0.0.1:${tcpPort}"\ninstance_ports = "${first}-${first + INSTANCE_PORTS - 1}"\n` +
      `[[region]]\nid = "public"\nname_zh = "公网地域"\nname_en = "Internet (public network)"\n` +
      config,
  );
  const args = ["serve", "--config", file, "--data-dir", join(dataDir, "data")];
  if (resources !== undefined) {
    const resourcesFile = join(dataDir, "resources.toml");
    writeFileSync(resourcesFile, resources);
    args.push("--resources", resourcesFile);
  }
  let text = "";
  let ended: number | null | undefined;
  let child: ChildProcess | undefined;
  const console_ = `http://127.0.0.1:${consolePort}`;
  const start = async () => {
    ended = undefined;
    child = spawn(binary(), args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
    child.stdout?.on("data", (chunk) => (text += chunk));
    child.stderr?.on("data", (chunk) => (text += chunk));
    child.on("exit", (code) => (ended = code));
    await until("the server to be ready", 30, async () => {
      if (ended !== undefined) throw new Error(`ternmq ended with ${ended}:\n${text}`);
      const answer = await fetch(`${console_}/readyz`).catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    });
  };
  const halt = async () => {
    child?.kill("SIGTERM");
    return until("the server to stop", 15, () => ended);
  };
  await start();
  return {
    console: console_,
    tcpPort,
    dataDir,
    output: () => text,
    setupLink: () => until("the setup link", 10, () => /https?:\/\/\S+\/setup\S*/.exec(text)?.[0]),
    start,
    halt,
    stop: async () => {
      const code = await halt();
      rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
  };
}
