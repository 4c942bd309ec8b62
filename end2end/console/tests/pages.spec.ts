// Every address of the console wakes up without a complaint, with no serious accessibility finding in
// two languages and two themes, and is never wider than a narrow window. Pictures of all of them are
// left beside the results, to be looked at.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Page } from "@playwright/test";
import { expect, noSeriousAxe, open, test } from "../support/fixtures";
import { startTernmq, Ternmq } from "../support/server";

const UID = "1000000000000001";
const INSTANCE = `MQ_INST_${UID}_Babcdefg`;
const SECOND = `MQ_INST_${UID}_Bhijklmn`;
const PASSWORD = "four terns over grey water";
const LONG = "inventory_reserve_release_by_warehouse_cn_east_v2_for_all_stores";

const RESOURCES = `
[[account]]
name = "acme"
uid = "${UID}"
service = true
[[account.user]]
name = "lin.chen"
role = "owner"
operator = true
password_env = "TEST_PASSWORD"
[[account.user.access_key]]
id = "TNQ0aB1cD2eF3gH4iJ5kL6mN"
secret_env = "TEST_SECRET"
[[account.instance]]
name = "orders"
region = "public"
id_suffix = "Babcdefg"
[[account.instance.topic]]
name = "TopicTestMQ"
type = "normal"
[[account.instance.topic]]
name = "${LONG}"
type = "normal"
[[account.instance.group]]
name = "GID_test"
protocol = "tcp"
[[account.instance.group]]
name = "GID_http"
protocol = "http"
[[account.instance]]
name = "订单-测试"
region = "public"
id_suffix = "Bhijklmn"
`;

const REGION = "/r/public";
const AT = `${REGION}/i/${INSTANCE}`;

/** Signed-in addresses, as app/src/paths.rs builds them. */
const paths: Record<string, string> = {
  activate: "/activate",
  terms: "/terms",
  "access-keys": "/access-keys",
  audit: "/audit",
  overview: `${REGION}/overview`,
  instances: `${REGION}/instances`,
  "create-instance": `${REGION}/instances/create`,
  instance: AT,
  "instance-empty": `${REGION}/i/${SECOND}`,
  topics: `${AT}/topics`,
  "topics-empty": `${REGION}/i/${SECOND}/topics`,
  "topics-no-match": `${AT}/topics?q=nothing_like_it`,
  topic: `${AT}/topics/TopicTestMQ`,
  "groups-tcp": `${AT}/groups/tcp`,
  "groups-http": `${AT}/groups/http`,
  "groups-empty": `${REGION}/i/${SECOND}/groups/tcp`,
  group: `${AT}/groups/tcp/GID_test`,
  "by-id": `${AT}/messages/by-id`,
  "by-id-malformed": `${AT}/messages/by-id?id=not-an-id`,
  "by-id-none": `${AT}/messages/by-id?id=7F00000100002A9F0000000000001000`,
  "by-key": `${AT}/messages/by-key`,
  "by-topic": `${AT}/messages/by-topic?topic=TopicTestMQ`,
  rejected: `${AT}/rejected`,
  missing: `${REGION}/no-such-page`,
};

const pictures = join(process.env.TERNMQ_E2E_OUT ?? "test-results", "..", "pictures");

async function signIn(page: Page, ternmq: Ternmq): Promise<void> {
  await open(page, `${ternmq.console}/sign-in?lang=en`);
  await page.locator("#account").fill("acme");
  await page.locator("#user").fill("lin.chen");
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("navigation", { name: "Main menu" }).waitFor();
}

let ternmq: Ternmq;

test.beforeAll(async () => {
  ternmq = await startTernmq("", RESOURCES, { TEST_PASSWORD: PASSWORD, TEST_SECRET: "s".repeat(30) });
  mkdirSync(pictures, { recursive: true });
});
test.afterAll(async () => {
  expect(await ternmq?.stop(), "exit code after SIGTERM").toBe(0);
});

/** A page that does not exist is answered 404, which the browser itself reports as an error. */
function expectMissing(name: string, complaints: string[]): void {
  if (name !== "missing") return;
  const others = complaints.filter((line) => !line.includes("404"));
  complaints.splice(0, complaints.length, ...others);
}

for (const lang of ["zh", "en"]) {
  for (const theme of ["light", "dark"]) {
    test(`pages in ${lang}, ${theme}`, async ({ page, context, complaints }) => {
      test.setTimeout(300_000);
      await signIn(page, ternmq);
      const { hostname } = new URL(ternmq.console);
      await context.addCookies([
        { name: "lang", value: lang, domain: hostname, path: "/" },
        { name: "theme", value: theme, domain: hostname, path: "/" },
      ]);
      for (const [name, path] of Object.entries(paths)) {
        await page.setViewportSize({ width: 1440, height: 900 });
        await open(page, ternmq.console + path);
        expect.soft(await page.locator("html").getAttribute("lang")).toBe(lang === "zh" ? "zh-CN" : "en");
        await noSeriousAxe(page, `${name} in ${lang}, ${theme}`);
        await page.screenshot({ path: join(pictures, `${lang}-${name}-1440-${theme}.png`), fullPage: true });
        await page.setViewportSize({ width: 390, height: 844 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect.soft(overflow, `${name}: wider than a narrow window by`).toBeLessThanOrEqual(0);
        await page.screenshot({ path: join(pictures, `${lang}-${name}-390-${theme}.png`), fullPage: true });
        expectMissing(name, complaints);
      }
    });
  }
}

test("an event stream and a held page do not keep the server from stopping", async ({ page }) => {
  const own = await startTernmq("", RESOURCES, { TEST_PASSWORD: PASSWORD, TEST_SECRET: "s".repeat(30) });
  await signIn(page, own);
  await open(page, `${own.console}${REGION}/overview`);
  const start = Date.now();
  expect(await own.stop()).toBe(0);
  expect(Date.now() - start).toBeLessThan(5_000);
  await page.close();
});
