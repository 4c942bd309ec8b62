// What a member sees and may press, and the switches that keep the place.
import { Locator, Page } from "@playwright/test";
import { AT, LONG, MEMBER, signIn, startWithAccounts } from "../support/account";
import { expect, open, test } from "../support/fixtures";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

/** Disabled, and described by a reason that can be read. */
async function disabledWithReason(page: Page, button: Locator, reason: RegExp): Promise<void> {
  await expect(button).toBeDisabled();
  const id = await button.getAttribute("aria-describedby");
  expect(id, `a reason beside ${await button.innerText()}`).toBeTruthy();
  await expect(page.locator(`#${id}`)).toHaveText(reason);
  await expect(page.locator(`#${id}`)).toBeVisible();
}

const POLICY = /Your policy does not cover this|Only an owner/;

test("a member with one Group ID sees that Group ID, and nothing to press that is refused", async ({ page }) => {
  await signIn(page, ternmq, MEMBER);
  await open(page, `${ternmq.console}${AT}/topics`);
  await expect(page.locator("main")).not.toContainText("No Topic yet");
  await expect(page.locator("main")).toContainText("No Topic that you may see");
  await expect(page.locator("main")).not.toContainText(LONG);
  for (const create of await page.getByRole("button", { name: "Create Topic" }).all()) await disabledWithReason(page, create, POLICY);

  await open(page, `${ternmq.console}${AT}/groups/tcp`);
  await expect(page.getByRole("row", { name: /GID_test/ })).toBeVisible();
  await disabledWithReason(page, page.getByRole("button", { name: "Create Group ID" }).first(), POLICY);
  await page.getByRole("row", { name: /GID_test/ }).getByRole("button", { name: "More" }).click();
  for (const name of ["Edit", "Delete"]) {
    await expect(page.locator(":popover-open").getByRole("button", { name })).toBeDisabled();
  }
  await page.keyboard.press("Escape");
  await open(page, `${ternmq.console}${AT}/groups/http`);
  await expect(page.locator("main")).not.toContainText("GID_http");

  await open(page, ternmq.console + AT);
  await disabledWithReason(page, page.locator("main").getByRole("button", { name: "Edit" }).first(), POLICY);
  await disabledWithReason(page, page.locator("main").getByRole("button", { name: "Delete" }).first(), POLICY);
});

test("switching language and theme keeps path and query", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/messages/by-topic?topic=TopicTestMQ&range=m30`);
  await page.locator("header").getByRole("link", { name: "中文" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  const address = new URL(page.url());
  expect(address.pathname).toBe(`${AT}/messages/by-topic`);
  expect(address.searchParams.get("topic")).toBe("TopicTestMQ");
  expect(address.searchParams.get("range")).toBe("m30");
  await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
  await page.locator("header [popovertarget=m-theme]").click();
  await page.locator(":popover-open").getByRole("link", { name: "深色" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  expect(page.url()).toBe(address.href);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
