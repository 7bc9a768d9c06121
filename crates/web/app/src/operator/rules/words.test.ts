import { expect, test } from "vitest";
import { stretches } from "./words";

test("days in a row are told as a stretch", () => {
  expect(stretches(["monday", "tuesday", "wednesday", "saturday"])).toEqual([
    ["monday", "wednesday"],
    ["saturday", "saturday"],
  ]);
  expect(stretches([])).toEqual([]);
});
