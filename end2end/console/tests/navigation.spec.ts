// A page is the same whether its address is loaded or reached by a link.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Page } from "@playwright/test";
import { signIn, startWithAccounts } from "../support/account";
import { expect, open, test } from "../support/fixtures";
import { MISSING, forgetMissing, sendMessage, signedInPaths, StoredMessage } from "../support/pages";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

/** What the page says, without what differs from one second to the next. */
async function snap(page: Page): Promise<string> {
  const title = await page.title();
  const text = await page.locator("main").innerText();
  return `${title}\n${text}`
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)?/g, "TIME")
    .replace(/\d\d:\d\d:\d\d(\.\d+)?/g, "TIME")
    .replace(/took \d+ ms/g, "took n ms")
    .replace(/\d+ s ago/g, "n s ago")
    .replace(/[\d.,]+ (B|KB|MB|GB|TB) (free|of messages)/g, "n");
}

/** The snap once it stays the same for a moment: events of the first seconds have come in. */
async function settled(page: Page): Promise<string> {
  let before = "";
  let same = 0;
  await expect
    .poll(
      async () => {
        const now = await snap(page);
        same = now === before ? same + 1 : 0;
        before = now;
        return same;
      },
      { intervals: [100], timeout: 15_000 },
    )
    .toBeGreaterThanOrEqual(4);
  return before;
}

/** All but the addresses that nothing of the console leads to: what is missing, or another tenant's. */
function linked(stored: StoredMessage): [string, string][] {
  return Object.entries(signedInPaths(stored)).filter(([name]) => !MISSING.includes(name));
}

/** Clicks a link to `path` that the page happens to hold, from where the page is now. */
async function followLink(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    const link = document.createElement("a");
    Object.assign(link, { id: "way", href: to, textContent: "go" });
    // Above everything, so that nothing lies over it.
    link.style.cssText = "position:fixed;inset:0 auto auto 0;z-index:9999;background:#fff;color:#000";
    document.body.append(link);
    (window as { same?: boolean }).same = true;
  }, path);
  const before = page.url();
  await page.locator("#way").click();
  await expect.poll(() => page.url(), { message: `the address changes from ${before}` }).not.toBe(before);
  await page.evaluate(() => document.querySelector("#way")?.remove());
}

/** Every call of a server function by the page, with what it asks; taken and forgotten by `splice`. */
function callsOf(page: Page): string[] {
  const calls: string[] = [];
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith("/api/")) calls.push(`${path} ${request.postData() ?? ""}`);
  });
  return calls;
}

test("every address shows the same after a click as after a full load", async ({ page, complaints }) => {
  test.setTimeout(300_000);
  const calls = callsOf(page);
  // A page that fails must not hide the ones after it.
  const settle = (name: string, how: string) => {
    forgetMissing(name, complaints);
    expect.soft(complaints.splice(0), `${name}, ${how}`).toEqual([]);
    const made = calls.splice(0);
    // These lead on to another page, which asks for itself.
    if (name.endsWith("-of-region")) return;
    expect.soft(made.filter((call, at) => made.indexOf(call) !== at), `${name}, ${how}: asked twice`).toEqual([]);
  };
  await signIn(page, ternmq);
  const stored: StoredMessage = await sendMessage(page, ternmq, { body: '{"n": 1}', tag: "TagA", key: "K1" });
  await open(page, `${ternmq.console}/terms`);
  calls.splice(0);
  for (const [name, path] of linked(stored)) {
    await followLink(page, path);
    const clicked = await settled(page);
    const same = await page.evaluate(() => (window as { same?: boolean }).same);
    expect.soft(same, `${name}: reached without loading the document`).toBe(true);
    settle(name, "clicked");
    await page.goto(ternmq.console + path);
    const awake = await page.locator("html[data-hydrated]").waitFor({ timeout: 5_000 }).then(() => true, () => false);
    expect.soft(awake, `${name} wakes`).toBe(true);
    const loaded = awake ? await settled(page) : "";
    settle(name, "loaded");
    if (awake && clicked !== loaded) {
      // What was read after the click may have come after it looked settled.
      await open(page, `${ternmq.console}/terms`);
      await followLink(page, path);
      let again = await settled(page);
      for (let looks = 0; looks < 5 && again !== loaded; looks += 1) again = await settled(page);
      expect.soft(again, name).toBe(loaded);
      settle(name, "clicked again");
    }
    if (!awake) await open(page, `${ternmq.console}/terms`);
  }
});

test("a walk of clicks through all addresses never fails", async ({ page, complaints }) => {
  test.setTimeout(120_000);
  await signIn(page, ternmq);
  const stored = await sendMessage(page, ternmq, { body: '{"n": 2}', key: "K1" });
  await open(page, `${ternmq.console}/terms`);
  const paths = linked(stored);
  // Back again too, so that each page is left for another one than before.
  for (const [name, path] of [...paths, ...[...paths].reverse().slice(1)]) {
    await followLink(page, path);
    await expect.soft(page.locator("main h1"), name).toHaveCount(1);
    forgetMissing(name, complaints);
    const found = complaints.splice(0);
    expect.soft(found, name).toEqual([]);
    // A page that died must not spoil the ones after it.
    if (found.length > 0) await open(page, `${ternmq.console}/terms`);
  }
});

test("the list of addresses holds every one that the console builds", () => {
  const root = process.env.TERNMQ_SOURCES;
  if (!root) throw new Error("TERNMQ_SOURCES must name the repository; `cargo xtask test` sets it");
  const source = readFileSync(join(root, "app/src/paths.rs"), "utf8").split("#[cfg(test)]")[0];
  const built = [...source.matchAll(/^pub fn (\w+)|^pub const (\w+): &str/gm)].map((found) => found[1] ?? found[2]);
  // A new address comes into `signedInPaths` or `signedOutPaths` of support/pages.ts, then in here.
  const listed = [
    ["HOME", "SIGN_IN", "SIGN_IN_AFTER_SETUP", "ACTIVATE", "TERMS", "ACCESS_KEYS", "AUDIT", "setup", "choose_password"],
    ["sign_in_then", "overview", "instances", "create_instance", "instance", "sample_code", "topics", "topic", "groups", "group", "group_subscription"],
    ["topics_of_region", "groups_of_region", "messages_of_region", "rejected_of_region", "messages_by_id", "messages_by_key"],
    ["messages_by_topic", "message", "rejected"],
    // Not pages.
    ["message_body", "sample_archive", "events", "safe_next", "escape"],
  ].flat();
  expect(built.sort()).toEqual(listed.sort());
});
