// Copy puts exactly what is shown on the clipboard, with and without a secure context, and says so.
import { Locator, Page } from "@playwright/test";
import { AT, INSTANCE, KEY_ID, signIn, startWithAccounts } from "../support/account";
import { expect, open, test } from "../support/fixtures";
import { sendMessage } from "../support/pages";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});
test.beforeEach(async ({ context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
});

const SENTINEL = "nothing was copied";

/** Presses `button` and gives what is on the clipboard then. */
async function copied(page: Page, button: Locator): Promise<string> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), SENTINEL);
  await button.click();
  await expect(page.getByRole("status").filter({ hasText: "Copied" }).first(), "announced").toBeVisible();
  // The word may still be that of the copy before.
  const read = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(read).not.toBe(SENTINEL);
  return read();
}

for (const secure of [true, false]) {
  test(`what is copied is what is shown, ${secure ? "by the clipboard" : "over plain HTTP"}`, async ({ page }) => {
    if (!secure) {
      // As on http://mq.example: the page has no clipboard; `real` is kept for this test to read.
      await page.addInitScript(() => Object.defineProperty(window, "isSecureContext", { get: () => false }));
      await page.addInitScript(() => {
        const real = navigator.clipboard;
        const refuse = { readText: () => real.readText(), writeText: (text: string) => (text === "nothing was copied" ? real.writeText(text) : Promise.reject(new Error("no clipboard"))) };
        Object.defineProperty(navigator, "clipboard", { get: () => refuse });
      });
    }
    await signIn(page, ternmq);
    const { messageId, offsetId } = await sendMessage(page, ternmq, { body: "copied", key: "K1" });

    await open(page, ternmq.console + AT);
    const id = page.locator("main dt", { hasText: "Instance ID" }).locator("xpath=following-sibling::dd");
    expect(await copied(page, id.getByRole("button", { name: /Copy/ }))).toBe(INSTANCE);
    const endpoint = page.locator(".endpoint").first();
    const shown = await endpoint.locator("output").innerText();
    expect(shown).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await copied(page, endpoint.getByRole("button", { name: /Copy/ }))).toBe(shown);

    await open(page, `${ternmq.console}${AT}/messages/${offsetId}`);
    const message = page.locator("main dt", { hasText: "Message ID" }).locator("xpath=following-sibling::dd");
    expect(await copied(page, message.getByRole("button", { name: /Copy/ }))).toBe(messageId);

    await open(page, `${ternmq.console}/access-keys`);
    expect(await copied(page, page.getByRole("row", { name: new RegExp(KEY_ID.slice(-8)) }).getByRole("button", { name: /Copy/ }))).toBe(KEY_ID);
    await page.getByRole("button", { name: "Create AccessKey" }).first().click();
    const dialog = page.locator("dialog[open]");
    const made = await dialog.getByTestId("access-key-id").innerText();
    for (const [what, word] of [["access-key-id", "AccessKey ID"], ["access-key-secret", "AccessKey secret"]]) {
      const value = await dialog.getByTestId(what).innerText();
      expect(value).toMatch(/^[0-9A-Za-z]{24,30}$/);
      expect(await copied(page, dialog.getByRole("button", { name: `Copy ${word}` })), what).toBe(value);
    }
    await dialog.getByRole("checkbox").check();
    await dialog.getByRole("button", { name: "Done" }).click();
    // Room for the run after this one: two keys are the most.
    await page.getByRole("row", { name: new RegExp(made.slice(-8)) }).getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("textbox").fill(made);
    await dialog.getByRole("button", { name: "Delete AccessKey" }).click();
    await expect(dialog).toHaveCount(0);
  });
}
