// The lists of Topics and Group IDs and the pages below them: what changes by itself, what stands still,
// and what an edit gives back.
import { Page } from "@playwright/test";
import { AT, signIn, startWithAccounts } from "../support/account";
import { expect, open, test, watch } from "../support/fixtures";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

const dialog = (page: Page) => page.locator("dialog[open]");

async function createTopic(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Create Topic" }).first().click();
  await dialog(page).locator("#topic-name").fill(name);
  await dialog(page).getByRole("button", { name: "OK", exact: true }).click();
  await expect(page.getByRole("row", { name: new RegExp(name) })).toBeVisible();
}

test("the Subscription tab of a Topic wakes on a full load, with what the server drew", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/topics/TopicTestMQ?tab=subscription`);
  await expect(page.locator("main")).toContainText("No Group ID subscribes to this Topic");
  await page.getByRole("link", { name: "Topic Status" }).click();
  await expect(page.locator("main")).toContainText("Maximum offset");
});

test("the counts on the protocol tabs are in the page that the server sends", async ({ page }) => {
  await signIn(page, ternmq);
  const answer = await page.request.get(`${ternmq.console}${AT}/groups/tcp`);
  const html = await answer.text();
  const counts = await page.evaluate((html) => {
    const document = new DOMParser().parseFromString(html, "text/html");
    return [...document.querySelectorAll(".tabs .tab .n")].map((n) => n.textContent);
  }, html);
  expect(counts).toEqual(["1", "1"]);
});

test("a Topic of another window waits behind a bar while the focus is in the table, and shows when it is asked for", async ({ page, context, complaints }) => {
  await signIn(page, ternmq);
  const other = await context.newPage();
  watch(other, complaints);
  await open(page, `${ternmq.console}${AT}/topics`);
  await open(other, `${ternmq.console}${AT}/topics`);
  await other.getByRole("row", { name: /TopicTestMQ/ }).getByRole("link").first().focus();
  await createTopic(page, "A_first");
  const bar = other.getByRole("button", { name: "1 new · Show" });
  await expect(bar).toBeVisible();
  await expect(other.getByRole("row", { name: /A_first/ })).toHaveCount(0);
  await bar.press("Enter");
  await expect(other.getByRole("row", { name: /A_first/ })).toBeVisible();
  await expect(other.locator("tbody a:focus"), "the focus is not lost with the bar").toHaveCount(1);
  await expect(bar).toHaveCount(0);
});

test("a changed description can be taken back, and the focus returns to the row's menu", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/groups/tcp`);
  const row = page.getByRole("row", { name: /GID_test/ });
  await row.getByRole("button", { name: "More" }).click();
  await page.locator(":popover-open").getByRole("button", { name: "Edit" }).click();
  await expect(dialog(page).locator("textarea")).toBeFocused();
  await dialog(page).locator("textarea").fill("x".repeat(129));
  await page.getByRole("button", { name: "Save" }).click();
  await expect(dialog(page).locator("textarea"), "a refused field has the focus").toBeFocused();
  await dialog(page).locator("textarea").fill("bills and refunds");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("bills and refunds");
  await expect(row.getByRole("button", { name: "More" })).toBeFocused();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row).not.toContainText("bills and refunds");
});

test("Send starts in the body, counts Tag and Key, and says what a blank in the Tag breaks", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/topics`);
  await page.getByRole("row", { name: /TopicTestMQ/ }).getByRole("button", { name: "Send", exact: true }).click();
  await expect(dialog(page).locator("#send-body")).toBeFocused();
  await dialog(page).locator("#send-body").fill("hello");
  await dialog(page).locator("#send-tag").fill("Tag A");
  await expect(dialog(page)).toContainText("5/128");
  await dialog(page).getByRole("button", { name: "OK", exact: true }).click();
  await expect(dialog(page)).toContainText("Must not contain a blank.");
  await expect(dialog(page).locator("#send-tag")).toBeFocused();
});
