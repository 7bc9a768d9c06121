import { expect, test } from "vitest";
import { bearingTo, onwards, wind } from "./bearing";

const hue = { latitude: 16.4637, longitude: 107.5909 };

test("going in a direction and looking there from the start agree", () => {
  for (const bearing of [0, 45, 90, 200, 315])
    expect(bearingTo(hue, onwards(hue, bearing, 60))).toBeCloseTo(bearing, 3);
});

test("directions have names", () => {
  expect([0, 44, 90, 200, 350].map(wind)).toEqual([0, 1, 2, 4, 0]);
});
