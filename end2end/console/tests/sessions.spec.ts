// What an open page does when its session or its server ends.
import { AT, OWNER, PASSWORD, REGION, signIn, startWithAccounts } from "../support/account";
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

test("signing out in one tab leads the other to the sign-in page and back", async ({ page, context, complaints }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/topics`);
  const other = await context.newPage();
  watch(other, complaints);
  await open(other, `${ternmq.console}${REGION}/overview`);
  await other.getByRole("button", { name: /Account menu/ }).click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL(/sign-in/);
  await expect(page.locator("main").getByText(/Session ended/).first(), "said without a click").toBeVisible(SOON);
  await page.getByRole("navigation", { name: "Main menu" }).getByRole("link", { name: "Groups" }).click();
  await expect(page).toHaveURL(/sign-in\?next=/);
  await page.locator("#account").fill(OWNER.account);
  await page.locator("#user").fill(OWNER.user);
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/groups/);
  await expect(page.getByRole("row", { name: /GID_test/ })).toBeVisible();
});

test("a restart of the server shows as reconnecting, then live, without a reload", async ({ page, complaints }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${AT}/topics`);
  await expect(page.getByText(/^Live · as of/).first()).toBeVisible();
  await mark(page);
  await ternmq.halt();
  await expect(page.getByText(/^Reconnecting/).first()).toBeVisible(SOON);
  await expect(page.getByRole("row", { name: /TopicTestMQ/ }), "what was read stays").toBeVisible();
  await ternmq.start();
  await expect(page.getByText(/^Live · as of/).first()).toBeVisible({ timeout: 20_000 });
  expect(await marked(page), "not loaded again").toBe(true);
  expectOutage(complaints);
});

test("while the server is away nothing looks like the present: tiles, badges and tables say that they are old", async ({ page, complaints }) => {
  await signIn(page, ternmq);
  const main = page.locator("main");
  for (const [path, tiles, badges, tables] of [
    [`${REGION}/overview`, 5, 0, 0],
    // The other is unknown: the group has never subscribed anything.
    [`${AT}/groups/tcp/GID_test`, 1, 1, 0],
    [`${AT}/topics/TopicTestMQ`, 0, 0, 1],
    [`${AT}/groups/tcp`, 0, 1, 1],
  ] as const) {
    await open(page, ternmq.console + path);
    await expect(main.getByText(/^Live · as of/).first(), path).toBeVisible();
    await expect(main.locator("[data-stale], .tile[data-v=stale]"), path).toHaveCount(0);
    await ternmq.halt();
    await expect(main.getByText(/^Reconnecting/).first(), path).toBeVisible(SOON);
    await expect(main.locator(".tile[data-v=stale]"), path).toHaveCount(tiles);
    if (tiles > 0) await expect(main.locator(".tile[data-v=stale] .tile-s").first()).toHaveText(/^As of \d\d:\d\d:\d\d · reconnecting$/);
    expect(await main.locator(".state[data-stale]").count(), `${path}: badges`).toBeGreaterThanOrEqual(badges);
    await expect(main.locator(".state:not([data-stale])"), `${path}: no badge of the present`).toHaveCount(0);
    await expect(main.locator("table[data-stale]"), path).toHaveCount(tables);
    if (path === `${AT}/groups/tcp`) {
      await page.getByRole("navigation", { name: "Main menu" }).getByRole("link", { name: "Topics" }).click();
      await expect(page).toHaveURL(/\/topics$/);
      await expect(page.locator(".chips .chip"), "the instances stay as they were read last").toHaveCount(2);
    }
    await ternmq.start();
    await open(page, ternmq.console + path);
    await expect(main.getByText(/^Live · as of/).first(), path).toBeVisible({ timeout: 20_000 });
    await expect(main.locator("[data-stale], .tile[data-v=stale]"), path).toHaveCount(0);
  }
  expectOutage(complaints);
});

test("a refused event stream is said, and comes back by itself", async ({ page, complaints }) => {
  await signIn(page, ternmq);
  await page.route("**/events?*", (route) => route.fulfill({ status: 503, body: "" }));
  await open(page, `${ternmq.console}${AT}/topics`);
  await expect(page.locator("main").getByText(/Refresh failed|Refreshing failed|Reconnecting/).first()).toBeVisible({ timeout: 10_000 });
  await mark(page);
  await page.unroute("**/events?*");
  await expect(page.getByText(/^Live · as of/).first()).toBeVisible({ timeout: 30_000 });
  expect(await marked(page), "not loaded again").toBe(true);
  expectOutage(complaints);
});

/** The browser itself reports each request that finds nobody. */
function expectOutage(complaints: string[]): void {
  const others = complaints.filter((line) => !/net::ERR_|status of 50[23]/.test(line));
  complaints.splice(0, complaints.length, ...others);
}

test("an event stream and a held page do not keep the server from stopping", async ({ page, complaints }) => {
  await signIn(page, ternmq);
  await open(page, `${ternmq.console}${REGION}/overview`);
  const start = Date.now();
  expect(await ternmq.halt()).toBe(0);
  expect(Date.now() - start).toBeLessThan(5_000);
  await page.close();
  await ternmq.start();
  expectOutage(complaints);
});
