import { expect, test } from "vitest";
import { count, needsWord, took } from "./figures";

const came = [
  { severity: "alarm", state: "confirmed", count: 2 },
  { severity: "alert", state: "new", count: 3 },
] as const;

test("counts are summed by what is asked for", () => {
  expect(count([...came])).toBe(5);
  expect(count([...came], (one) => one.severity === "alarm")).toBe(2);
  expect(count([])).toBe(0);
});

test("what has not happened took no time", () => {
  expect(took(75)).toBe("1:15");
  expect(took(null)).toBe("–");
});

test("a camera with a hole is told of", () => {
  const well = { gaps: 0, longest_seconds: 0, total_seconds: 0 };
  const camera = { camera_id: "a", name: "a", missing_since: null, recording: well, analysis: well };
  expect(needsWord(camera)).toBe(false);
  expect(needsWord({ ...camera, analysis: { ...well, gaps: 1 } })).toBe(true);
});
