import { useId } from "react";
import classes from "./shape.module.css";
import type { PicturePoint, ShapeKind } from "./shapes";

export interface Backdrop {
  id: string;
  kind: ShapeKind;
  points: PicturePoint[];
  name: string;
}

interface Props {
  kind?: ShapeKind;
  points?: PicturePoint[];
  direction?: "any" | "to_right" | "to_left";
  backdrop?: Backdrop[];
  /** Size of the picture on the screen. */
  width: number;
  height: number;
}

/** Shapes as lines over a picture. */
export function ShapeDrawing({
  kind = "polygon",
  points = [],
  direction = "any",
  backdrop = [],
  width,
  height,
}: Props) {
  const tip = useId();
  if (!width || !height) return null;
  const scaled = (shape: PicturePoint[]) => shape.map(([x, y]): PicturePoint => [x * width, y * height]);
  const own = scaled(points);
  const text = (shape: PicturePoint[]) => shape.map((point) => point.join(",")).join(" ");
  const closed = (kind === "polygon" || kind === "quad") && own.length > 2;
  const [from, to] = own;
  return (
    <svg className={classes.drawing} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      <defs>
        <marker id={tip} viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" markerHeight="6" orient="auto">
          <path d="M0 0 L10 5 L0 10 Z" className={classes.tip} />
        </marker>
      </defs>
      {backdrop.map((shape) => {
        const drawn = scaled(shape.points);
        const [first] = drawn;
        const Shape = shape.kind === "polygon" || shape.kind === "quad" ? "polygon" : "polyline";
        return (
          <g key={shape.id}>
            <Shape points={text(drawn)} className={classes.other} />
            {first && (
              <text x={first[0] + 4} y={Math.max(14, first[1] - 4)} className={classes.name}>
                {shape.name}
              </text>
            )}
          </g>
        );
      })}
      {closed ? (
        <polygon points={text(own)} className={classes.zone} />
      ) : (
        <polyline
          points={text(own)}
          className={classes.line}
          markerEnd={kind === "arrow" ? `url(#${tip})` : undefined}
        />
      )}
      {kind === "line" &&
        from &&
        to &&
        (["to_right", "to_left"] as const)
          .filter((one) => direction === "any" || direction === one)
          .map((one) => {
            // Seen along the line, in a picture whose y grows downwards, the right hand is at (-dy, dx).
            const sign = one === "to_right" ? 1 : -1;
            const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
            const [nx, ny] = [(-(to[1] - from[1]) / length) * sign, ((to[0] - from[0]) / length) * sign];
            const [mx, my] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
            return (
              <line
                key={one}
                x1={mx}
                y1={my}
                x2={mx + nx * 40}
                y2={my + ny * 40}
                className={classes.line}
                markerEnd={`url(#${tip})`}
              />
            );
          })}
    </svg>
  );
}
