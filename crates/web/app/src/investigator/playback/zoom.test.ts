import { expect, test } from "vitest";
import { enlarged, pulled, WHOLE } from "./zoom";

test("what is under the pointer stays there", () => {
  const zoom = enlarged(WHOLE, 4, { x: 0.5, y: 0.25 });
  expect(zoom).toEqual({ scale: 4, x: -1.5, y: -0.75 });
  // The point (0.5, 0.25) of the picture: offset + scale * point.
  expect(zoom.x + zoom.scale * 0.5).toBe(0.5);
});

test("the picture always fills its pane", () => {
  expect(enlarged(enlarged(WHOLE, 3, { x: 1, y: 1 }), 0.01, { x: 0, y: 0 })).toEqual(WHOLE);
  const zoom = enlarged(WHOLE, 2, { x: 0, y: 0 });
  expect(pulled(zoom, 5, -5)).toEqual({ scale: 2, x: 0, y: -1 });
});
