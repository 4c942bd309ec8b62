// Sending from the console: what is refused, what is stored, and that the bytes come back as they were.
import { readFileSync } from "node:fs";
import { Page } from "@playwright/test";
import { AT, signIn, startWithAccounts } from "../support/account";
import { expect, open, test } from "../support/fixtures";
import { Ternmq } from "../support/server";

const MIB = 1024 * 1024;

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

const dialog = (page: Page) => page.locator("dialog[open]");
const ok = (page: Page) => dialog(page).getByRole("button", { name: "OK", exact: true });

async function openSend(page: Page): Promise<void> {
  await open(page, `${ternmq.console}${AT}/topics`);
  await page.getByRole("row", { name: /TopicTestMQ/ }).getByRole("button", { name: "Send", exact: true }).click();
  await expect(dialog(page).locator("#send-body")).toBeVisible();
}

/** Puts `text` into the field at once: typing megabytes takes long. */
async function setBody(page: Page, text: string, times: number): Promise<void> {
  await dialog(page)
    .locator("#send-body")
    .evaluate((field: HTMLTextAreaElement, [part, count]) => {
      field.value = (part as string).repeat(count as number);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }, [text, times] as [string, number]);
}

/** Follows the answer to the message and downloads its body. */
async function storedBody(page: Page): Promise<Buffer> {
  await expect(dialog(page)).toContainText("Message sent", { timeout: 30_000 });
  await dialog(page).getByRole("link", { name: "Query this message" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download body" }).click();
  return readFileSync(await (await download).path());
}

test("an empty body is refused with its reason", async ({ page }) => {
  await signIn(page, ternmq);
  await openSend(page);
  await ok(page).click();
  await expect(page.locator("#send-body-e")).toHaveText("The message body must not be empty.");
  await expect(page.locator("#send-body")).toHaveAttribute("aria-invalid", "true");
  await expect(page.locator("#send-body"), "has the focus").toBeFocused();
});

test("text and large numbers are stored byte by byte", async ({ page }) => {
  await signIn(page, ternmq);
  await openSend(page);
  const body = '{"note": "你好，🐦", "orderId": 9007199254740993, "tab": "\\t"}\n';
  await dialog(page).locator("#send-body").fill(body);
  await ok(page).click();
  expect((await storedBody(page)).toString("utf8")).toBe(body);
  await expect(page.locator("#message-body")).toContainText("9007199254740993");
  await expect(page.locator("#message-body")).toContainText("你好，🐦");
});

test("4 MiB are stored, one byte more is refused without a request", async ({ page }) => {
  await signIn(page, ternmq);
  await openSend(page);
  let requests = 0;
  page.on("request", (request) => (requests += request.method() === "POST" ? 1 : 0));
  await setBody(page, "x", 4 * MIB + 1);
  await expect(page.locator("#send-body-e")).toContainText("at most 4,194,304 B; this is 4,194,305 B.");
  await ok(page).click();
  await expect(page.locator("#send-body-e")).toBeVisible();
  expect(requests, "requests").toBe(0);
  // Counted in bytes of UTF-8, not in characters.
  await setBody(page, "你", Math.ceil((4 * MIB) / 3) + 1);
  await ok(page).click();
  await expect(page.locator("#send-body-e")).toContainText("at most 4,194,304 B");
  expect(requests, "requests").toBe(0);

  await setBody(page, "0123456789abcde\n", (4 * MIB) / 16);
  // Laying out four megabytes of text takes the browser a while.
  await ok(page).click({ timeout: 60_000 });
  const stored = await storedBody(page);
  expect(stored.length).toBe(4 * MIB);
  expect(stored.equals(Buffer.from("0123456789abcde\n".repeat((4 * MIB) / 16)))).toBe(true);
});
