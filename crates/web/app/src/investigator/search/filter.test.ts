import { expect, test } from "vitest";
import { parseFilter, periodOf, queryOf } from "./filter";

const now = Date.parse("2026-11-24T18:30:00Z"); // 01:30 of the 25th in Vietnam

test("days begin at midnight in Vietnam", () => {
  const midnight = Date.parse("2026-11-24T17:00:00Z");
  expect(periodOf({ period: "today" }, now)).toEqual({ from: midnight, to: now });
  expect(periodOf({ period: "yesterday" }, now)).toEqual({ from: midnight - 86_400_000, to: midnight });
  expect(periodOf({}, now)).toEqual({ from: now - 3_600_000, to: now });
});

test("an address that is not understood is a search without it", () => {
  expect(
    parseFilter({
      period: "ever",
      from: "soon",
      cameras: [7, "a"],
      classes: ["person", "ghost"],
      minScore: 4,
      shape: { kind: "area", ring: [[1, 2]] },
      zone: [0, 0, 2, 1],
      moving: "yes",
    }),
  ).toEqual({ cameras: ["a"], classes: ["person"] });
});

test("a zone needs the picture of one camera", () => {
  const zone = [0.1, 0.2, 0.3, 0.4];
  expect(parseFilter({ zone, cameras: ["a", "b"] })).toEqual({ cameras: ["a", "b"] });
  expect(parseFilter({ zone, cameras: ["a"] })).toEqual({ cameras: ["a"], zone });
});

test("a drawn area is closed for the server", () => {
  const ring = [
    [107.58, 16.46],
    [107.6, 16.46],
    [107.6, 16.48],
  ];
  const query = queryOf(parseFilter({ shape: { kind: "area", ring } }), { from: 0, to: 1000 });
  expect(query.polygon?.coordinates).toEqual([[...ring, ring[0]]]);
  expect(query.to).toBe("1970-01-01T00:00:01.000Z");
});

test("a circle and a route become what the server calls them", () => {
  const circle = parseFilter({ shape: { kind: "circle", centre: [107.59, 16.46], metres: 300 } });
  expect(queryOf(circle, { from: 0, to: 1 })).toMatchObject({ lon: 107.59, lat: 16.46, radius: 300 });
  const route = parseFilter({
    shape: {
      kind: "route",
      points: [
        [107.59, 16.46],
        [107.6, 16.47],
      ],
      metres: 50,
    },
  });
  expect(queryOf(route, { from: 0, to: 1 }).route).toEqual({
    points: [
      { longitude: 107.59, latitude: 16.46 },
      { longitude: 107.6, latitude: 16.47 },
    ],
    metres: 50,
  });
});
