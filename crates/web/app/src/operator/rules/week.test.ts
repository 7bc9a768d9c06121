import { expect, test } from "vitest";
import { bars } from "./week";

test("a night goes on in the next day, and from Sunday into Monday", () => {
  const week = bars([{ days: ["sunday"], from: "22:00", to: "05:00" }]);
  expect(week[6]).toEqual([[1320, 1440]]);
  expect(week[0]).toEqual([[0, 300]]);
});

test("a span to midnight ends with its day", () => {
  const week = bars([{ days: ["monday"], from: "00:00", to: "00:00" }]);
  expect(week[0]).toEqual([[0, 1440]]);
  expect(week[1]).toEqual([]);
});
