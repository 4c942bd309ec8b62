// The quick start from an empty data folder to a found message and an online consumer, in Chinese by
// mouse and in English by keyboard, with the product's own sample projects as producer and consumer.
import { join } from "node:path";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { Locator, Page } from "@playwright/test";
import { expect, hydrated, open, test } from "../support/fixtures";
import { Hand, keyboard, mouse } from "../support/hand";
import { Program, unpack } from "../support/sample";
import { startTernmq, Ternmq } from "../support/server";
import { Lang, words, Word } from "../support/words";

const PASSWORD = "four terns over grey water";

/** The folder of an unpacked archive that holds the project (the archive may have one top folder). */
function project(folder: string): string {
  const entries = readdirSync(folder);
  const only = entries.length === 1 ? join(folder, entries[0]) : folder;
  return statSync(only).isDirectory() ? only : folder;
}

for (const { lang, locale, by } of [
  { lang: "zh" as Lang, locale: "zh-CN", by: "mouse" },
  { lang: "en" as Lang, locale: "en-US", by: "keyboard" },
]) {
  test.describe(`quick start in ${lang} by ${by}`, () => {
    test.use({ locale });
    test.setTimeout(420_000);

    let ternmq: Ternmq;
    const programs: Program[] = [];

    test.beforeAll(async () => {
      ternmq = await startTernmq();
    });
    test.afterAll(async () => {
      for (const program of programs) program.kill();
      const code = await ternmq?.stop();
      expect(code, "exit code after SIGTERM").toBe(0);
    });

    test("every step", async ({ page, context }) => {
      const w = words(lang);
      const hand: Hand = by === "mouse" ? mouse() : keyboard(page);
      const button = (word: Word, scope: Page | Locator = page) => scope.getByRole("button", { name: w(word), exact: true });
      const link = (word: Word, scope: Page | Locator = page) => scope.getByRole("link", { name: w(word), exact: true });
      const field = (word: Word, scope: Page | Locator = page) => scope.getByLabel(w(word));
      const menu = (word: Word) => page.getByRole("navigation", { name: lang === "zh" ? "主菜单" : "Main menu" }).getByRole("link", { name: w(word) });
      const heading = (word: Word) => page.getByRole("heading", { name: w(word) });
      const dialog = () => page.locator("dialog[open]");
      // An empty list has one way to fill it, in its middle.
      const fill = async (way: Locator) => {
        await expect(page.locator("main .empty")).toBeVisible();
        await expect(way).toHaveCount(1);
        await hand.press(way);
      };
      // The menu leads to the instance one is in, else to the list.
      const openInstance = async () => {
        const row = page.getByRole("row", { name: /orders/ });
        await expect(row.or(page.getByText(w("endpoints"))).first()).toBeVisible();
        if ((await row.count()) > 0) await hand.press(row.getByRole("link").first());
      };

      await test.step("0 set up and sign in", async () => {
        await page.goto(ternmq.console);
        await expect(page, "no session: sign-in").toHaveURL(/sign-in/);
        await open(page, await ternmq.setupLink());
        await expect(heading("createAdministrator")).toBeVisible();
        await hand.type(field("accountName"), "acme");
        await hand.type(field("userName"), "dev");
        await hand.type(page.locator("#password"), PASSWORD);
        await hand.type(page.locator("#password_again"), PASSWORD);
        await hand.press(button("createAdministrator"));
        await expect(button("signIn")).toBeVisible();
        await hydrated(page);
        await hand.type(page.getByLabel(w("account"), { exact: true }), "acme");
        await hand.type(field("userName"), "dev");
        await hand.type(field("password"), "not the password at all");
        await hand.press(button("signIn"));
        await expect(page.getByRole("alert")).toBeVisible();
        await hand.type(page.getByLabel(w("account"), { exact: true }), "acme");
        await hand.type(field("userName"), "dev");
        await hand.type(field("password"), PASSWORD);
        await hand.press(button("signIn"));
        await expect(menu("overview")).toBeVisible();
        await hydrated(page);
      });

      await test.step("1 activate the service", async () => {
        await hand.press(menu("topics"));
        await expect(page.locator("main")).toContainText(w("notActivated"));
        await hand.press(page.locator("main").getByRole("link", { name: w("activateNow") }));
        await expect(page.locator("main")).toContainText(w("confirmOrder"));
        await expect(button("activateNow")).toBeDisabled();
        await hand.tick(page.getByRole("checkbox"));
        await hand.press(button("activateNow"));
        await expect(page.locator("main")).toContainText(w("activated"));
        await page.reload();
        await hydrated(page);
      });

      let instanceId = "";
      await test.step("2 create an instance", async () => {
        await hand.press(menu("instanceDetails"));
        await expect(page.locator("main")).toContainText(w("noInstance"));
        await fill(link("createInstance").or(button("createInstance")));
        const name = field("instanceName");
        const submit = () => page.locator("form").getByRole("button", { name: w("confirm"), exact: true });
        await hand.type(name, "ab");
        await hand.press(submit());
        await expect(page.getByText(/3–64/).first()).toBeVisible();
        await expect(name).toHaveAttribute("aria-invalid", "true");
        await hand.type(name, "orders");
        await hand.type(field("description"), lang === "zh" ? "订单" : "Orders");
        await hand.press(submit());
        await expect(page.locator("main")).toContainText(w("running"));
        const text = await page.locator("main").innerText();
        instanceId = /MQ_INST_\d{16}_B[0-9A-Za-z]{7}/.exec(text.replace(/\s/g, ""))?.[0] ?? "";
        expect(instanceId).not.toBe("");
      });

      await test.step("3 create a Topic", async () => {
        await hand.press(menu("topics"));
        await fill(button("createTopic"));
        const name = dialog().locator("input[name=name], #name, #topic-name").first();
        const submit = () => dialog().getByRole("button", { name: w("okTopic"), exact: true });
        for (const bad of ["GID_x", "a.b", "TBW102"]) {
          await hand.type(name, bad);
          await hand.press(submit());
          await expect(name, bad).toHaveAttribute("aria-invalid", "true");
        }
        await hand.type(name, "TopicTestMQ");
        await hand.press(submit());
        await expect(page.getByRole("row", { name: /TopicTestMQ/ })).toBeVisible();
      });

      await test.step("4 create a Group ID", async () => {
        await hand.press(menu("groups"));
        await expect(page.getByRole("link", { name: w("httpTab") }).first()).toBeVisible();
        await fill(button("createGroup"));
        const name = dialog().locator("input[name=name], #name, #group-name").first();
        const submit = () => dialog().getByRole("button", { name: w("confirm"), exact: true });
        for (const bad of ["test", "TopicTestMQ"]) {
          await hand.type(name, bad);
          await hand.press(submit());
          await expect(name, bad).toHaveAttribute("aria-invalid", "true");
        }
        await hand.type(name, "GID_test");
        await hand.press(submit());
        await expect(page.getByRole("row", { name: /GID_test/ })).toBeVisible();
      });

      let keyId = "";
      let secret = "";
      await test.step("5 create an AccessKey", async () => {
        await hand.press(page.getByRole("button", { name: w("accountMenu") }));
        await hand.press(link("accessKeys").first());
        await fill(button("createKey"));
        await expect(dialog()).toBeVisible();
        const text = await dialog().innerText();
        keyId = /\bTN[0-9A-Za-z]{22}\b/.exec(text)?.[0] ?? "";
        secret = /\b[0-9A-Za-z]{30}\b/.exec(text)?.[0] ?? "";
        expect(keyId).toHaveLength(24);
        expect(secret).toMatch(/^[0-9A-Za-z]{30}$/);
        await hand.tick(dialog().getByRole("checkbox"));
        await hand.press(button("done", dialog()));
        await expect(page.locator("main")).not.toContainText(secret);
      });

      let folder = "";
      await test.step("6 endpoint and sample code", async () => {
        await hand.press(menu("instanceDetails"));
        await openInstance();
        await expect(page.locator("main")).toContainText(w("endpoints"));
        await expect(page.locator("main")).toContainText(/http:\/\/127\.0\.0\.1:\d{5}/);
        const download = page.waitForEvent("download");
        await hand.press(page.getByRole("link", { name: w("download") }));
        folder = project(unpack(await (await download).path()));
        const shown = page.locator("#sample pre");
        const file = (await shown.getAttribute("aria-label")) ?? "";
        expect(await shown.textContent(), `${file} is shown as it is in the archive`).toBe(readFileSync(join(folder, file), "utf8"));
        await expect(shown.locator(".k").first(), "in colours").toBeVisible();
      });

      let firstId = "";
      await test.step("7 send a test message and query it by ID", async () => {
        await hand.press(menu("topics"));
        await hand.press(button("send", page.getByRole("row", { name: /TopicTestMQ/ })));
        await hand.type(field("body", dialog()), '{"orderId": 9007199254740993}');
        await hand.type(field("tag", dialog()), "TagA");
        await hand.type(field("key", dialog()), "ORDERID_1");
        await hand.press(dialog().getByRole("button", { name: w("okTopic"), exact: true }));
        await expect(dialog()).toContainText(w("sent"));
        firstId = /[0-9A-F]{32}/.exec((await dialog().innerText()).replace(/\s/g, ""))?.[0] ?? "";
        expect(firstId).not.toBe("");
        await hand.press(link("queryThis", dialog()));
        await expect(page.locator("main")).toContainText(w("storedAt"));
        await expect(page.locator("main")).toContainText("TopicTestMQ");
      });

      await test.step("8 before any consumer: offline, not an error", async () => {
        await hand.press(menu("groups"));
        await hand.press(page.getByRole("row", { name: /GID_test/ }).getByRole("button", { name: w("subscription"), exact: true }));
        await expect(dialog()).toContainText(w("nobody"));
      });

      await test.step("9 the consumer sample: online and consistent by itself", async () => {
        const consumer = new Program(folder, "mvn", ["-q", "compile", "exec:java@consumer"], secret);
        programs.push(consumer);
        await expect(dialog()).toContainText(w("clustering"), { timeout: 90_000 });
        await expect(dialog()).toContainText("TopicTestMQ");
        await expect(dialog()).not.toContainText(w("nobody"));
        const figure = (word: Word) => dialog().locator("dt").filter({ hasText: w(word) }).first().locator("xpath=following-sibling::dd");
        await expect(figure("online")).toContainText(w("yes"));
        await expect(figure("consistent")).toContainText(w("yesConsistent"));
        await expect(dialog().locator("tbody tr"), "one row for the one client").toHaveCount(1);
        await expect(dialog().locator("tbody tr")).toContainText("*");
        await page.keyboard.press("Escape");
        await consumer.prints(/Receive/, 60);
        const producer = new Program(folder, "mvn", ["-q", "compile", "exec:java@producer"], secret);
        programs.push(producer);
        const sent = await producer.prints(/[0-9A-F]{32}/, 90);
        await consumer.prints(new RegExp(sent[0]), 30);
        await hand.press(menu("messageQuery"));
        await hand.type(page.getByLabel("Message ID", { exact: true }), sent[0]);
        await hand.press(button("search"));
        await expect(page.locator("main")).toContainText("ORDERID_100");
      });

      await test.step("10 by Key and by Topic", async () => {
        await hand.press(link("byKey").first());
        await hand.type(page.getByLabel("Message Key", { exact: true }), "ORDERID_100");
        await hand.press(button("search"));
        await expect(page.getByRole("row", { name: /ORDERID_100/ }).first()).toBeVisible();
        await hand.press(link("byTopic").first());
        await hand.type(page.getByLabel("Topic", { exact: true }), "TopicTestMQ");
        await hand.press(button("search"));
        await expect(page.getByRole("row", { name: /TagA/ }).first()).toBeVisible();
      });

      await test.step("11 a wrong secret is told under rejected connections", async () => {
        const wrong = new Program(folder, "mvn", ["-q", "compile", "exec:java@producer"], "0".repeat(30));
        programs.push(wrong);
        await hand.press(menu("rejected"));
        await expect(page.locator("main")).toContainText(w("wrongSignature"), { timeout: 60_000 });
        wrong.kill();
      });

      await test.step("12 clean up", async () => {
        for (const program of programs) program.kill();
        await hand.press(menu("instanceDetails"));
        await openInstance();
        await hand.press(button("delete", page.locator("main")).first());
        await expect(dialog()).toContainText(w("notEmpty"));
        await expect(dialog().getByRole("link", { name: "Topic: 1" })).toBeVisible();
        await expect(dialog().getByRole("link", { name: "Group ID: 1" })).toBeVisible();
        await expect(dialog()).toContainText("TopicTestMQ");
        await expect(dialog()).toContainText("GID_test");
        await expect(button("deleteInstance", dialog())).toBeDisabled();
        await page.keyboard.press("Escape");
        await hand.press(menu("topics"));
        await hand.press(page.getByRole("row", { name: /TopicTestMQ/ }).getByRole("button", { name: w("more") }));
        await hand.press(page.locator(":popover-open").getByRole("button", { name: w("delete") }));
        await hand.type(dialog().getByRole("textbox"), "TopicTestMQ");
        await hand.press(button("deleteTopic", dialog()));
        await expect(page.getByRole("row", { name: /TopicTestMQ/ })).toHaveCount(0);
        await hand.press(menu("groups"));
        await hand.press(page.getByRole("row", { name: /GID_test/ }).getByRole("button", { name: w("more") }));
        await hand.press(page.locator(":popover-open").getByRole("button", { name: w("delete") }));
        await hand.type(dialog().getByRole("textbox"), "GID_test");
        await hand.press(button("deleteGroup", dialog()));
        await expect(page.getByRole("row", { name: /GID_test/ })).toHaveCount(0);
        await hand.press(menu("instanceDetails"));
        await openInstance();
        await hand.press(button("delete", page.locator("main")).first());
        await hand.type(dialog().getByRole("textbox"), "orders");
        await hand.press(button("deleteInstance", dialog()));
        await expect(page.locator("main")).toContainText(w("noInstance"));
        await hand.press(page.getByRole("button", { name: w("accountMenu") }));
        await hand.press(link("audit").first());
        await expect(page.getByText(w("asOf"))).toBeVisible();
        for (const name of ["orders", "TopicTestMQ", "GID_test", keyId]) {
          await expect(page.locator("main")).toContainText(name);
        }
        // Changes in the order in which they were made; the list has the newest first.
        const made: Word[] = ["activateService", "createInstance", "createTopic", "createGroup", "createKey", "deleteTopic", "deleteGroup", "deleteInstance"];
        const actions = await page.locator("tbody tr th").allInnerTexts();
        const known = new Set(made.map((word) => String(w(word))));
        expect(actions.map((action) => action.trim()).filter((action) => known.has(action)).reverse()).toEqual(made.map((word) => String(w(word))));
      });

      await test.step("sign out", async () => {
        const session = async () => (await context.cookies()).filter((cookie) => /ternmq/i.test(cookie.name) && cookie.value !== "");
        expect(await session()).toEqual([expect.objectContaining({ httpOnly: true, path: "/" })]);
        await hand.press(page.getByRole("button", { name: w("accountMenu") }));
        await hand.press(button("signOut"));
        await expect(page).toHaveURL(/sign-in/);
        expect(await session(), "the session's cookie is gone").toEqual([]);
      });
    });
  });
}
