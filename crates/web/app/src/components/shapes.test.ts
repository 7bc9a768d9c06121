import { expect, test } from "vitest";
import { crossesItself, isWhole, type PicturePoint, within } from "./shapes";

const square: PicturePoint[] = [
  [0.1, 0.1],
  [0.9, 0.1],
  [0.9, 0.9],
  [0.1, 0.9],
];
const bow: PicturePoint[] = [
  [0.1, 0.1],
  [0.9, 0.9],
  [0.9, 0.1],
  [0.1, 0.9],
];

test("a zone must not cross itself", () => {
  expect(crossesItself(square)).toBe(false);
  expect(crossesItself(bow)).toBe(true);
  expect(isWhole("polygon", square)).toBe(true);
  expect(isWhole("polygon", bow)).toBe(false);
  expect(isWhole("polygon", square.slice(0, 2))).toBe(false);
});

test("a line needs two points apart from each other", () => {
  expect(isWhole("line", [[0.5, 0.5]])).toBe(false);
  expect(
    isWhole("line", [
      [0.5, 0.5],
      [0.501, 0.5],
    ]),
  ).toBe(false);
  expect(isWhole("line", square.slice(0, 2))).toBe(true);
});

test("points stay in the picture", () => {
  expect(within([-0.2, 1.23456])).toEqual([0, 1]);
  expect(within([0.123456, 0.5])).toEqual([0.1235, 0.5]);
});
