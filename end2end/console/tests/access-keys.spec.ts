// An AccessKey from its creation to its end: shown once, at most two, disabled, enabled, deleted.
import { readFileSync } from "node:fs";
import { Page } from "@playwright/test";
import { KEY_ID, signIn, startWithAccounts } from "../support/account";
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
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const inDialog = (page: Page, name: string) => dialog(page).getByRole("button", { name, exact: true });
const row = (page: Page, id: string) => page.getByRole("row", { name: new RegExp(id.slice(-8)) });

test("the secret is shown once, can be kept as a file, and is nowhere afterwards", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}/access-keys`);
  await button(page, "Create AccessKey").click();
  await expect(dialog(page)).toBeVisible();
  const id = await dialog(page).getByTestId("access-key-id").innerText();
  const secret = await dialog(page).getByTestId("access-key-secret").innerText();
  expect(id).toMatch(/^TN[0-9A-Za-z]{22}$/);
  expect(secret).toMatch(/^[0-9A-Za-z]{30}$/);

  const download = page.waitForEvent("download");
  await button(page, "Download CSV").click();
  const file = await download;
  expect(file.suggestedFilename()).toBe(`AccessKey-${id}.csv`);
  expect(readFileSync(await file.path(), "utf8")).toBe(`AccessKey ID,AccessKey Secret\r\n${id},${secret}\r\n`);

  await expect(inDialog(page, "Done")).toBeDisabled();
  await page.keyboard.press("Escape");
  await expect(dialog(page).getByRole("alert"), "asked once").toContainText("Not confirmed as stored yet");
  await expect(dialog(page).getByTestId("access-key-secret")).toHaveText(secret);
  await page.keyboard.press("Escape");
  await expect(dialog(page), "not asked twice").toHaveCount(0);
  await expect(row(page, id)).toBeVisible();
  expect(await page.content(), "the secret left the page").not.toContain(secret);
  await page.reload();
  await expect(row(page, id)).toBeVisible();
  expect(await page.content()).not.toContain(secret);

  await expect(button(page, "Create AccessKey"), "a third is refused").toBeDisabled();
  const reason = await button(page, "Create AccessKey").getAttribute("aria-describedby");
  await expect(page.locator(`#${reason}`)).toHaveText("There are 2 already; delete one first");
});

test("a key is disabled, enabled and deleted; the last active one only by its name", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}/access-keys`);
  const ids = await page.locator("tbody tr th .id[title]").evaluateAll((all) => all.map((one) => one.getAttribute("title") ?? ""));
  const other = ids.find((id) => id !== KEY_ID) ?? "";
  expect(other).toMatch(/^TN/);

  // Another one stays active: one click confirms.
  await row(page, other).getByRole("button", { name: "Disable" }).click();
  await expect(dialog(page)).toContainText(other);
  await expect(dialog(page).getByRole("textbox")).toHaveCount(0);
  await inDialog(page, "Disable AccessKey").click();
  await expect(row(page, other)).toContainText("Inactive");

  // The last active one: all clients of the user stop.
  await row(page, KEY_ID).getByRole("button", { name: "Disable" }).click();
  await expect(inDialog(page, "Disable AccessKey")).toBeDisabled();
  await dialog(page).getByRole("textbox").fill(KEY_ID);
  await inDialog(page, "Disable AccessKey").click();
  await expect(row(page, KEY_ID)).toContainText("Inactive");

  for (const id of [other, KEY_ID]) {
    await row(page, id).getByRole("button", { name: "Enable" }).click();
    await expect(row(page, id).getByText("Active", { exact: true })).toBeVisible();
  }
  await row(page, other).getByRole("button", { name: "Delete" }).click();
  await expect(inDialog(page, "Delete AccessKey")).toBeDisabled();
  await dialog(page).getByRole("textbox").fill(other);
  await inDialog(page, "Delete AccessKey").click();
  await expect(row(page, other)).toHaveCount(0);
  await expect(button(page, "Create AccessKey")).toBeEnabled();
});

test("a dialog stays open while another window changes the list under it", async ({ page, context, complaints }) => {
  await signIn(page, ternmq);
  const other = await context.newPage();
  watch(other, complaints);
  await open(page, `${ternmq.console}/access-keys`);
  await open(other, `${ternmq.console}/access-keys`);
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await row(page, KEY_ID).getByRole("button", { name: "Delete" }).click();
  await dialog(page).getByRole("textbox").fill("TN");
  await button(other, "Create AccessKey").click();
  await expect(page.locator("tbody tr")).toHaveCount(2);
  await expect(dialog(page).getByRole("textbox")).toHaveValue("TN");
});
