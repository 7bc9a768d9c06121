import { useWindowEvent } from "@mantine/hooks";
import { type PlaybackClock, SPEEDS } from "./PlaybackClock";

/** What can be done to the clock and the timeline, by button or key. */
export interface Deeds {
  toggle: () => void;
  jump: (by: number) => void;
  frame: (way: 1 | -1) => void;
  toEvent: (way: 1 | -1) => void;
  toActivity: (way: 1 | -1) => void;
  zoom: (factor: number) => void;
  markIn: () => void;
  markOut: () => void;
}

export function faster(clock: PlaybackClock, way: 1 | -1) {
  const place = SPEEDS.indexOf(clock.speed as (typeof SPEEDS)[number]);
  const next = SPEEDS[place + way];
  if (next) clock.setSpeed(next);
}

/** Keys that work wherever nothing is typed. */
export function useKeys(clock: PlaybackClock, deeds: Deeds) {
  useWindowEvent("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typed = target.closest(
      "input, textarea, select, [contenteditable], [role=dialog], [role=application], [role=slider]:not([data-timeline])",
    );
    if (typed || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = event.shiftKey ? deeds.toActivity : deeds.toEvent;
    const keys: Record<string, () => void> = {
      ",": () => deeds.frame(-1),
      ".": () => deeds.frame(1),
      arrowleft: () => deeds.jump(-10_000),
      arrowright: () => deeds.jump(10_000),
      n: () => way(1),
      p: () => way(-1),
      i: deeds.markIn,
      o: deeds.markOut,
      "+": () => deeds.zoom(0.5),
      "=": () => deeds.zoom(0.5),
      "-": () => deeds.zoom(2),
      "[": () => faster(clock, -1),
      "]": () => faster(clock, 1),
      // On a button the space bar presses it.
      ...(target.closest("button, a") ? {} : { " ": deeds.toggle }),
    };
    const deed = keys[event.key.toLowerCase()];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}
