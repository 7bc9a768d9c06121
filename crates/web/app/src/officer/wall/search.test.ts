import { expect, test } from "vitest";
import { layoutFor, neighbour, wallSearch } from "./search";

test("an address says only what a wall knows", () => {
  expect(wallSearch({ layout: 9, cameras: "a,b", page: 2, panel: true })).toMatchObject({
    layout: 9,
    cameras: "a,b",
    page: 2,
    panel: true,
  });
  expect(wallSearch({ layout: 7, page: 0, cameras: "", panel: "x" })).toEqual(wallSearch({}));
});

test("a wall shows all cameras where it can", () => {
  expect([1, 3, 6, 7, 200].map(layoutFor)).toEqual([1, 4, 6, 9, 16]);
});

test("arrows move in the grid and stop at its edge", () => {
  expect(neighbour(0, "ArrowDown", 9, 9)).toBe(3);
  expect(neighbour(2, "ArrowRight", 9, 9)).toBe(3);
  expect(neighbour(0, "ArrowUp", 9, 9)).toBe(0);
  expect(neighbour(4, "ArrowDown", 9, 6)).toBe(4);
  expect(neighbour(0, "ArrowDown", 6, 6)).toBe(1);
});
