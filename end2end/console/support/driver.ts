// A real client without a JVM: the Go driver, told what to do by the line protocol of end2end/clients/README.md.
import { ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface Event {
  on: string;
  event: string;
  [field: string]: string;
}

export class Driver {
  private readonly child: ChildProcess;
  private readonly events: Event[] = [];
  private rest = "";
  private noise = "";

  constructor() {
    const folder = process.env.TERNMQ_CLIENTS;
    if (!folder) throw new Error("TERNMQ_CLIENTS must name the folder of the built drivers; `cargo xtask test` sets it");
    this.child = spawn(join(folder, "go"), [], { stdio: ["pipe", "pipe", "pipe"] });
    this.child.on("error", (error) => (this.noise += `${error}\n`));
    this.child.stdout?.on("data", (chunk) => this.read(String(chunk)));
    this.child.stderr?.on("data", (chunk) => (this.noise += chunk));
  }

  private read(chunk: string): void {
    const lines = (this.rest + chunk).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("{")) this.events.push(JSON.parse(line));
      else this.noise += `${line}\n`;
    }
  }

  /** `command`: verb and name. */
  tell(command: string, values: Record<string, string | number> = {}): void {
    const words = [...command.split(" "), ...Object.entries(values).map(([key, value]) => `${key}=${value}`)];
    this.child.stdin?.write(`${words.join("\t")}\n`);
  }

  /** The first event of that name and kind that was not taken before. */
  async event(on: string, kind: string, seconds = 20): Promise<Event> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const at = this.events.findIndex((event) => event.on === on && event.event === kind);
      if (at >= 0) return this.events.splice(at, 1)[0];
      if (Date.now() > end) {
        throw new Error(`waited ${seconds} s for ${kind} of ${on}; other events ${JSON.stringify(this.events)}\n${this.noise}`);
      }
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  async consumer(name: string, values: Record<string, string>): Promise<void> {
    this.tell(`consumer ${name}`, { model: "clustering", ...values });
    await this.event(name, "started");
  }

  async producer(name: string, values: Record<string, string>): Promise<void> {
    this.tell(`producer ${name}`, { group: "GID_test", ...values });
    await this.event(name, "started");
  }

  async stop(name: string): Promise<void> {
    this.tell(`stop ${name}`);
    await this.event(name, "stopped");
  }

  /** As a crash: no goodbye to the server. */
  kill(): void {
    this.child.kill("SIGKILL");
  }
}
