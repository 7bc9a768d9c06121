import { expect, test } from "vitest";
import { destination, emptySettings, KINDS, missing, missingSecrets } from "./kinds";

test("a fresh channel of any kind lacks something, and leads nowhere yet", () => {
  for (const kind of KINDS) {
    expect(missing(emptySettings(kind)), kind).not.toEqual([]);
    expect(destination(emptySettings(kind)), kind).toBe("");
  }
});

test("what is filled in is not missed", () => {
  expect(missing({ type: "webhook", url: "https://ioc.example.vn/taimat" })).toEqual([]);
  expect(
    missing({ type: "email", host: "mail.example.vn", port: 465, from: "", to: ["lan@example.vn"] }),
  ).toEqual(["from"]);
  expect(missing({ type: "zalo", app_id: "1", recipient: { type: "user", user_id: "" } })).toEqual([
    "recipient.user_id",
  ]);
  expect(destination({ type: "zalo", app_id: "1", recipient: { type: "group", group_id: "g" } })).toBe("g");
});

test("secrets are given all together, or stay as they are stored", () => {
  expect(missingSecrets("webhook", {}, false)).toEqual(["secret"]);
  expect(missingSecrets("webhook", { secret: "" }, true)).toEqual([]);
  expect(missingSecrets("zalo", { access_token: "a" }, true)).toEqual(["refresh_token", "secret_key"]);
  expect(missingSecrets("email", {}, false)).toEqual([]);
});
