import type { Schemas } from "../api/client";

type Point = Schemas["GeoPoint"];

/** Metres between two points that are near each other. */
export function metres(from: Point, to: Point): number {
  const north = (to.latitude - from.latitude) * 111_320;
  const east = (to.longitude - from.longitude) * 111_320 * Math.cos((from.latitude * Math.PI) / 180);
  return Math.hypot(north, east);
}

/** Those with a point, the nearest first. */
export function nearest<T extends { point?: Point | null }>(
  from: Point | null | undefined,
  all: Iterable<T>,
): { one: T; metres: number }[] {
  if (!from) return [];
  const measured = [...all].flatMap((one) => (one.point ? [{ one, metres: metres(from, one.point) }] : []));
  return measured.sort((a, b) => a.metres - b.metres);
}
