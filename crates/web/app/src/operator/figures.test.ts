import { expect, test } from "vitest";
import { bytes, span } from "./figures";

test("a length of time is told in the unit that says enough", () => {
  expect(span(3.25)).toMatch(/^3,3 giây$/);
  expect(span(61 * 86_400 + 5000)).toBe("61 ngày");
  expect(span(180)).toBe("3 phút");
});

test("sizes are told in thousands", () => {
  expect(bytes(0)).toMatch(/^0/);
  expect(bytes(1.25e12)).toMatch(/^1,3.TB$/);
});
