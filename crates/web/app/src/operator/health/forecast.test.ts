import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { forecast } from "./forecast";

const storage: Schemas["Storage"] = {
  disk_bytes: 2000,
  free_bytes: 900,
  used_bytes: 100,
  capacity_bytes: 1000,
  bytes_per_day: 10,
  days_until_full: 90,
  days_kept: 10,
  keep_days: 365,
  limited_by: "disk",
};

test("recordings grow until the room is used up", () => {
  const points = forecast(storage);
  expect(points[0]).toEqual({ day: 0, bytes: 100 });
  expect(points.at(-1)).toEqual({ day: 108, bytes: 1000 });
});

test("… or until their days are over", () => {
  const points = forecast({ ...storage, days_until_full: null, keep_days: 30, limited_by: "days" });
  expect(points.at(-1)?.bytes).toBe(300);
});

test("a day is told once, however few there are", () => {
  const days = forecast({ ...storage, days_until_full: 0.1 }).map(({ day }) => day);
  expect(days).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
