import { expect, test } from "vitest";
import { boxAt } from "./Boxes";

const path = [
  { time: "2026-11-24T07:00:00Z", box: { x: 0, y: 0, w: 0.2, h: 0.4 } },
  { time: "2026-11-24T07:00:02Z", box: { x: 0.5, y: 0.2, w: 0.2, h: 0.4 } },
];
const at = (time: string) => Date.parse(time);

test("a box moves evenly between two points of the path", () => {
  expect(boxAt(path, at("2026-11-24T07:00:01Z"))).toEqual({ x: 0.25, y: 0.1, w: 0.2, h: 0.4 });
});

test("a box is not shown where the object was not followed", () => {
  expect(boxAt(path, at("2026-11-24T06:59:58Z"))).toBeNull();
  expect(boxAt(path, at("2026-11-24T07:00:05Z"))).toBeNull();
  expect(boxAt(path, at("2026-11-24T07:00:02.200Z"))).toEqual(path[1]?.box);
  expect(boxAt([], 0)).toBeNull();
});
