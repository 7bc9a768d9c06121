import type { Schemas } from "../../api/client";

export const DAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const satisfies Schemas["Day"][];

const minutes = (time: string): number => {
  const [hours = 0, rest = 0] = time.split(":").map(Number);
  return hours * 60 + rest;
};

/** Stretches of minutes of each day of the week, Monday first; what passes midnight goes on in the next day. */
export function bars(weekly: Schemas["WeeklySpan"][]): [number, number][][] {
  const week: [number, number][][] = DAYS.map(() => []);
  for (const span of weekly) {
    const [from, to] = [minutes(span.from), minutes(span.to)];
    for (const day of span.days) {
      const place = DAYS.indexOf(day);
      week[place]?.push([from, to > from ? to : 1440]);
      if (to <= from && to > 0) week[(place + 1) % 7]?.push([0, to]);
    }
  }
  return week;
}
