// What an open page does by itself: changes of others, and clients that come and go.
import { Locator, Page } from "@playwright/test";
import { AT, INSTANCE, KEY_ID, REGION, SECRET, signIn, startWithAccounts } from "../support/account";
import { Driver } from "../support/driver";
import { expect, mark, marked, open, test, watch } from "../support/fixtures";
import { Ternmq } from "../support/server";

const SOON = { timeout: 5_000 };

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

const dialog = (page: Page) => page.locator("dialog[open]");
/** The value beside a word. */
const figure = (scope: Locator, word: string | RegExp) =>
  scope.locator("dt").filter({ hasText: word }).first().locator("xpath=following-sibling::dd");
const access = () => ({ endpoint: `127.0.0.1:${ternmq.tcpPort}`, instance: INSTANCE, key_id: KEY_ID, secret: SECRET });

test("a Topic and a Group ID that appear and go in another window do so here without a reload", async ({ page, context, complaints }) => {
  await signIn(page, ternmq);
  const other = await context.newPage();
  watch(other, complaints);
  const things = [
    { path: `${AT}/topics`, create: "Create Topic", field: "#topic-name", name: "TopicOfWindow", remove: "Delete Topic" },
    { path: `${AT}/groups/tcp`, create: "Create Group ID", field: "#group-name", name: "GID_of_window", remove: "Delete Group ID" },
  ];
  for (const { path, create, field, name, remove } of things) {
    await open(page, ternmq.console + path);
    await open(other, ternmq.console + path);
    await mark(other);
    const theirs = other.getByRole("row", { name: new RegExp(name) });
    await page.getByRole("button", { name: create }).first().click();
    await dialog(page).locator(field).fill(name);
    await dialog(page).getByRole("button", { name: "OK", exact: true }).click();
    await expect(theirs, `${name} comes`).toBeVisible(SOON);
    const row = page.getByRole("row", { name: new RegExp(name) });
    await row.getByRole("button", { name: "More" }).click();
    await page.locator(":popover-open").getByRole("button", { name: "Delete" }).click();
    await dialog(page).getByRole("textbox").fill(name);
    await dialog(page).getByRole("button", { name: remove, exact: true }).click();
    await expect(row).toHaveCount(0);
    await expect(theirs, `${name} goes`).toHaveCount(0, SOON);
    expect(await marked(other), "not loaded again").toBe(true);
  }
});

test("the subscription turns online, inconsistent and consistent again by itself, and names the odd client", async ({ page, context, complaints }) => {
  const overview = await context.newPage();
  watch(overview, complaints);
  const first = new Driver();
  const second = new Driver();
  try {
    await signIn(page, ternmq);
    await open(page, `${ternmq.console}${AT}/groups/tcp`);
    await page.getByRole("row", { name: /GID_test/ }).getByRole("button", { name: "Subscription", exact: true }).click();
    const drawer = dialog(page);
    await expect(drawer).toContainText("No consumer is online");
    await expect(figure(drawer, /^Online$/)).toContainText("No");
    await open(overview, `${ternmq.console}${REGION}/overview`);
    await mark(page);
    await mark(overview);

    await first.consumer("c1", { ...access(), group: "GID_test", topic: "TopicTestMQ", tags: "*" });
    await expect(figure(drawer, /^Online$/)).toContainText("Yes", SOON);
    await expect(figure(drawer, /^Consistent$/)).toContainText("Yes");
    const rows = drawer.getByRole("row").filter({ hasText: "TopicTestMQ" });
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText("*");
    await expect(rows).toContainText("Clustering");

    await second.consumer("c2", { ...access(), group: "GID_test", topic: "TopicTestMQ", tags: "TagA" });
    await expect(drawer).toContainText("Subscriptions are inconsistent. Fix the issue promptly.", SOON);
    await expect(figure(drawer, /^Consistent$/)).toContainText("No");
    await expect(rows, "a row for each client").toHaveCount(2);
    await expect(drawer.getByRole("status").filter({ hasText: "inconsistent" })).toContainText(/c2.*TopicTestMQ.*TagA/s);
    await expect(overview.locator("main")).toContainText("Subscriptions are inconsistent. Fix the issue promptly.", SOON);
    await expect(overview.locator("main")).toContainText(/c2/);

    await second.stop("c2");
    await expect(figure(drawer, /^Consistent$/)).toContainText("Yes", SOON);
    await expect(drawer).not.toContainText("inconsistent");
    await expect(overview.locator("main")).not.toContainText("inconsistent", SOON);
    await expect(rows).toHaveCount(1);

    first.kill();
    await expect(drawer, "a client that dies goes offline by itself").toContainText("No consumer is online", SOON);
    await expect(figure(drawer, /^Online$/)).toContainText("No");
    expect(await marked(page), "not loaded again").toBe(true);
    expect(await marked(overview), "not loaded again").toBe(true);
  } finally {
    first.kill();
    second.kill();
  }
});
