import { expect, test } from "vitest";
import { catchUp } from "./liveStream";

test("a picture that is near the newest is left alone", () => {
  expect(catchUp(9.5, 0, 10)).toBeNull();
  expect(catchUp(9, 0, 10)).toBeNull();
});

test("one that is behind, or beside what has come, goes to the newest", () => {
  expect(catchUp(8, 0, 10)).toBe(9.75);
  expect(catchUp(0, 100, 110)).toBe(109.75);
  expect(catchUp(10, 20, 20.1)).toBe(20);
  expect(catchUp(12, 0, 10)).toBe(9.75);
});
