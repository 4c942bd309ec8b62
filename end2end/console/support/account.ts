// The accounts that tests without the quick start begin with, and the way to sign in as one of their users.
import { Page } from "@playwright/test";
import { open } from "./fixtures";
import { startTernmq, Ternmq } from "./server";

export const UID = "1000000000000001";
export const INSTANCE = `MQ_INST_${UID}_Babcdefg`;
export const SECOND = `MQ_INST_${UID}_Bhijklmn`;
/** Of another account. */
export const FOREIGN = "MQ_INST_1000000000000003_Bopqrstu";
export const PASSWORD = "four terns over grey water";
export const LONG = "inventory_reserve_release_by_warehouse_cn_east_v2_for_all_stores";
export const KEY_ID = "TNQ0aB1cD2eF3gH4iJ5kL6mN";
export const FOREIGN_KEY_ID = "TNR0aB1cD2eF3gH4iJ5kL6mN";
export const SECRET = "s".repeat(30);
export const FOREIGN_SECRET = "r".repeat(30);
export const REGION = "/r/public";
/** The pages of the first instance. */
export const AT = `${REGION}/i/${INSTANCE}`;

/** A person of the resources below. */
export interface Who {
  account: string;
  user: string;
}
export const OWNER: Who = { account: "acme", user: "lin.chen" };
/** Owns the same account, and is no operator. */
export const PLAIN_OWNER: Who = { account: "acme", user: "owen" };
/** May subscribe with one Group ID, and nothing else. */
export const MEMBER: Who = { account: "acme", user: "mia" };
/** Owns an account whose service is not activated. */
export const NEWCOMER: Who = { account: "newcomer", user: "li" };
/** Owns an account that has things of its own. */
export const RIVAL: Who = { account: "rival", user: "rui" };

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
id = "${KEY_ID}"
secret_env = "TEST_SECRET"
[[account.user]]
name = "owen"
role = "owner"
password_env = "TEST_PASSWORD"
[[account.user]]
name = "mia"
role = "member"
password_env = "TEST_PASSWORD"
[[account.user.grant]]
instance = "orders"
resource = "GID_test"
allow = ["subscribe"]
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

[[account]]
name = "newcomer"
uid = "1000000000000002"
service = false
[[account.user]]
name = "li"
role = "owner"
password_env = "TEST_PASSWORD"

[[account]]
name = "rival"
uid = "1000000000000003"
service = true
[[account.user]]
name = "rui"
role = "owner"
password_env = "TEST_PASSWORD"
[[account.user.access_key]]
id = "${FOREIGN_KEY_ID}"
secret_env = "TEST_FOREIGN_SECRET"
[[account.instance]]
name = "rival-orders"
region = "public"
id_suffix = "Bopqrstu"
[[account.instance.topic]]
name = "TopicOfRival"
type = "normal"
[[account.instance.group]]
name = "GID_rival"
protocol = "tcp"
`;

export function startWithAccounts(): Promise<Ternmq> {
  return startTernmq("", RESOURCES, { TEST_PASSWORD: PASSWORD, TEST_SECRET: SECRET, TEST_FOREIGN_SECRET: FOREIGN_SECRET });
}

export async function signIn(page: Page, ternmq: Ternmq, who: Who = OWNER): Promise<void> {
  await open(page, `${ternmq.console}/sign-in?lang=en`);
  await page.locator("#account").fill(who.account);
  await page.locator("#user").fill(who.user);
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("navigation", { name: "Main menu" }).waitFor();
}
