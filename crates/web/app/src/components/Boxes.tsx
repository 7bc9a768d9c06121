import { useEffect, useRef } from "react";
import type { Schemas } from "../api/client";
import classes from "./video.module.css";

type Point = Schemas["TrackPoint"];

/** Where an object was at a moment: between two points of its path it moved evenly; elsewhere it was not followed. */
export function boxAt(path: Point[], at: number, slack = 400): Schemas["BoundingBox"] | null {
  const next = path.findIndex((point) => Date.parse(point.time) >= at);
  const before = next < 0 ? path.at(-1) : path[next - 1];
  const after = next < 0 ? undefined : path[next];
  const [from, to] = [before && Date.parse(before.time), after && Date.parse(after.time)];
  if (before && after && from !== undefined && to !== undefined) {
    const part = to > from ? (at - from) / (to - from) : 0;
    const mix = (side: keyof Schemas["BoundingBox"]) =>
      before.box[side] + (after.box[side] - before.box[side]) * part;
    return { x: mix("x"), y: mix("y"), w: mix("w"), h: mix("h") };
  }
  const only = before ?? after;
  return only && Math.abs(Date.parse(only.time) - at) <= slack ? only.box : null;
}

interface Props {
  paths: { id: string; path: Point[]; alarm?: boolean }[];
  /** UTC of what is shown, in milliseconds; asked for each picture. */
  now: () => number | null;
}

/** Boxes around what was followed, drawn from the stored paths over a video of the same shape. */
export function Boxes({ paths, now }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      const at = now();
      for (const { id, path } of paths) {
        const box = at === null ? null : boxAt(path, at);
        const rect = svg.current?.querySelector<SVGRectElement>(`[data-track="${id}"]`);
        if (!rect) continue;
        rect.style.display = box ? "" : "none";
        if (!box) continue;
        rect.setAttribute("x", String(box.x));
        rect.setAttribute("y", String(box.y));
        rect.setAttribute("width", String(box.w));
        rect.setAttribute("height", String(box.h));
      }
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [paths, now]);
  return (
    <svg ref={svg} className={classes.overlay} viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden>
      {paths.map(({ id, alarm }) => (
        <rect
          key={id}
          data-track={id}
          fill="none"
          stroke={alarm ? "#ff4d4f" : "#ffd43b"}
          strokeWidth={3}
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}
