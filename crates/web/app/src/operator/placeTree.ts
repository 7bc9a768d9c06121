import type { Schemas } from "../api/client";
import { byName } from "../i18n/order";

type Place = Schemas["Place"];

/** Whether a place is another or lies below it. */
export function below(places: Map<string, Place>, place: string, above: string): boolean {
  for (let at: string | null | undefined = place; at; at = places.get(at)?.parent_id) {
    if (at === above) return true;
  }
  return false;
}

/** Places that still are, parents before children, with how deep they lie. */
export function inOrder(places: Map<string, Place>): { place: Place; depth: number }[] {
  const standing = [...places.values()].filter((place) => !place.merged_into);
  const ids = new Set(standing.map((place) => place.id));
  const parent = (place: Place) => (place.parent_id && ids.has(place.parent_id) ? place.parent_id : null);
  const walk = (above: string | null, depth: number): { place: Place; depth: number }[] =>
    standing
      .filter((place) => parent(place) === above)
      .toSorted((a, b) => byName(a.name, b.name))
      .flatMap((place) => [{ place, depth }, ...walk(place.id, depth + 1)]);
  return walk(null, 0);
}
