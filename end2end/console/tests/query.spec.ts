// Message query: a second search sees what has come, a range is checked, pages leave nothing out.
import { Page } from "@playwright/test";
import { AT, INSTANCE, KEY_ID, LONG, SECRET, signIn, startWithAccounts } from "../support/account";
import { Driver } from "../support/driver";
import { expect, open, test } from "../support/fixtures";
import { sendMessage } from "../support/pages";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
let driver: Driver;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
  driver = new Driver();
  await driver.producer("p", { endpoint: `127.0.0.1:${ternmq.tcpPort}`, instance: INSTANCE, key_id: KEY_ID, secret: SECRET });
});
test.afterAll(async () => {
  driver?.kill();
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

const search = (page: Page) => page.locator("main form[role=search]").getByRole("button", { name: "Search", exact: true });
const main = (page: Page) => page.locator("main");

async function send(count: number, key: string): Promise<string> {
  driver.tell("send p", { topic: "TopicTestMQ", tag: "TagA", key, how: "sync", count, prefix: "body-" });
  const { id } = await driver.event("p", "sent");
  await driver.event("p", "done");
  return id;
}

test("searching again finds a message that came meanwhile", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/messages/by-key`);
  await page.getByLabel("Message Key", { exact: true }).fill("LATE");
  await search(page).click();
  await expect(main(page)).toContainText("No message has this Key");
  const id = await send(1, "LATE");
  await search(page).click();
  await expect(page.getByRole("row", { name: /LATE/ })).toHaveCount(1);

  await open(page, `${ternmq.console}${AT}/messages/by-topic?topic=TopicTestMQ`);
  await expect(page.getByRole("row", { name: /TagA/ })).toHaveCount(1);
  await send(1, "LATER");
  await search(page).click();
  await expect(page.getByRole("row", { name: /TagA/ })).toHaveCount(2);

  // An ID of the same client that is not sent yet is not known beforehand: one of this message, changed.
  const unknown = `${id.slice(0, -4)}FFFF`;
  await open(page, `${ternmq.console}${AT}/messages/by-id?id=${unknown}`);
  await expect(main(page)).toContainText("Not found");
  await page.getByLabel("Message ID", { exact: true }).fill(` ${id} `);
  await search(page).click();
  await expect(main(page)).toContainText("LATE");
});

test("a range that ends where it starts is refused at its field", async ({ page }) => {
  await signIn(page, ternmq);
  for (const path of [`${AT}/messages/by-key?key=LATE&from=5&to=5`, `${AT}/messages/by-topic?topic=TopicTestMQ&from=5&to=5`]) {
    await open(page, ternmq.console + path);
    await expect(page.locator("#range-to-e"), path).toHaveText("The end must be after the start.");
    await expect(page.locator("#range-to")).toHaveAttribute("aria-invalid", "true");
  }
});

test("a range that cannot be read is refused at its field, and nothing else is shown for it", async ({ page }) => {
  await signIn(page, ternmq);
  await send(1, "RANGED");
  const rows = page.locator("tbody tr");
  const how = "Write 2026-07-14 14:02:31, or epoch milliseconds.";
  for (const search of [`${AT}/messages/by-key?key=RANGED`, `${AT}/messages/by-topic?topic=TopicTestMQ`]) {
    for (const [range, field] of [
      ["from=yesterday&to=1784008951207", "from"],
      ["from=2026-07-14&to=soon", "to"],
    ]) {
      await open(page, `${ternmq.console}${search}&${range}`);
      await expect(page.locator(`#range-${field}-e`), range).toHaveText(how);
      await expect(page.locator(`#range-${field}`), "what was asked for can be mended").toHaveValue(/yesterday|soon/);
      await expect(rows, range).toHaveCount(0);
    }
    // One end is enough; a time is read as the form reads it.
    await open(page, `${ternmq.console}${search}&from=2026-01-01T00:00Z`);
    await expect(rows.first()).toBeVisible();
    await open(page, `${ternmq.console}${search}&from=2999-01-01%2008:00`);
    await expect(main(page)).toContainText(/Nothing stored in this range|No message has this Key/);
    await open(page, `${ternmq.console}${search}&to=2026-01-01`);
    await expect(rows).toHaveCount(0);
  }
});

test("a search without what to search for is refused at its field", async ({ page }) => {
  await signIn(page, ternmq);
  for (const [way, field] of [
    ["by-id", "input[name=id]"],
    ["by-key", "#query-key"],
    ["by-topic", "#query-topic"],
  ]) {
    await open(page, `${ternmq.console}${AT}/messages/${way}`);
    await expect(main(page).getByText("Required."), `${way}: not before it was asked`).toHaveCount(0);
    await search(page).click();
    await expect(main(page).getByText("Required."), way).toBeVisible();
    await expect(page.locator(field), way).toHaveAttribute("aria-invalid", "true");
    await expect(page.locator(field), way).toBeFocused();
  }
});

test("the page of a message is named after the Message ID that its sender got", async ({ page }) => {
  await signIn(page, ternmq);
  const { messageId, offsetId } = await sendMessage(page, ternmq, { body: "named" });
  await open(page, `${ternmq.console}${AT}/messages/${offsetId}`);
  await expect(page.locator("h1")).toContainText(messageId);
  await expect(page).toHaveTitle(new RegExp(messageId));
});

test("Older and Newer go through all messages, each once", async ({ page }) => {
  await signIn(page, ternmq);
  driver.tell("send p", { topic: LONG, tag: "TagA", key: "MANY", how: "sync", count: 45, prefix: "many-" });
  await driver.event("p", "done", 30);
  await open(page, `${ternmq.console}${AT}/messages/by-topic?topic=${LONG}`);
  // The Message ID of each row.
  const shown = () => page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.querySelector("[title]")?.getAttribute("title") ?? ""));
  const step = (name: string) => page.locator(".pager").getByRole("link", { name, exact: true });
  const pages: string[][] = [];
  for (;;) {
    await expect(page.locator("tbody tr").first()).toBeVisible();
    pages.push(await shown());
    if ((await step("Older").count()) === 0) break;
    const first = pages[pages.length - 1][0];
    await step("Older").click();
    await expect.poll(async () => (await shown())[0]).not.toBe(first);
    expect(pages.length, "pages").toBeLessThan(20);
  }
  const all = pages.flat();
  expect(new Set(all).size, "no row twice").toBe(all.length);
  expect(all.length, "none missing").toBe(45);
  for (const expected of pages.slice(0, -1).reverse()) {
    await step("Newer").click();
    await expect.poll(shown).toEqual(expected);
  }
});
