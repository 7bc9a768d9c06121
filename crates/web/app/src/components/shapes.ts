/** A point of a picture, in parts of its width and height. */
export type PicturePoint = [number, number];

/** Zone, line with a direction, four corners on the ground, or an arrow. */
export type ShapeKind = "polygon" | "line" | "quad" | "arrow";

export const POINTS: Record<ShapeKind, { least: number; most: number }> = {
  polygon: { least: 3, most: 64 },
  line: { least: 2, most: 2 },
  quad: { least: 4, most: 4 },
  arrow: { least: 2, most: 2 },
};

/** A point as the API keeps it: within the picture, to a ten-thousandth. */
export function within([x, y]: PicturePoint): PicturePoint {
  const part = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [part(x), part(y)];
}

const turn = (a: PicturePoint, b: PicturePoint, c: PicturePoint) =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

/** Whether any two edges of a closed shape cross that are not neighbours. */
export function crossesItself(corners: PicturePoint[]): boolean {
  const edges = corners.map((from, place) => ({ from, to: corners[(place + 1) % corners.length] ?? from }));
  return edges.some((one, a) =>
    edges.some((other, b) => {
      const apart = Math.abs(a - b);
      if (apart < 2 || apart === edges.length - 1) return false;
      const opposite = (line: typeof one, across: typeof one) =>
        turn(line.from, line.to, across.from) * turn(line.from, line.to, across.to) < 0;
      return opposite(one, other) && opposite(other, one);
    }),
  );
}

/** Whether a shape has all its points and could be stored. */
export function isWhole(kind: ShapeKind, points: PicturePoint[]): boolean {
  if (points.length < POINTS[kind].least) return false;
  if (kind === "polygon" || kind === "quad") return !crossesItself(points);
  const [from, to] = points;
  return Boolean(from && to && Math.hypot(to[0] - from[0], to[1] - from[1]) >= 0.01);
}
