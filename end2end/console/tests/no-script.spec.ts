// Without scripts: set-up and sign-in work, pages can be read, links lead on.
import { expect, test } from "@playwright/test";
import { AT, OWNER, PASSWORD, REGION, startWithAccounts } from "../support/account";
import { startTernmq } from "../support/server";


test.use({ javaScriptEnabled: false, locale: "en-US" });

test("the first administrator is made and signs in without scripts", async ({ page }) => {
  const ternmq = await startTernmq();
  try {
    const link = await ternmq.setupLink();
    await page.goto(link);
    await page.locator("#account").fill("acme");
    await page.locator("#user").fill("dev");
    await page.locator("#password").fill("short");
    await page.locator("#password_again").fill("short");
    await page.getByRole("button", { name: "Create administrator" }).click();
    await expect(page.getByText("At least 12 characters").first(), "refused with its reason").toBeVisible();
    await page.locator("#account").fill("Acme");
    await page.locator("#user").fill("a b");
    await page.locator("#password").fill("short");
    await page.locator("#password_again").fill("other");
    await page.getByRole("button", { name: "Create administrator" }).click();
    for (const field of ["account", "user", "password", "password_again"]) await expect(page.locator(`#${field}-e`), "all in one go").toBeVisible();
    await page.locator("#account").fill("acme");
    await page.locator("#user").fill("dev");
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#password_again").fill(PASSWORD);
    await page.getByRole("button", { name: "Create administrator" }).click();
    await expect(page).toHaveURL(/sign-in/);
    await expect(page.locator("body")).toContainText("Administrator created");
    await page.locator("#account").fill("acme");
    await page.locator("#user").fill("dev");
    await page.locator("#password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.locator("main")).toContainText("Service not activated");
    await page.goto(link);
    await expect(page.locator("main"), "a used link").toContainText("ternmq reset-password <account> <user>");
    await expect(page.locator("main"), "which would refuse").not.toContainText("ternmq setup-link");
  } finally {
    expect(await ternmq.stop()).toBe(0);
  }
});

test("pages can be read without scripts", async ({ page }) => {
  const ternmq = await startWithAccounts();
  try {
    await page.goto(`${ternmq.console}${AT}/topics`);
    await expect(page, "no session: sign-in, and back after it").toHaveURL(/sign-in\?next=/);
    await page.locator("#account").fill(OWNER.account);
    await page.locator("#user").fill(OWNER.user);
    await page.locator("#password").fill("not the password at all");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByText(/is incorrect/), "refused with its reason").toBeVisible();
    await page.locator("#account").fill(OWNER.account);
    await page.locator("#user").fill(OWNER.user);
    await page.locator("#password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("row", { name: /TopicTestMQ/ })).toBeVisible();
    await page.getByRole("navigation", { name: "Main menu" }).getByRole("link", { name: "Groups" }).click();
    await expect(page.getByRole("row", { name: /GID_test/ })).toBeVisible();
    for (const [path, text] of [
      [`${REGION}/overview`, "Quick start"],
      [AT, "Obtain Endpoint Information"],
      [`${AT}/topics/TopicTestMQ`, "Topic Status"],
      [`${AT}/groups/tcp/GID_test?tab=subscription`, "No consumer is online"],
      [`${AT}/messages/by-topic?topic=TopicTestMQ`, "Message Query"],
      ["/access-keys", "AccessKeys"],
      ["/audit", "Sign in"],
    ]) {
      await page.goto(ternmq.console + path);
      await expect(page.locator("main"), path).toContainText(text);
    }
    const search = page.getByRole("button", { name: "Search", exact: true }).last();
    await page.goto(`${ternmq.console}${AT}/messages/by-topic`);
    await page.locator("#query-topic").fill("TopicTestMQ");
    await page.locator("#range-from").fill("2026-01-01 00:00");
    await search.click();
    await expect(page.locator("main")).toContainText("Nothing stored in this range");
    await expect(page.locator("#query-topic"), "what was asked for stays").toHaveValue("TopicTestMQ");
    await expect(page.locator("#range-from")).toHaveValue(/^2026-01-01 00:00/);
    await page.locator("#range-from").fill("yesterday");
    await search.click();
    await expect(page.locator("#range-from-e")).toBeVisible();
    await page.locator("#range-from").fill("");
    await page.locator("#query-topic").fill("NoSuchTopic");
    await search.click();
    await expect.poll(() => page.content()).toContain("This instance has no such Topic, or you may not see it.");
  } finally {
    expect(await ternmq.stop()).toBe(0);
  }
});
