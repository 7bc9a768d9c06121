import { expect, test } from "vitest";
import { centred, ticks, tile, zoomed } from "./scale";

const day = { from: Date.parse("2026-11-24T00:00:00+07:00"), to: Date.parse("2026-11-25T00:00:00+07:00") };
const hour = 3_600_000;

test("what is under the pointer stays there", () => {
  const at = day.from + 6 * hour;
  const nearer = zoomed(day, 0.5, at);
  expect(nearer.to - nearer.from).toBe(12 * hour);
  expect((at - nearer.from) / (nearer.to - nearer.from)).toBe(0.25);
});

test("it shows from five minutes to 62 days", () => {
  expect(zoomed(day, 1e-9, day.from)).toEqual({ from: day.from, to: day.from + 300_000 });
  const widest = zoomed(day, 1e9, day.from);
  expect(widest.to - widest.from).toBe(62 * 24 * hour);
});

test("the axis has round times of Vietnam", () => {
  const { step, marks } = ticks(day, 1000);
  expect(step).toBe(2 * hour);
  expect(marks).toHaveLength(13);
  expect(marks.filter((mark) => mark.day).map((mark) => mark.at)).toEqual([day.from, day.to]);
});

test("neighbouring views ask for the same, and find all of themselves in it", () => {
  const view = centred(day.from, 3600);
  expect(tile(view)).toEqual(tile({ from: view.from + 60_000, to: view.to + 60_000 }));
  for (const seconds of [300, 4000, 90_000, 2_000_000]) {
    const one = centred(day.from + 12_345_678, seconds);
    const known = tile(one);
    expect(known.from).toBeLessThanOrEqual(one.from);
    expect(known.to).toBeGreaterThanOrEqual(one.to);
  }
});
