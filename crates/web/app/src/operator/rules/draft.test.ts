import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { conditionOf, draftOf, emptyDraft, isAboutObjects } from "./draft";

const names = { zone: "Vùng", line: "Vạch" };
const corners = [
  [0.1, 0.1],
  [0.9, 0.1],
  [0.9, 0.9],
  [0.1, 0.9],
];

test("what is stored comes back the same from the editor", () => {
  const stored: Schemas["Condition"][] = [
    { type: "appears" },
    { type: "stays", zone: { name: "Sân", corners }, seconds: 30 },
    { type: "crosses", line: { name: "Cổng", from: [0.5, 0], to: [0.5, 1] }, direction: "to_left" },
    { type: "more_than", count: 5 },
    { type: "stops", seconds: 300, zone: { name: "Lề", corners } },
    { type: "speed", kmh: 60, ground: { corners, width: 6, length: 30 } },
    { type: "frozen", seconds: 300 },
  ];
  for (const condition of stored) {
    const draft = draftOf(condition, names);
    expect(draft && conditionOf(draft)).toEqual(condition);
  }
});

test("an arrow keeps its direction", () => {
  const draft = draftOf({ type: "wrong_way", allowed: [2, -1] }, names);
  const back = draft && conditionOf(draft);
  expect(back?.type === "wrong_way" && (back.allowed[0] ?? 0) / (back.allowed[1] ?? 1)).toBeCloseTo(-2);
});

test("a condition is none until its shape is drawn", () => {
  expect(conditionOf(emptyDraft("enters", names))).toBeNull();
  expect(conditionOf(emptyDraft("stops", names))).toEqual({ type: "stops", seconds: 120 });
});

test("rules about the camera itself are told apart", () => {
  expect(isAboutObjects("speed")).toBe(true);
  expect(isAboutObjects("frozen")).toBe(false);
  expect(isAboutObjects("bell_pressed")).toBe(false);
});
