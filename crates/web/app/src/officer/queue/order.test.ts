import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { byUrgency, type Item, matches, withItem } from "./order";

const item = (id: string, more: Partial<Item> = {}) =>
  ({
    id,
    severity: "alert",
    state: "new",
    first_at: "2026-11-24T07:00:00Z",
    assigned_place_id: "hamlet",
    version: 1,
    ...more,
  }) as Item;
const places = new Map(
  [
    { id: "hamlet", parent_id: "commune" },
    { id: "commune", parent_id: null },
    { id: "other", parent_id: null },
  ].map((place) => [place.id, place as Schemas["Place"]]),
);

test("the worst come first, then the newest", () => {
  const items = [
    item("old"),
    item("new", { first_at: "2026-11-24T08:00:00Z" }),
    item("notice", { severity: "notice", first_at: "2026-11-24T09:00:00Z" }),
    item("alarm", { severity: "alarm", first_at: "2026-11-24T06:00:00Z" }),
  ];
  expect(items.sort(byUrgency).map((one) => one.id)).toEqual(["alarm", "new", "old", "notice"]);
});

test("an item belongs where its state, severity and place are asked for", () => {
  const all = { states: ["new" as const], severities: [] };
  expect(matches(item("a"), all, places)).toBe(true);
  expect(matches(item("a", { state: "confirmed" }), all, places)).toBe(false);
  expect(matches(item("a"), { ...all, severities: ["alarm"] }, places)).toBe(false);
  expect(matches(item("a"), { ...all, place: "commune" }, places)).toBe(true);
  expect(matches(item("a"), { ...all, place: "other" }, places)).toBe(false);
});

test("a change replaces what is older, and a fresh item is put in", () => {
  const pages = [{ items: [item("a", { version: 2 })], counts: {}, next_cursor: null }];
  expect(withItem(pages, item("a", { version: 3, state: "taken" }))[0]?.items[0]?.state).toBe("taken");
  expect(withItem(pages, item("a", { version: 1, state: "taken" }))[0]?.items[0]?.state).toBe("new");
  expect(withItem(pages, item("b"))[0]?.items.map((one) => one.id)).toEqual(["b", "a"]);
});
