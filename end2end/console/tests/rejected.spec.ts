// Rejected connections: a real client is refused for each reason; its owner reads why, nobody else does.
import { Page } from "@playwright/test";
import * as acme from "../support/account";
import { AT, INSTANCE, KEY_ID, LONG, SECOND, SECRET, signIn, startWithAccounts } from "../support/account";
import { Driver } from "../support/driver";
import { expect, open, test } from "../support/fixtures";
import { Ternmq } from "../support/server";

let ternmq: Ternmq;
const drivers: Driver[] = [];
test.beforeAll(async () => {
  ternmq = await startWithAccounts();
});
test.afterAll(async () => {
  for (const driver of drivers) driver.kill();
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

/** One send of a client of its own; gives the error that the client got. */
async function refusedSend(values: Record<string, string>, topic: string): Promise<string> {
  const driver = new Driver();
  drivers.push(driver);
  driver.tell("producer p", { group: "GID_test", key_id: KEY_ID, secret: SECRET, ...values });
  await driver.event("p", "started");
  driver.tell("send p", { topic, tag: "TagA", key: "K", how: "sync", count: 1, prefix: "b" });
  const { error } = await driver.event("p", "failed", 30);
  driver.kill();
  return error;
}

const main = (page: Page) => page.locator("main");

test("each reason is told with what to do, and only to its account", async ({ page, browser }) => {
  test.setTimeout(180_000);
  await signIn(page, ternmq, acme.PLAIN_OWNER);
  await open(page, ternmq.console + AT);
  const own = new URL(await page.locator(".endpoint output").first().innerText()).host;
  const shared = `127.0.0.1:${ternmq.tcpPort}`;

  await refusedSend({ endpoint: shared, instance: INSTANCE }, "NoSuchTopic");
  await refusedSend({ endpoint: own, instance: SECOND }, LONG);
  // Another tenant at this instance's own port: with its own names, and with the names of this one.
  const rival = { endpoint: own, key_id: acme.FOREIGN_KEY_ID, secret: acme.FOREIGN_SECRET };
  await refusedSend({ ...rival, instance: acme.FOREIGN }, "TopicOfRival");
  const told = await refusedSend({ ...rival, instance: INSTANCE }, "TopicTestMQ");
  expect(told, "what exists elsewhere answers as what does not exist").not.toMatch(/permission|not granted|acme/i);

  await open(page, `${ternmq.console}/access-keys?lang=en`);
  const operator = await browser.newPage();
  await signIn(operator, ternmq);
  await open(operator, `${ternmq.console}/access-keys`);
  const key = operator.getByRole("row", { name: new RegExp(KEY_ID.slice(-8)) });
  await key.getByRole("button", { name: "Disable" }).click();
  const dialog = operator.locator("dialog[open]");
  if ((await dialog.getByRole("textbox").count()) > 0) await dialog.getByRole("textbox").fill(KEY_ID);
  await dialog.getByRole("button", { name: "Disable AccessKey" }).click();
  await expect(key).toContainText("Inactive");
  await operator.context().close();
  await refusedSend({ endpoint: shared, instance: INSTANCE }, "TopicTestMQ");

  await open(page, `${ternmq.console}${AT}/rejected`);
  const row = (text: string | RegExp) => main(page).getByRole("row").filter({ hasText: text }).first();
  await expect(row("AccessKey is inactive")).toContainText(/Enable TNQ0aB1cD2eF3gH4iJ5kL6mN, or use a new AccessKey/);
  await expect(row("Topic does not exist")).toContainText("NoSuchTopic");
  await expect(row("Topic does not exist"), "what tells it from other rows").toContainText(new RegExp(`AccessKey ID ${KEY_ID} · Resource \\S*NoSuchTopic · Request code \\d+`));
  await expect(row("Belongs to another instance")).toContainText("Check the endpoint and the instance ID");
  const text = await page.content();
  for (const secret of [acme.FOREIGN_KEY_ID, acme.FOREIGN, "TopicOfRival", "rival"]) expect(text, "of another account").not.toContain(secret);

  // The search finds what the rows show.
  await page.locator("main input[type=search]").fill("127.0.0.1");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=127/);
  await expect(row("Topic does not exist")).toBeVisible();
  await expect(row("AccessKey is inactive")).toBeVisible();
  await page.locator("main input[type=search]").fill("NoSuchTopic");
  await page.keyboard.press("Enter");
  await expect(row("AccessKey is inactive")).toHaveCount(0);
  await expect(row("Topic does not exist")).toBeVisible();

  const theirs = await browser.newPage();
  await signIn(theirs, ternmq, acme.RIVAL);
  for (const path of ["overview", `i/${acme.FOREIGN}/rejected`]) {
    await open(theirs, `${ternmq.console}${acme.REGION}/${path}`);
    const content = await theirs.content();
    // The name of this instance is among what their own client asked for.
    for (const secret of [KEY_ID, "NoSuchTopic", LONG]) expect(content, `${path} of another account`).not.toContain(secret);
  }
  await theirs.context().close();
});
