// Every address of the console wakes up without a complaint, with no serious accessibility finding in
// two languages and two themes, is never wider than a narrow window and does not move by itself.
// Pictures of all of them are left beside the results, to be looked at.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BrowserContext, Locator, Page } from "@playwright/test";
import { AT, KEY_ID, LONG, NEWCOMER, REGION, signIn, startWithAccounts } from "../support/account";
import { expect, noSeriousAxe, open, test } from "../support/fixtures";
import { forgetMissing, MISSING, sendMessage, signedInPaths, signedOutPaths, StoredMessage } from "../support/pages";
import { Ternmq } from "../support/server";
import { Lang, Word, words } from "../support/words";

const pictures = join(process.env.TERNMQ_E2E_OUT ?? "test-results", "..", "pictures");
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
/** The narrowest window that is drawn for. */
const NARROWEST = { width: 360, height: 780 };

let ternmq: Ternmq;
let stored: StoredMessage;
/** Addresses of things with the longest names there are. */
let long: Record<string, string>;

test.beforeAll(async ({ browser }) => {
  ternmq = await startWithAccounts();
  mkdirSync(pictures, { recursive: true });
  const page = await browser.newPage();
  await signIn(page, ternmq);
  long = await makeLongNames(page);
  stored = await sendMessage(page, ternmq, { body: '{"orderId": 9007199254740993, "note": "你好"}', tag: "TagA", key: "K1" });
  await page.context().close();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

const LONGEST = "w".repeat(64);
const LONGEST_GROUP = `GID_${"w".repeat(60)}`;

async function makeLongNames(page: Page): Promise<Record<string, string>> {
  await open(page, `${ternmq.console}${REGION}/instances/create`);
  await page.locator("#name").fill(LONGEST);
  await page.locator("#description").fill("d ".repeat(60));
  await page.locator("main form").getByRole("button", { name: "OK", exact: true }).click();
  await expect(page.locator("h1")).toContainText(LONGEST);
  const instance = new URL(page.url()).pathname;
  await open(page, `${ternmq.console}${instance}/groups/tcp`);
  await page.getByRole("button", { name: "Create Group ID" }).first().click();
  const dialog = page.locator("dialog[open]");
  await dialog.locator("#group-name").fill(LONGEST_GROUP);
  await dialog.getByRole("button", { name: "OK", exact: true }).click();
  await expect(page.getByRole("row", { name: new RegExp(LONGEST_GROUP.slice(-8)) })).toBeVisible();
  return {
    "instance-long": instance,
    "groups-long": `${instance}/groups/tcp`,
    "group-long": `${instance}/groups/tcp/${LONGEST_GROUP}`,
    "by-id-none-long": `${instance}/messages/by-id?id=7F00000100002A9F0000000000001000`,
  };
}

interface Look {
  lang: "zh" | "en";
  theme: "light" | "dark";
}
/** Texts and colours do not depend on each other: each language and each theme once. */
const looks: Look[] = [
  { lang: "zh", theme: "light" },
  { lang: "en", theme: "dark" },
];

async function dress(context: BrowserContext, { lang, theme }: Look): Promise<void> {
  const { hostname } = new URL(ternmq.console);
  await context.addCookies([
    { name: "lang", value: lang, domain: hostname, path: "/" },
    { name: "theme", value: theme, domain: hostname, path: "/" },
  ]);
}

/** Adds up what moves without an input of the user, from the first paint on. */
async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = { sum: 0, nodes: [] as string[] };
    (window as { shifts?: typeof seen }).shifts = seen;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] })[]) {
        if (entry.hadRecentInput) continue;
        seen.sum += entry.value;
        for (const { node } of entry.sources) seen.nodes.push(node instanceof Element ? node.outerHTML.slice(0, 90) : String(node));
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

async function examine(page: Page, name: string, { lang, theme }: Look): Promise<void> {
  const where = `${name} in ${lang}, ${theme}`;
  expect.soft(await page.locator("html").getAttribute("lang"), where).toBe(lang === "zh" ? "zh-CN" : "en");
  expect.soft(await page.title(), `${where}: title`).not.toMatch(/^(|TernMQ)$/);
  expect.soft(await page.locator("h1").count(), `${where}: headings of the first level`).toBe(1);
  const foot = await page.locator(".bare-foot, .side-foot").textContent();
  expect.soft(foot, `${where}: version`).toMatch(/^TernMQ \d+\.\d+\.\d+$/);
  await noSeriousAxe(page, where);
  await page.screenshot({ path: join(pictures, `${lang}-${name}-1440-${theme}.png`), fullPage: true });
  const shifts = await page.evaluate(() => (window as unknown as { shifts: { sum: number; nodes: string[] } }).shifts);
  expect.soft(shifts.sum, `${where}: moved by itself: ${shifts.nodes.join(" ; ")}`).toBeLessThanOrEqual(0.002);
  for (const size of [NARROWEST, NARROW]) {
    await page.setViewportSize(size);
    // What lies in the top layer does not widen the document.
    const overflow = await page.evaluate(() => {
      const parts = [...document.querySelectorAll("dialog[open], dialog[open] .btn, dialog[open] h2, dialog[open] .input")];
      const right = Math.max(document.documentElement.scrollWidth, ...parts.map((part) => Math.ceil(part.getBoundingClientRect().right)));
      const left = Math.min(0, ...parts.map((part) => Math.floor(part.getBoundingClientRect().left)));
      return Math.max(right - window.innerWidth, -left);
    });
    expect.soft(overflow, `${where}: wider than a window of ${size.width} by`).toBeLessThanOrEqual(0);
  }
  await page.screenshot({ path: join(pictures, `${lang}-${name}-390-${theme}.png`), fullPage: true });
  await page.setViewportSize(WIDE);
}

async function examineAll(page: Page, paths: Record<string, string>, look: Look, complaints: string[]): Promise<void> {
  for (const [name, path] of Object.entries(paths)) {
    const answer = await page.goto(ternmq.console + path);
    if (MISSING.includes(name)) expect.soft(answer?.status(), `${name}: its status`).toBe(404);
    const awake = await page.locator("html[data-hydrated]").waitFor({ timeout: 10_000 }).then(() => true, () => false);
    // One that does not wake must not hide the ones after it.
    expect.soft(awake, `${name} wakes`).toBe(true);
    if (awake) await examine(page, name, look);
    forgetMissing(name, complaints);
  }
}

/** Addresses that only lead on are pictures of another page. */
function distinct(paths: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(paths).filter(([name]) => name !== "home" && !name.endsWith("-of-region")));
}

/** Opens each dialog of the console: the address, and what is pressed there. */
function dialogs(page: Page, lang: Lang): Record<string, [string, (() => Locator)[]]> {
  const w = words(lang);
  const button = (word: Word, scope: Page | Locator = page) => scope.getByRole("button", { name: w(word), exact: true }).first();
  const row = (name: string) => page.getByRole("row", { name: new RegExp(name) }).first();
  const more = (name: string) => [() => button("more", row(name))];
  const menu = (word: Word) => () => button(word, page.locator(":popover-open"));
  return {
    "dialog-create-topic": [`${AT}/topics`, [() => button("createTopic")]],
    "dialog-send": [`${AT}/topics`, [() => button("send", row(LONG))]],
    "dialog-topic-subscription": [`${AT}/topics`, [() => button("subscription", row("TopicTestMQ"))]],
    "dialog-edit-topic": [`${AT}/topics`, [...more(LONG), menu("edit")]],
    "dialog-delete-topic": [`${AT}/topics`, [...more(LONG), menu("delete")]],
    "dialog-create-group": [`${AT}/groups/tcp`, [() => button("createGroup")]],
    "dialog-group-subscription": [`${AT}/groups/tcp`, [() => button("subscription", row("GID_test"))]],
    "dialog-delete-group": [`${AT}/groups/tcp`, [...more("GID_test"), menu("delete")]],
    "dialog-edit-instance": [AT, [() => button("edit", page.locator("main"))]],
    "dialog-delete-instance": [AT, [() => button("delete", page.locator("main"))]],
    "dialog-disable-key": ["/access-keys", [() => button("disable", row(KEY_ID))]],
    "dialog-delete-key": ["/access-keys", [() => button("delete", row(KEY_ID))]],
  };
}

for (const look of looks) {
  test(`dialogs in ${look.lang}, ${look.theme}`, async ({ page, context }) => {
    test.setTimeout(120_000);
    await watchShifts(page);
    await signIn(page, ternmq);
    await dress(context, look);
    for (const [name, [path, presses]] of Object.entries(dialogs(page, look.lang))) {
      await open(page, ternmq.console + path);
      for (const press of presses) await press().click();
      await expect.soft(page.locator("dialog[open]"), name).toBeVisible();
      await examine(page, name, look);
    }
  });

  test(`pages in ${look.lang}, ${look.theme}`, async ({ page, context, complaints }) => {
    test.setTimeout(300_000);
    await watchShifts(page);
    await dress(context, look);
    await examineAll(page, signedOutPaths, look, complaints);
    await signIn(page, ternmq);
    await dress(context, look);
    await examineAll(page, distinct({ ...signedInPaths(stored), ...long }), look, complaints);
  });

  test(`before activation in ${look.lang}, ${look.theme}`, async ({ page, context, complaints }) => {
    await watchShifts(page);
    await signIn(page, ternmq, NEWCOMER);
    await dress(context, look);
    const paths = {
      "newcomer-overview": `${REGION}/overview`,
      "newcomer-topics": `${REGION}/topics`,
      "newcomer-instances": `${REGION}/instances`,
      "newcomer-activate": "/activate",
    };
    await examineAll(page, paths, look, complaints);
  });
}
