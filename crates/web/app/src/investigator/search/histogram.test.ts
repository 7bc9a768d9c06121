import { expect, test } from "vitest";
import { columnLength, histogram } from "./histogram";

const hour = 3_600_000;
const day = { from: Date.parse("2026-11-24T00:00:00+07:00"), to: Date.parse("2026-11-25T00:00:00+07:00") };

test("columns are as long as people count time", () => {
  expect(columnLength({ from: 0, to: hour }, 60)).toBe(60_000);
  expect(columnLength(day, 60)).toBe(1_800_000);
  expect(columnLength({ from: 0, to: 62 * 24 * hour }, 60)).toBe(172_800_000);
});

test("columns of days begin at midnight in Vietnam", () => {
  const columns = histogram([], { from: day.from + hour, to: day.from + 40 * 24 * hour }, 60);
  expect(columns[0]?.from).toBe(day.from);
});

test("what began before the period counts at its start, what is outside does not", () => {
  const seen = [
    { class: "person" as const, first_seen: "2026-11-23T23:59:00+07:00" },
    { class: "person" as const, first_seen: "2026-11-24T00:10:00+07:00" },
    { class: "car" as const, first_seen: "2026-11-24T23:59:00+07:00" },
    { class: "car" as const, first_seen: "2026-11-25T00:01:00+07:00" },
  ];
  const columns = histogram(seen, day);
  expect(columns).toHaveLength(48);
  expect(columns[0]).toMatchObject({ total: 2, counts: new Map([["person", 2]]) });
  expect(columns[47]).toMatchObject({ total: 1, counts: new Map([["car", 1]]) });
});

test("what the server has counted is sorted in like what was seen", () => {
  const columns = histogram(
    [
      { class: "person", first_seen: "2026-11-24T00:00:00+07:00", count: 7 },
      { class: "car", first_seen: "2026-11-24T00:00:00+07:00", count: 2 },
    ],
    day,
  );
  expect(columns[0]).toMatchObject({
    total: 9,
    counts: new Map([
      ["person", 7],
      ["car", 2],
    ]),
  });
});
