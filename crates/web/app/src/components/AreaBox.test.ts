import { expect, test } from "vitest";
import { moved } from "./AreaBox";

const area = { x: 0.1, y: 0.1, width: 0.3, height: 0.2 };

test("a rectangle stays inside the picture", () => {
  expect(moved(area, -0.5, 0, false)).toEqual({ ...area, x: 0 });
  expect(moved(area, 5, 0.05, false)).toEqual({ ...area, x: 0.7, y: 0.15 });
});

test("its corner makes it larger and never smaller than can be seen", () => {
  expect(moved(area, 0.1, 5, true)).toEqual({ ...area, width: 0.4, height: 0.9 });
  expect(moved(area, -5, 0, true)).toEqual({ ...area, width: 0.02 });
});
