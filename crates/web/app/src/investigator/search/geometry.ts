import type { Position, Shape } from "./filter";

const EARTH = 6_371_008.8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Metres between two positions near each other. */
export function metresBetween([a, b]: Position, [c, d]: Position): number {
  const east = radians(c - a) * Math.cos(radians((b + d) / 2));
  return EARTH * Math.hypot(east, radians(d - b));
}

/** Metres along a line. */
export function length(points: Position[]): number {
  return points.reduce((sum, point, index) => {
    const before = points[index - 1];
    return before ? sum + metresBetween(before, point) : sum;
  }, 0);
}

/** A circle as a ring of corners. */
export function ring([longitude, latitude]: Position, metres: number): Position[] {
  return Array.from({ length: 65 }, (_, step) => {
    const turn = (step / 64) * 2 * Math.PI;
    const [east, north] = [Math.sin(turn) * metres, Math.cos(turn) * metres];
    const wide = EARTH * Math.cos(radians(latitude));
    return [longitude + (east / wide) * (180 / Math.PI), latitude + (north / EARTH) * (180 / Math.PI)];
  });
}

/** The circle of which a ring was drawn. */
export function circleOf(corners: Position[]): { centre: Position; metres: number } {
  const open = corners.slice(0, -1);
  const middle = (axis: 0 | 1) => open.reduce((sum, corner) => sum + corner[axis], 0) / (open.length || 1);
  const centre: Position = [middle(0), middle(1)];
  const [first] = corners;
  return { centre, metres: first ? Math.max(1, Math.round(metresBetween(centre, first))) : 1 };
}

/** Five digits are a metre: enough for an address that is passed on. */
export function short([longitude, latitude]: Position): Position {
  return [Math.round(longitude * 1e5) / 1e5, Math.round(latitude * 1e5) / 1e5];
}

export function toGeoJson(shape: Shape) {
  return shape.kind === "route"
    ? { type: "LineString" as const, coordinates: shape.points }
    : {
        type: "Polygon" as const,
        coordinates: [
          shape.kind === "circle"
            ? ring(shape.centre, shape.metres)
            : [...shape.ring, ...shape.ring.slice(0, 1)],
        ],
      };
}
