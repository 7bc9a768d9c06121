import { LONGEST, SHORTEST } from "./address";
import type { Span } from "./tracks";

/** The part of time that the timeline shows. */
export function zoomed(view: Span, factor: number, around: number): Span {
  const span = Math.min(Math.max((view.to - view.from) * factor, SHORTEST * 1000), LONGEST * 1000);
  const part = (around - view.from) / (view.to - view.from);
  return { from: around - part * span, to: around + (1 - part) * span };
}

export function shifted(view: Span, by: number): Span {
  return { from: view.from + by, to: view.to + by };
}

export function centred(at: number, seconds: number): Span {
  return { from: at - seconds * 500, to: at + seconds * 500 };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  10_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];
const VIETNAM = 7 * HOUR;

export interface Tick {
  at: number;
  /** A new day begins. */
  day: boolean;
}

/** Where the axis is marked: round times on Vietnam's clock, so that labels of 80 pixels do not touch. */
export function ticks(view: Span, width: number): { step: number; marks: Tick[] } {
  const least = ((view.to - view.from) / Math.max(1, width)) * 80;
  const step = STEPS.find((one) => one >= least) ?? 7 * DAY;
  const marks: Tick[] = [];
  const first = Math.ceil((view.from + VIETNAM) / step) * step - VIETNAM;
  for (let at = first; at <= view.to; at += step) marks.push({ at, day: (at + VIETNAM) % DAY === 0 });
  return { step, marks };
}

/** The period that is asked for so that a view, and what is near it, is known: the same for neighbouring views. */
export function tile(view: Span): Span {
  const span = view.to - view.from;
  // Powers of two, so that zooming a little asks for nothing new.
  const unit = 2 ** Math.ceil(Math.log2(span / MINUTE)) * MINUTE;
  const most = LONGEST * 1000;
  const grid = unit / 2 + span > most ? HOUR : unit / 2;
  const from = Math.floor(view.from / grid) * grid;
  return { from, to: from + Math.min(2 * unit, most) };
}
