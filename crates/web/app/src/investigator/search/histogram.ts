import type { ObjectClass, Period } from "./filter";

export interface Column {
  from: number;
  to: number;
  counts: Map<ObjectClass, number>;
  total: number;
}

/** Lengths of a column that people think in, in seconds. */
const LENGTHS = [
  10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
];
const VIETNAM = 7 * 3_600_000;

/** The length of a column so that at most `most` of them fill the period. */
export function columnLength({ from, to }: Period, most: number): number {
  const least = (to - from) / most / 1000;
  return (LENGTHS.find((length) => length >= least) ?? Math.ceil(least / 604800) * 604800) * 1000;
}

/** Counts what was seen by the time when it was first seen, in columns of equal length on Vietnam's clock. */
export function histogram(
  events: { class: ObjectClass; first_seen: string }[],
  period: Period,
  most = 60,
): Column[] {
  const length = columnLength(period, most);
  const start = Math.floor((period.from + VIETNAM) / length) * length - VIETNAM;
  const columns: Column[] = [];
  for (let from = start; from < period.to; from += length)
    columns.push({ from, to: from + length, counts: new Map(), total: 0 });
  for (const event of events) {
    // What was there before the period began counts with its first moment.
    const at = Math.max(Date.parse(event.first_seen), period.from);
    const column = columns[Math.floor((at - start) / length)];
    if (!column) continue;
    column.counts.set(event.class, (column.counts.get(event.class) ?? 0) + 1);
    column.total += 1;
  }
  return columns;
}
