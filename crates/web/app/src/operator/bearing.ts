import type { Schemas } from "../api/client";

type Point = Schemas["GeoPoint"];

const METRES_A_DEGREE = 111_320;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The direction from one point to another nearby: degrees clockwise from north, 0 to 360. */
export function bearingTo(from: Point, to: Point): number {
  const east = (to.longitude - from.longitude) * Math.cos(radians(from.latitude));
  const north = to.latitude - from.latitude;
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** A point some metres further in a direction. */
export function onwards(from: Point, bearing: number, metres: number): Point {
  const angle = radians(bearing);
  return {
    latitude: from.latitude + (Math.cos(angle) * metres) / METRES_A_DEGREE,
    longitude:
      from.longitude + (Math.sin(angle) * metres) / (METRES_A_DEGREE * Math.cos(radians(from.latitude))),
  };
}

/** Which of the eight winds a direction is: 0 north, 1 north-east, … */
export function wind(bearing: number): number {
  return Math.round((((bearing % 360) + 360) % 360) / 45) % 8;
}
