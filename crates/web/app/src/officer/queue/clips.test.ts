import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { clips, views } from "./clips";

const firing = (seconds: number, more: Partial<Schemas["FiringAnswer"]> = {}) =>
  ({
    at: new Date(Date.UTC(2026, 10, 24, 7, 0, seconds)).toISOString(),
    camera_id: "a",
    cameras: [],
    ...more,
  }) as unknown as Schemas["FiringAnswer"];
const camera = (id: string, latitude: number) =>
  ({ id, enabled: true, point: { latitude, longitude: 107 } }) as unknown as Schemas["Camera"];
const cameras = new Map(
  [camera("a", 16), camera("far", 16.01), camera("near", 16.001)].map((one) => [one.id, one]),
);

test("firings that follow each other are one clip, from before the first until after the last", () => {
  const [clip, ...more] = clips([firing(10), firing(25)]);
  expect(more).toEqual([]);
  expect(clip).toMatchObject({
    from: "2026-11-24T07:00:05.000Z",
    to: "2026-11-24T07:00:30.000Z",
    camera: "a",
  });
});

test("a clip is a minute at most, and skips silence", () => {
  const many = Array.from({ length: 12 }, (_, at) => firing(at * 10));
  const parts = clips([...many, firing(1000)]);
  expect(parts.map((part) => part.fired.length)).toEqual([6, 6, 1]);
  for (const part of parts) expect(Date.parse(part.to) - Date.parse(part.from)).toBeLessThanOrEqual(60_000);
});

test("the camera that saw it comes first, then the nearest", () => {
  expect(views(clips([firing(0)])[0], cameras).map((view) => view.camera)).toEqual(["a", "near", "far"]);
});

test("what no camera saw is shown by those that the server names", () => {
  const bell = firing(0, { camera_id: null, cameras: [{ camera_id: "far", metres: 80 }] });
  expect(views(clips([bell])[0], cameras)).toEqual([{ camera: "far", metres: 80 }]);
  const shown = firing(0, { ...bell, at: firing(0).at, camera_id: "far" });
  expect(views(clips([shown])[0], cameras)).toEqual([{ camera: "far", metres: 80 }]);
  expect(views(clips([firing(0, { camera_id: null })])[0], cameras)).toEqual([]);
});
