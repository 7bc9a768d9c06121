import { expect, test } from "vitest";
import { destination, emptySettings, isComplete, KINDS } from "./kinds";

test("a fresh channel of any kind is not complete, and leads nowhere yet", () => {
  for (const kind of KINDS) {
    expect(isComplete(emptySettings(kind)), kind).toBe(false);
    expect(destination(emptySettings(kind)), kind).toBe("");
  }
});

test("what is filled in is complete", () => {
  expect(isComplete({ type: "webhook", url: "https://ioc.example.vn/taimat" })).toBe(true);
  expect(isComplete({ type: "webhook", url: "ioc.example.vn" })).toBe(false);
  expect(destination({ type: "zalo", app_id: "1", recipient: { type: "group", group_id: "g" } })).toBe("g");
});
