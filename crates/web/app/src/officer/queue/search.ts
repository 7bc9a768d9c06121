import type { Schemas } from "../../api/client";

type State = Schemas["ReviewState"];
type Severity = Schemas["Severity"];

export const STATES: State[] = ["new", "taken", "escalated", "confirmed", "dismissed", "closed"];
export const OPEN: State[] = ["new", "taken", "escalated"];
export const SEVERITIES: Severity[] = ["alarm", "alert", "notice"];

/** The queue as it stands in an address: lists with commas, nothing where it is as usual. */
export interface QueueSearch {
  item?: string;
  state?: string;
  severity?: string;
  place?: string;
}

/** Names out of a list with commas; unknown ones are left out. */
export function named<T extends string>(list: string | undefined, known: readonly T[]): T[] {
  const given = list?.split(",") ?? [];
  return known.filter((one) => given.includes(one));
}

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

export function queueSearch(search: Record<string, unknown>): QueueSearch {
  return {
    item: text(search.item),
    state: named(text(search.state), STATES).join(",") || undefined,
    severity: named(text(search.severity), SEVERITIES).join(",") || undefined,
    place: text(search.place),
  };
}
