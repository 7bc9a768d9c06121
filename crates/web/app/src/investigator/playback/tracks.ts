import type { Schemas } from "../../api/client";
import type { ObjectClass } from "../search/filter";

export interface Span {
  from: number;
  to: number;
}

export type Reason = Schemas["GapReason"];
export interface Missing extends Span {
  reason: Reason;
}
export interface Seen extends Span {
  id: string;
  class: ObjectClass;
}
export interface Active extends Span {
  /** 0 to 1. */
  peak: number;
}

/** What is known of a camera's recording in a period. */
export interface Track {
  camera: string;
  recorded: Span[];
  missing: Missing[];
  /** Recorded, but not looked at for objects. */
  unseen: Missing[];
  events: Seen[];
  activity: Active[];
  /** Before this moment there are events that are not among these. */
  eventsFrom: number;
}

/** Spans in order, joined where they touch. */
export function merge(spans: Span[], slack = 500): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && span.from <= last.to + slack) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}

export function trackOf(timeline: Schemas["Timeline"]): Track {
  const end = Date.parse(timeline.to);
  const gaps = (kind: Schemas["GapKind"]) =>
    timeline.gaps
      .filter((gap) => gap.kind === kind && !gap.caught_up_at)
      .map((gap) => ({
        from: Date.parse(gap.from),
        to: gap.to ? Date.parse(gap.to) : end,
        reason: gap.reason,
      }));
  const events = timeline.events
    .map((event) => ({
      id: event.id,
      class: event.class,
      from: Date.parse(event.first_seen),
      to: Date.parse(event.last_seen),
    }))
    .sort((a, b) => a.from - b.from);
  const long = timeline.activity.bar_seconds * 1000;
  return {
    camera: timeline.camera_id,
    recorded: merge(
      timeline.recordings.flatMap((recording) =>
        recording.ranges.map((range) => ({ from: Date.parse(range.from), to: Date.parse(range.to) })),
      ),
    ),
    missing: gaps("recording"),
    unseen: gaps("analysis"),
    events,
    activity: timeline.activity.bars.map((bar) => {
      const from = Date.parse(bar.from);
      return { from, to: from + long, peak: bar.peak / 255 };
    }),
    eventsFrom: timeline.events_truncated ? (events[0]?.from ?? end) : Date.parse(timeline.from),
  };
}

export function covers(spans: Span[], at: number): boolean {
  return spans.some((span) => span.from <= at && at < span.to);
}

/** Why nothing is recorded at a moment, if that is known. */
export function reasonAt(track: Track, at: number): Reason | undefined {
  return track.missing.find((gap) => gap.from <= at && at < gap.to)?.reason;
}

/** The first moment from then on of which any camera has footage; null if there is none. */
export function nextFootage(tracks: Track[], at: number): number | null {
  let next: number | null = null;
  for (const track of tracks) {
    for (const span of track.recorded) {
      if (span.to <= at) continue;
      const from = Math.max(span.from, at);
      if (next === null || from < next) next = from;
    }
  }
  return next;
}

/** The nearest start after (or before) a moment. Starts this close to it are the moment itself. */
function nearest(starts: number[], at: number, way: 1 | -1, close = 300): number | null {
  const beyond = starts.filter((start) => (way > 0 ? start > at + close : start < at - close));
  if (beyond.length === 0) return null;
  return way > 0 ? Math.min(...beyond) : Math.max(...beyond);
}

export function neighbourEvent(tracks: Track[], at: number, way: 1 | -1): number | null {
  return nearest(
    tracks.flatMap((track) => track.events.map((event) => event.from)),
    at,
    way,
  );
}

/** Where movement begins: bars that follow one another are one. */
export function neighbourActivity(tracks: Track[], at: number, way: 1 | -1): number | null {
  const starts = tracks.flatMap((track) => merge(track.activity).map((span) => span.from));
  return nearest(starts, at, way);
}
