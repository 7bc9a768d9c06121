import { http, type Schemas } from "../../api/client";
import { Problem } from "../../api/problem";

export interface QueueFilter {
  states: Schemas["ReviewState"][];
  severities: Schemas["Severity"][];
  place?: string;
}

const PAGE = 50;

/** A page of the queue, the worst first, then the newest. */
export async function queuePage(
  { states, severities, place }: QueueFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Schemas["Queue"]> {
  const query = {
    state: states,
    severity: severities,
    limit: PAGE,
    order: "newest" as const,
    ...(place && { place: [place] }),
    ...(cursor && { cursor }),
  };
  const { data } = await http.GET("/api/v1/review-items", { params: { query }, signal });
  if (!data) throw new Problem(500, {});
  return data;
}
