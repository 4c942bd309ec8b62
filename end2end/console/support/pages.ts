// Every address of the console, as app/src/paths.rs builds them.
import { Page } from "@playwright/test";
import { AT, FOREIGN, LONG, REGION, SECOND } from "./account";
import { expect, open } from "./fixtures";
import { Ternmq } from "./server";

export interface StoredMessage {
  messageId: string;
  offsetId: string;
}

/** Sends one message from the Topic list, and looks it up for its offset message id. */
export async function sendMessage(
  page: Page,
  ternmq: Ternmq,
  message: { body: string; tag?: string; key?: string },
): Promise<StoredMessage> {
  await open(page, `${ternmq.console}${AT}/topics`);
  await page.getByRole("row", { name: /TopicTestMQ/ }).getByRole("button", { name: "Send", exact: true }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.locator("#send-body").fill(message.body);
  if (message.tag) await dialog.locator("#send-tag").fill(message.tag);
  if (message.key) await dialog.locator("#send-key").fill(message.key);
  await dialog.getByRole("button", { name: "OK", exact: true }).click();
  await expect(dialog).toContainText("Message sent");
  const messageId = /[0-9A-F]{32}/.exec((await dialog.innerText()).replace(/\s/g, ""))?.[0] ?? "";
  expect(messageId).not.toBe("");
  await dialog.getByRole("link", { name: "Query this message" }).click();
  const offset = page.locator("main dt", { hasText: "Offset ID" }).locator("xpath=following-sibling::dd");
  await expect(offset).toBeVisible();
  const offsetId = /[0-9A-F]{32}/.exec((await offset.innerText()).replace(/\s/g, ""))?.[0] ?? "";
  expect(offsetId).not.toBe("");
  return { messageId, offsetId };
}

/** For the owner of the first account, after one message with the Key K1 was sent. */
export function signedInPaths(stored: StoredMessage): Record<string, string> {
  return {
    home: "/",
    activate: "/activate",
    terms: "/terms",
    "access-keys": "/access-keys",
    audit: "/audit",
    overview: `${REGION}/overview`,
    instances: `${REGION}/instances`,
    "create-instance": `${REGION}/instances/create`,
    "topics-of-region": `${REGION}/topics`,
    "groups-of-region": `${REGION}/groups`,
    "messages-of-region": `${REGION}/messages`,
    "rejected-of-region": `${REGION}/rejected`,
    instance: AT,
    "instance-empty": `${REGION}/i/${SECOND}`,
    "instance-foreign": `${REGION}/i/${FOREIGN}`,
    topics: `${AT}/topics`,
    "topics-empty": `${REGION}/i/${SECOND}/topics`,
    "topics-no-match": `${AT}/topics?q=nothing_like_it`,
    topic: `${AT}/topics/TopicTestMQ`,
    "topic-long": `${AT}/topics/${LONG}`,
    "topic-subscription": `${AT}/topics/TopicTestMQ?tab=subscription`,
    "topic-foreign": `${REGION}/i/${FOREIGN}/topics/TopicOfRival`,
    "groups-tcp": `${AT}/groups/tcp`,
    "groups-http": `${AT}/groups/http`,
    "groups-empty": `${REGION}/i/${SECOND}/groups/tcp`,
    group: `${AT}/groups/tcp/GID_test`,
    "group-subscription": `${AT}/groups/tcp/GID_test?tab=subscription`,
    "by-id": `${AT}/messages/by-id`,
    "by-id-malformed": `${AT}/messages/by-id?id=not-an-id`,
    "by-id-none": `${AT}/messages/by-id?id=7F00000100002A9F0000000000001000`,
    "by-id-found": `${AT}/messages/by-id?id=${stored.messageId}`,
    message: `${AT}/messages/${stored.offsetId}`,
    "by-key": `${AT}/messages/by-key`,
    "by-key-found": `${AT}/messages/by-key?key=K1`,
    "by-topic": `${AT}/messages/by-topic?topic=TopicTestMQ`,
    rejected: `${AT}/rejected`,
    missing: `${REGION}/${"no-such-page".repeat(9)}`,
    "region-missing": "/r/nowhere/overview",
    "protocol-missing": `${AT}/groups/foo`,
  };
}

/** For anybody. */
export const signedOutPaths: Record<string, string> = {
  "sign-in": "/sign-in",
  "setup-invalid": "/setup/no-such-token",
  "password-invalid": "/password/no-such-token",
};

export const MISSING = ["missing", "instance-foreign", "topic-foreign", "region-missing", "protocol-missing"];

/** What does not exist is answered 404, which the browser itself reports as an error. */
export function forgetMissing(name: string, complaints: string[]): void {
  if (!MISSING.includes(name)) return;
  const others = complaints.filter((line) => !line.includes("status of 404"));
  complaints.splice(0, complaints.length, ...others);
}
