import type { Schemas } from "../../api/client";
import { isWhole, type PicturePoint, type ShapeKind } from "../../components/shapes";

type Condition = Schemas["Condition"];
export type ConditionType = Condition["type"];

/** What a person can make a rule of; bells and reports have theirs by themselves. */
export const CONDITIONS = [
  "appears",
  "enters",
  "leaves",
  "stays",
  "crosses",
  "more_than",
  "stops",
  "wrong_way",
  "speed",
  "activity_without_object",
  "frozen",
  "covered",
  "camera_offline",
  "clock_wrong",
  "storage_behind",
] as const satisfies ConditionType[];

export type Makeable = (typeof CONDITIONS)[number];

/** Which fields a condition has. */
export const NEEDS: Record<
  Makeable,
  {
    zone?: "must" | "may";
    line?: true;
    ground?: true;
    arrow?: true;
    seconds?: [number, number];
    count?: true;
  }
> = {
  appears: {},
  enters: { zone: "must" },
  leaves: { zone: "must" },
  stays: { zone: "must", seconds: [0, 86_400] },
  crosses: { line: true },
  more_than: { zone: "may", count: true },
  stops: { zone: "may", seconds: [0, 86_400] },
  wrong_way: { zone: "may", arrow: true },
  speed: { ground: true },
  activity_without_object: { seconds: [0, 86_400] },
  frozen: { seconds: [60, 86_400] },
  covered: { seconds: [0, 1200] },
  camera_offline: { seconds: [0, 86_400] },
  clock_wrong: { seconds: [0, 86_400] },
  storage_behind: { seconds: [0, 86_400] },
};

/** Whether it is about objects, and not about the camera itself. */
export function isAboutObjects(type: ConditionType): boolean {
  return (
    CONDITIONS.indexOf(type as Makeable) < CONDITIONS.indexOf("activity_without_object") && isMakeable(type)
  );
}

export function isMakeable(type: ConditionType): type is Makeable {
  return (CONDITIONS as readonly string[]).includes(type);
}

/** A condition while it is being drawn: everything that any of them may need. */
export interface Draft {
  type: Makeable;
  /** Whether an optional zone is drawn at all. */
  inZone: boolean;
  zone: PicturePoint[];
  zoneName: string;
  line: PicturePoint[];
  lineName: string;
  direction: Schemas["Crossing"];
  arrow: PicturePoint[];
  ground: PicturePoint[];
  width: number;
  length: number;
  kmh: number;
  seconds: number;
  count: number;
}

export const emptyDraft = (type: Makeable, names: { zone: string; line: string }): Draft => ({
  type,
  inZone: false,
  zone: [],
  zoneName: names.zone,
  line: [],
  lineName: names.line,
  direction: "any",
  arrow: [],
  ground: [],
  width: 6,
  length: 20,
  kmh: 60,
  seconds: 120,
  count: 5,
});

const points = (raw: number[][]): PicturePoint[] => raw.map(([x = 0, y = 0]) => [x, y]);

/** A stored condition, to be changed. */
export function draftOf(condition: Condition, names: { zone: string; line: string }): Draft | null {
  if (!isMakeable(condition.type)) return null;
  const draft = emptyDraft(condition.type, names);
  if ("seconds" in condition) draft.seconds = condition.seconds;
  if ("count" in condition) draft.count = condition.count;
  if ("kmh" in condition) draft.kmh = condition.kmh;
  if ("zone" in condition && condition.zone) {
    draft.inZone = true;
    draft.zone = points(condition.zone.corners);
    draft.zoneName = condition.zone.name;
  }
  if ("line" in condition) {
    draft.line = points([condition.line.from, condition.line.to]);
    draft.lineName = condition.line.name;
    draft.direction = condition.direction ?? "any";
  }
  if ("ground" in condition) {
    draft.ground = points(condition.ground.corners);
    draft.width = condition.ground.width;
    draft.length = condition.ground.length;
  }
  if ("allowed" in condition) {
    const [x = 0, y = 0] = condition.allowed;
    const scale = 0.25 / Math.max(Math.abs(x), Math.abs(y), 1e-3);
    draft.arrow = [
      [0.5 - x * scale, 0.5 - y * scale],
      [0.5 + x * scale, 0.5 + y * scale],
    ];
  }
  return draft;
}

/** The shape that a condition still needs, or that can be drawn for it. */
export function shapesOf(draft: Draft): { kind: ShapeKind; field: "zone" | "line" | "arrow" | "ground" }[] {
  const needs = NEEDS[draft.type];
  return [
    ...(needs.line ? [{ kind: "line", field: "line" } as const] : []),
    ...(needs.ground ? [{ kind: "quad", field: "ground" } as const] : []),
    ...(needs.arrow ? [{ kind: "arrow", field: "arrow" } as const] : []),
    ...(needs.zone === "must" || (needs.zone && draft.inZone)
      ? [{ kind: "polygon", field: "zone" } as const]
      : []),
  ];
}

/** The condition as the API takes it; null while something is not drawn yet. */
export function conditionOf(draft: Draft): Condition | null {
  if (!shapesOf(draft).every(({ kind, field }) => isWhole(kind, draft[field]))) return null;
  const { type, seconds, count, kmh } = draft;
  const zone = { name: draft.zoneName, corners: draft.zone };
  const maybe = draft.inZone ? { zone } : {};
  switch (type) {
    case "appears":
      return { type };
    case "enters":
    case "leaves":
      return { type, zone };
    case "stays":
      return { type, zone, seconds };
    case "crosses": {
      const [from = [0, 0], to = [0, 0]] = draft.line;
      return { type, line: { name: draft.lineName, from, to }, direction: draft.direction };
    }
    case "more_than":
      return { type, count, ...maybe };
    case "stops":
      return { type, seconds, ...maybe };
    case "wrong_way": {
      const [from = [0, 0], to = [1, 0]] = draft.arrow;
      return { type, allowed: [to[0] - from[0], to[1] - from[1]], ...maybe };
    }
    case "speed":
      return { type, kmh, ground: { corners: draft.ground, width: draft.width, length: draft.length } };
    default:
      return { type, seconds };
  }
}
