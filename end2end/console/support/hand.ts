// One way to act on the page for each kind of user: with the mouse, or with the keyboard alone.
import { expect, Locator, Page } from "@playwright/test";

export interface Hand {
  press(target: Locator): Promise<void>;
  type(field: Locator, text: string): Promise<void>;
  tick(box: Locator): Promise<void>;
  choose(radio: Locator): Promise<void>;
}

export function mouse(): Hand {
  return {
    press: (target) => target.click(),
    type: (field, text) => field.fill(text),
    tick: (box) => box.check({ force: true }),
    choose: (radio) => radio.check({ force: true }),
  };
}

export function keyboard(page: Page): Hand {
  // Tabs until the target has the focus, as a person would; a target that Tab never reaches fails.
  const reach = async (target: Locator): Promise<void> => {
    await expect(target).toBeVisible();
    for (let presses = 0; presses < 150; presses += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab never reaches ${target}`);
  };
  return {
    press: async (target) => {
      await reach(target);
      await page.keyboard.press("Enter");
    },
    type: async (field, text) => {
      await reach(field);
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
    },
    tick: async (box) => {
      await reach(box);
      await page.keyboard.press("Space");
      await expect(box).toBeChecked();
    },
    // Tab enters a group of radio buttons at the chosen one; the arrows move inside it.
    choose: async (radio) => {
      const name = (await radio.getAttribute("name")) ?? "";
      const inGroup = () => page.evaluate((n) => (document.activeElement as HTMLInputElement | null)?.name === n, name);
      for (let presses = 0; presses < 150 && !(await inGroup()); presses += 1) await page.keyboard.press("Tab");
      for (let presses = 0; presses < 10 && !(await radio.isChecked()); presses += 1) await page.keyboard.press("ArrowDown");
      await expect(radio).toBeChecked();
    },
  };
}
