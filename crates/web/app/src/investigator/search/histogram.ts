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
/** As many columns as are shown at most. */
export const COLUMNS = 60;
const VIETNAM = 7 * 3_600_000;

/** The length of a column so that at most `most` of them fill the period. */
export function columnLength({ from, to }: Period, most: number): number {
  const least = (to - from) / most / 1000;
  return (LENGTHS.find((length) => length >= least) ?? Math.ceil(least / 604800) * 604800) * 1000;
}

/** Columns of equal length on Vietnam's clock, of which the first holds the start of the period. */
export function columnsOf(period: Period, most: number): { start: number; length: number } {
  const length = columnLength(period, most);
  return { start: Math.floor((period.from + VIETNAM) / length) * length - VIETNAM, length };
}

/** Sorts into columns what was seen, or counted, by the time of its first moment. */
export function histogram(
  seen: { class: ObjectClass; first_seen: string; count?: number }[],
  period: Period,
  most = COLUMNS,
): Column[] {
  const { start, length } = columnsOf(period, most);
  const columns: Column[] = [];
  for (let from = start; from < period.to; from += length)
    columns.push({ from, to: from + length, counts: new Map(), total: 0 });
  for (const { class: kind, first_seen, count = 1 } of seen) {
    // What was there before the period began counts with its first moment.
    const at = Math.max(Date.parse(first_seen), period.from);
    const column = columns[Math.floor((at - start) / length)];
    if (!column) continue;
    column.counts.set(kind, (column.counts.get(kind) ?? 0) + count);
    column.total += count;
  }
  return columns;
}
