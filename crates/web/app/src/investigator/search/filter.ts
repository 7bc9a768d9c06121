import type { Schemas } from "../../api/client";
import { rfc3339, toField } from "../../i18n/time";

export type EventQuery = Partial<Schemas["EventFilter"]>;
type Direction = Schemas["Heading"];

export const CLASSES = ["person", "bicycle", "motorcycle", "car", "bus", "truck"] as const;
export type ObjectClass = (typeof CLASSES)[number];
export const QUICK = ["hour", "today", "yesterday", "week"] as const;
export type Quick = (typeof QUICK)[number];
export const DIRECTIONS = ["left", "right", "up", "down"] as const satisfies Direction[];

/** Longitude and latitude, as GeoJSON orders them. */
export type Position = [number, number];
export type Shape =
  | { kind: "area"; ring: Position[] }
  | { kind: "circle"; centre: Position; metres: number }
  | { kind: "route"; points: Position[]; metres: number };
/** A rectangle in the picture, in parts of it: x, y, width, height. */
export type Rectangle = [number, number, number, number];

/** What the address of the page holds. */
export interface Filter {
  period?: Quick;
  from?: string;
  to?: string;
  place?: string;
  cameras?: string[];
  shape?: Shape;
  classes?: ObjectClass[];
  direction?: Direction;
  minSeconds?: number;
  maxSeconds?: number;
  minScore?: number;
  moving?: boolean;
  zone?: Rectangle;
  /** The result that is open. */
  event?: string;
}

function among<T extends string>(all: readonly T[], value: unknown): T | undefined {
  return all.find((one) => one === value);
}

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
const time = (value: unknown) =>
  typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
const number = (value: unknown, most = Number.MAX_VALUE) =>
  typeof value === "number" && value >= 0 && value <= most ? value : undefined;

function position(value: unknown): value is Position {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}

function positions(value: unknown, least: number): Position[] | undefined {
  return Array.isArray(value) && value.length >= least && value.every(position) ? value : undefined;
}

function shapeOf(value: unknown): Shape | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, ring, centre, points, metres } = value as Record<string, unknown>;
  const far = number(metres, 50_000);
  const corners = positions(ring, 3);
  const way = positions(points, 2);
  if (kind === "area" && corners) return { kind, ring: corners };
  if (kind === "circle" && position(centre) && far) return { kind, centre, metres: far };
  if (kind === "route" && way && far) return { kind, points: way, metres: far };
  return undefined;
}

/** Reads the address; what is not understood is left out. */
export function parseFilter(raw: Record<string, unknown>): Filter {
  const cameras = Array.isArray(raw.cameras) ? raw.cameras.map(text).filter((id) => id !== undefined) : [];
  const classes = Array.isArray(raw.classes)
    ? CLASSES.filter((one) => (raw.classes as unknown[]).includes(one))
    : [];
  const zone =
    Array.isArray(raw.zone) &&
    raw.zone.length === 4 &&
    raw.zone.every((part) => number(part, 1) !== undefined)
      ? (raw.zone as Rectangle)
      : undefined;
  const [from, to] = [time(raw.from), time(raw.to)];
  const parsed: Filter = {
    ...(from && to ? { from, to } : { period: among(QUICK, raw.period) }),
    place: text(raw.place),
    cameras: cameras.length ? cameras : undefined,
    shape: shapeOf(raw.shape),
    classes: classes.length ? classes : undefined,
    direction: among(DIRECTIONS, raw.direction),
    minSeconds: number(raw.minSeconds),
    maxSeconds: number(raw.maxSeconds),
    minScore: number(raw.minScore, 1),
    moving: raw.moving === true || undefined,
    zone: cameras.length === 1 ? zone : undefined,
    event: text(raw.event),
  };
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
}

export interface Period {
  from: number;
  to: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The period that is asked for; days begin at midnight in Vietnam. */
export function periodOf(filter: Filter, now: number): Period {
  if (filter.from && filter.to) return { from: Date.parse(filter.from), to: Date.parse(filter.to) };
  const midnight = Date.parse(`${toField(now).slice(0, 10)}T00:00:00+07:00`);
  switch (filter.period ?? "hour") {
    case "today":
      return { from: midnight, to: now };
    case "yesterday":
      return { from: midnight - DAY, to: midnight };
    case "week":
      return { from: now - 7 * DAY, to: now };
    default:
      return { from: now - HOUR, to: now };
  }
}

const point = ([longitude, latitude]: Position) => ({ latitude, longitude });

/** The route of a filter, as the server wants it. */
export function wayOf(shape: Shape | undefined) {
  return shape?.kind === "route" ? { points: shape.points.map(point), metres: shape.metres } : undefined;
}

/** What the server is asked. */
export function queryOf(filter: Filter, period: Period): EventQuery {
  const { shape, zone, cameras } = filter;
  const [camera] = cameras ?? [];
  const [x, y, w, h] = zone ?? [];
  const corners: [number, number][] | undefined =
    x !== undefined && y !== undefined && w !== undefined && h !== undefined
      ? [
          [x, y],
          [x + w, y],
          [x + w, y + h],
          [x, y + h],
        ]
      : undefined;
  const query: EventQuery = {
    from: rfc3339(period.from),
    to: rfc3339(period.to),
    place: filter.place ? [filter.place] : undefined,
    camera: cameras,
    class: filter.classes,
    min_score: filter.minScore,
    min_duration: filter.minSeconds,
    max_duration: filter.maxSeconds,
    moving: filter.moving,
    direction: filter.direction,
    route: wayOf(shape),
    zone: camera && corners ? { camera_id: camera, polygon: corners } : undefined,
  };
  if (shape?.kind === "area") {
    const [first] = shape.ring;
    query.polygon = { type: "Polygon", coordinates: [first ? [...shape.ring, first] : shape.ring] };
  }
  if (shape?.kind === "circle") {
    [query.lon, query.lat] = shape.centre;
    query.radius = shape.metres;
  }
  return query;
}
