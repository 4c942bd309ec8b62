// The sample project a user downloads: unpacked and run as its README says.
import { ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function unpack(archive: string): string {
  const folder = mkdtempSync(join(tmpdir(), "ternmq-sample-"));
  execFileSync("python3", ["-m", "zipfile", "-e", archive, folder]);
  return folder;
}

export class Program {
  private text = "";
  private readonly child: ChildProcess;

  constructor(folder: string, command: string, args: string[], secret: string) {
    this.child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, TERNMQ_ACCESS_KEY_SECRET: secret },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.child.stdout?.on("data", (chunk) => (this.text += chunk));
    this.child.stderr?.on("data", (chunk) => (this.text += chunk));
  }

  output(): string {
    return this.text;
  }

  async prints(pattern: RegExp, seconds: number): Promise<RegExpExecArray> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (Date.now() > end) throw new Error(`waited ${seconds} s for ${pattern} in:\n${this.text}`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }

  /** The whole process group: Maven runs the program inside its own JVM, scripts start others. */
  kill(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
