import { expect, test } from "vitest";
import { circleOf, length, metresBetween, ring } from "./geometry";

test("a hundredth of a degree in Hue", () => {
  expect(metresBetween([107.59, 16.46], [107.59, 16.47])).toBeCloseTo(1112, 0);
  expect(metresBetween([107.59, 16.46], [107.6, 16.46])).toBeCloseTo(1066.4, 0);
  expect(
    length([
      [107.59, 16.46],
      [107.59, 16.47],
      [107.6, 16.47],
    ]),
  ).toBeCloseTo(2178, 0);
});

test("a circle is found again in its ring", () => {
  const { centre, metres } = circleOf(ring([107.59, 16.46], 350));
  expect(metres).toBe(350);
  expect(metresBetween(centre, [107.59, 16.46])).toBeLessThan(1);
});
