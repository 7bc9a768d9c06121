import { expect, test } from "vitest";
import { verdict } from "./recordedStream";

test("what is not there or not allowed is not asked for again", () => {
  for (const [status, fault] of [
    [401, "not_signed_in"],
    [403, "forbidden"],
    [404, "no_footage"],
    [410, "no_footage"],
    [500, "internal"],
  ] as const) {
    expect(verdict(status, 0, 0, 0)).toEqual({ fault });
  }
});

test("a lost line is tried for ever, less and less often", () => {
  const waits = [0, 1, 2, 9].map((failures) => verdict(0, failures, failures * 60_000, 0).again);
  expect(waits).toEqual([1_000, 2_000, 4_000, 10_000]);
  expect(verdict(502, 0, 0, 0)).toEqual({ fault: "no_connection", again: 1_000 });
});

test("a busy server is asked again when it wants, up to a minute", () => {
  expect(verdict(503, 0, 0, 3)).toEqual({ fault: "unavailable", again: 3_000 });
  expect(verdict(503, 5, 59_000, 0)).toEqual({ fault: "unavailable", again: 1_000 });
  expect(verdict(503, 9, 60_000, 3)).toEqual({ fault: "unavailable", again: undefined });
});
