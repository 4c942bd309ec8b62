// What every browser test gets: a page on which any console error, warning or page error fails the
// test, and a wait for hydration after each full load (a click before it is lost).
import AxeBuilder from "@axe-core/playwright";
import { expect, Page, test as base } from "@playwright/test";

export { expect } from "@playwright/test";

export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      watch(page, complaints);
      await use(complaints);
      expect(complaints, "console errors and warnings").toEqual([]);
    },
    { auto: true },
  ],
});

export function watch(page: Page, complaints: string[]): void {
  page.on("console", (message) => {
    // Chromium reports every answer above 399 by itself; these four are how a question is refused.
    if (/status of (401|403|409|422)/.test(message.text())) return;
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()} (${page.url()})`);
  });
  page.on("pageerror", (error) => complaints.push(`pageerror: ${error.message} (${page.url()})`));
}

export async function hydrated(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ timeout: 15_000 });
}

export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await hydrated(page);
}

export async function noSeriousAxe(page: Page, where: string): Promise<void> {
  const result = await new AxeBuilder({ page }).analyze();
  const serious = result.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  const told = serious.map((v) => `${v.id}: ${v.help} — ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  expect.soft(told, `axe findings on ${where}`).toEqual([]);
}

/** Set once, gone when the document is loaded again. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => ((window as { marked?: boolean }).marked = true));
}
export const marked = (page: Page) => page.evaluate(() => (window as { marked?: boolean }).marked === true);
