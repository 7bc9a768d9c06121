import type { Schemas } from "../../api/client";
import type { QueueFilter } from "./queuePage";

export type Item = Schemas["ReviewItem"];
type Page = Schemas["Queue"];

const RANK: Record<Schemas["Severity"], number> = { alarm: 0, alert: 1, notice: 2 };

/** The worst first, then the newest. */
export function byUrgency(a: Item, b: Item): number {
  return (
    RANK[a.severity] - RANK[b.severity] ||
    Date.parse(b.first_at) - Date.parse(a.first_at) ||
    a.id.localeCompare(b.id)
  );
}

/** Whether an item belongs into the list. */
export function matches(
  item: Item,
  { states, severities, place }: QueueFilter,
  places: Map<string, Schemas["Place"]>,
): boolean {
  if (!states.includes(item.state)) return false;
  if (severities.length > 0 && !severities.includes(item.severity)) return false;
  if (!place) return true;
  for (let at: string | null | undefined = item.assigned_place_id; at; at = places.get(at)?.parent_id)
    if (at === place) return true;
  return false;
}

/** The pages with an item as it is now; one that is older than what is known changes nothing. */
export function withItem(pages: Page[], item: Item): Page[] {
  let known = false;
  const changed = pages.map((page) => ({
    ...page,
    items: page.items.map((one) => {
      if (one.id !== item.id) return one;
      known = true;
      return one.version > item.version ? one : item;
    }),
  }));
  const [first, ...rest] = changed;
  return known || !first ? changed : [{ ...first, items: [item, ...first.items] }, ...rest];
}
