// What the forms refuse: each rule has its own text at its field, and the field gets the focus.
import { Locator, Page } from "@playwright/test";
import { AT, REGION, signIn, startWithAccounts } from "../support/account";
import { expect, open, test } from "../support/fixtures";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

const dialog = (page: Page) => page.locator("dialog[open]");
const ok = (scope: Locator) => scope.getByRole("button", { name: "OK", exact: true });

interface Form {
  scope: Locator;
  field: Locator;
}

/** Fills in `value`, sends the form, and expects `text` at the field. */
async function refused(page: Page, { scope, field }: Form, value: string, text: string): Promise<void> {
  await field.fill(value);
  await ok(scope).click();
  const error = page.locator(`#${await field.getAttribute("id")}-e`);
  await expect(error, `“${value}”`).toHaveText(text);
  await expect(field, `“${value}”`).toHaveAttribute("aria-invalid", "true");
  await expect(field, `“${value}”: described by its error`).toHaveAttribute("aria-describedby", /-e\b/);
  await expect(field, `“${value}”: has the focus`).toBeFocused();
}

test("instance: name, description and quota", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${REGION}/instances/create`);
  const scope = page.locator("main form");
  const name: Form = { scope, field: page.locator("#name") };
  await refused(page, name, "", "3–64 characters; this has 0.");
  await refused(page, name, "ab", "3–64 characters; this has 2.");
  await refused(page, name, "a".repeat(65), "3–64 characters; this has 65.");
  await refused(page, name, "a b c", "Must not contain a blank.");
  await refused(page, name, "orders", "This name is taken.");
  await name.field.fill("described");
  await expect(page.locator(".count").last()).toHaveText("0/128");
  const description: Form = { scope, field: page.locator("#description") };
  await refused(page, description, "d".repeat(129), "At most 128 characters; this has 129.");
  await expect(name.field, "the name was right").not.toHaveAttribute("aria-invalid", "true");

  await description.field.fill("");
  await ok(scope).click();
  await expect(page.locator("h1")).toContainText("described");
  // Two there are, one was made.
  for (let made = 4; made <= 8; made += 1) {
    await open(page, `${ternmq.console}${REGION}/instances/create`);
    await name.field.fill(`number-${made}`);
    await ok(scope).click();
    await expect(page.locator("h1")).toContainText(`number-${made}`);
  }
  await open(page, `${ternmq.console}${REGION}/instances`);
  await expect(page.locator("main")).toContainText("8 of 8 instances");
  // By its address: the list offers it no more.
  await open(page, `${ternmq.console}${REGION}/instances/create`);
  await name.field.fill("number-9");
  await ok(scope).click();
  await expect(scope.getByRole("alert")).toContainText("At most 8 instances per region");
});

test("Topic: every rule of its name", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/topics`);
  await page.getByRole("button", { name: "Create Topic" }).first().click();
  const form: Form = { scope: dialog(page), field: page.locator("#topic-name") };
  await expect(form.field, "the first field has the focus").toBeFocused();
  for (const [value, text] of [
    ["", "3–64 characters; this has 0."],
    ["ab", "3–64 characters; this has 2."],
    ["a".repeat(65), "3–64 characters; this has 65."],
    ["a.b", "Must not contain “.”."],
    ["订单消息", "Must not contain “订”."],
    ["GID_x", "Must not start with CID or GID."],
    ["CIDx", "Must not start with CID or GID."],
    ["TBW102", "This name is reserved by the system."],
    ["TopicTestMQ", "This name is taken."],
  ]) {
    await refused(page, form, value, text);
  }
  await form.field.fill("TopicOfForm");
  const description: Form = { scope: dialog(page), field: page.locator("#topic-description") };
  await refused(page, description, "d".repeat(129), "At most 128 characters; this has 129.");
  await description.field.fill("说明");
  await ok(dialog(page)).click();
  await expect(page.getByRole("row", { name: /TopicOfForm/ })).toBeVisible();
  await expect(dialog(page)).toHaveCount(0);
});

test("Group ID: every rule of its name, over both protocols", async ({ page }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/groups/tcp`);
  await page.getByRole("button", { name: "Create Group ID" }).first().click();
  const form: Form = { scope: dialog(page), field: page.locator("#group-name") };
  for (const [value, text] of [
    ["", "Must start with GID_ or GID-."],
    ["GID_ab", "7–64 characters; this has 6."],
    [`GID_${"a".repeat(61)}`, "7–64 characters; this has 65."],
    ["consumers", "Must start with GID_ or GID-."],
    ["GID_a.b", "Must not contain “.”."],
    ["GID_test", "This name is taken."],
    ["GID_http", "This Group ID exists under the other protocol. TCP and HTTP cannot share a Group ID."],
  ]) {
    await refused(page, form, value, text);
  }
  await page.keyboard.press("Escape");
  await open(page, `${ternmq.console}${AT}/groups/http`);
  await page.getByRole("button", { name: "Create Group ID" }).first().click();
  await refused(page, form, "GID_test", "This Group ID exists under the other protocol. TCP and HTTP cannot share a Group ID.");
});
