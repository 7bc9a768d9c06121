import type { Schemas } from "../../api/client";

/** Most points of the line: a label at each is still legible. */
const POINTS = 13;

/** What recordings will take in the days to come: they grow until their days or the room are used up. */
export function forecast(storage: Schemas["Storage"]): { day: number; bytes: number }[] {
  const rate = storage.bytes_per_day ?? 0;
  const most = Math.min(storage.capacity_bytes, rate * storage.keep_days || storage.capacity_bytes);
  const until = Math.max(7, Math.ceil(Math.min(storage.days_until_full ?? storage.keep_days, 365) * 1.2));
  const points = Math.min(POINTS, until + 1);
  return Array.from({ length: points }, (_, place) => {
    const day = Math.round((until * place) / (points - 1));
    return { day, bytes: Math.max(storage.used_bytes, Math.min(storage.used_bytes + rate * day, most)) };
  });
}
