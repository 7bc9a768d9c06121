import { expect, test } from "vitest";
import { covers, merge, neighbourActivity, neighbourEvent, nextFootage, reasonAt, trackOf } from "./tracks";

const time = (minute: number, second = 0) =>
  new Date(Date.UTC(2026, 10, 24, 7, minute, second)).toISOString();
const at = (minute: number, second = 0) => Date.parse(time(minute, second));

const event = (id: string, minute: number) => ({
  id,
  class: "person" as const,
  score: 0.8,
  first_seen: time(minute),
  last_seen: time(minute, 20),
  stationary: false,
  ongoing: false,
});

const track = trackOf({
  camera_id: "c",
  from: time(0),
  to: time(30),
  recordings: [
    { stream: "main", ranges: [{ from: time(0), to: time(10), bytes: 1 }] },
    {
      stream: "sub",
      ranges: [
        { from: time(9), to: time(12), bytes: 1 },
        { from: time(20), to: time(30), bytes: 1 },
      ],
    },
  ],
  gaps: [
    {
      camera_id: "c",
      stream: "main",
      kind: "recording",
      from: time(12),
      to: time(20),
      reason: "camera_offline",
      detail: "",
    },
    {
      camera_id: "c",
      stream: "sub",
      kind: "analysis",
      from: time(1),
      to: time(2),
      reason: "overload",
      detail: "",
      caught_up_at: time(3),
    },
  ],
  events: [event("late", 25), event("early", 5)],
  events_truncated: true,
  activity: {
    bar_seconds: 60,
    bars: [
      { from: time(5), peak: 255 },
      { from: time(6), peak: 51 },
      { from: time(25), peak: 128 },
    ],
  },
});

test("both streams make one recording", () => {
  expect(track.recorded).toEqual([
    { from: at(0), to: at(12) },
    { from: at(20), to: at(30) },
  ]);
  expect(covers(track.recorded, at(11))).toBe(true);
  expect(covers(track.recorded, at(12))).toBe(false);
});

test("what is missing has its reason; what was looked at later is not missing", () => {
  expect(reasonAt(track, at(15))).toBe("camera_offline");
  expect(reasonAt(track, at(5))).toBeUndefined();
  expect(track.unseen).toEqual([]);
});

test("a stretch that no camera recorded is skipped", () => {
  expect(nextFootage([track], at(5))).toBe(at(5));
  expect(nextFootage([track], at(13))).toBe(at(20));
  const other = { ...track, recorded: [{ from: at(14), to: at(16) }] };
  expect(nextFootage([track, other], at(13))).toBe(at(14));
  expect(nextFootage([track], at(31))).toBeNull();
});

test("from event to event and from movement to movement", () => {
  expect(neighbourEvent([track], at(5), 1)).toBe(at(25));
  expect(neighbourEvent([track], at(25), -1)).toBe(at(5));
  expect(neighbourEvent([track], at(26), 1)).toBeNull();
  expect(neighbourActivity([track], at(5, 30), 1)).toBe(at(25));
  expect(neighbourActivity([track], at(25), -1)).toBe(at(5));
});

test("events of which there are more are told to be from their first", () => {
  expect(track.eventsFrom).toBe(at(5));
});

test("spans that touch are one", () => {
  expect(
    merge([
      { from: 10, to: 20 },
      { from: 0, to: 10 },
      { from: 2000, to: 3000 },
    ]),
  ).toEqual([
    { from: 0, to: 20 },
    { from: 2000, to: 3000 },
  ]);
});
