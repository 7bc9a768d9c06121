import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import classes from "./area.module.css";

/** A rectangle in parts of the picture. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Props {
  /** What the rectangle is for, and how keys change it. */
  label: string;
  value: Area | undefined;
  onChange: (area: Area) => void;
}

const SMALLEST = 0.02;
const bound = (value: number, most = 1) => Math.min(Math.max(value, 0), most);
const round = (value: number) => Math.round(value * 1000) / 1000;

/** Moves a rectangle, or its right lower corner, and keeps it inside the picture. */
export function moved(area: Area, right: number, down: number, corner: boolean): Area {
  if (!corner)
    return {
      ...area,
      x: round(bound(area.x + right, 1 - area.width)),
      y: round(bound(area.y + down, 1 - area.height)),
    };
  return {
    ...area,
    width: round(Math.min(Math.max(area.width + right, SMALLEST), 1 - area.x)),
    height: round(Math.min(Math.max(area.height + down, SMALLEST), 1 - area.y)),
  };
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A rectangle drawn over a picture: by pulling the mouse, or by arrows (with Shift its size). Lies over its parent. */
export function AreaBox({ label, value, onChange }: Props) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const place = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return {
      x: bound((event.clientX - box.left) / box.width),
      y: bound((event.clientY - box.top) / box.height),
    };
  };
  const pull = (event: PointerEvent<HTMLElement>) => {
    const from = start.current;
    if (!from) return;
    const to = place(event);
    const [width, height] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
    if (width < SMALLEST || height < SMALLEST) return;
    onChange({
      x: round(Math.min(from.x, to.x)),
      y: round(Math.min(from.y, to.y)),
      width: round(width),
      height: round(height),
    });
  };
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    const area = value ?? { x: 0.35, y: 0.35, width: 0.3, height: 0.3 };
    const [right, down] = arrow ?? [0, 0];
    onChange(moved(area, right * 0.02, down * 0.02, event.shiftKey));
  };
  return (
    <div
      className={classes.canvas}
      role="application"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the same.
      tabIndex={0}
      onKeyDown={press}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = place(event);
      }}
      onPointerMove={pull}
      onPointerUp={() => {
        start.current = null;
      }}
      onPointerCancel={() => {
        start.current = null;
      }}
    >
      {value && (
        <div
          className={classes.area}
          style={{
            left: `${value.x * 100}%`,
            top: `${value.y * 100}%`,
            width: `${value.width * 100}%`,
            height: `${value.height * 100}%`,
          }}
        />
      )}
    </div>
  );
}
