import { expect, test } from "vitest";
import type { Schemas } from "../api/client";
import { below, inOrder } from "./placeTree";

const place = (id: string, parent_id: string | null, more: Partial<Schemas["Place"]> = {}) =>
  [
    id,
    { id, parent_id, name: id, kind: "hamlet", former_names: [], created_at: "", version: 1, ...more },
  ] as [string, Schemas["Place"]];
const places = new Map([
  place("Tổ 10", "Xã"),
  place("Tổ 2", "Xã"),
  place("Xã", null),
  place("Tổ cũ", "Xã", { merged_into: "Tổ 2" }),
]);

test("the tree is shown parents first, siblings by name and number, without what was merged away", () => {
  expect(inOrder(places).map(({ place, depth }) => [place.name, depth])).toEqual([
    ["Xã", 0],
    ["Tổ 2", 1],
    ["Tổ 10", 1],
  ]);
});

test("a place lies below itself and what is above it", () => {
  expect(below(places, "Tổ 2", "Xã")).toBe(true);
  expect(below(places, "Xã", "Tổ 2")).toBe(false);
});
