import { http, type Schemas } from "../api/client";
import { Problem } from "../api/problem";

export interface QueueFilter {
  states: Schemas["ReviewState"][];
  severities: Schemas["Severity"][];
  place?: string;
}

const PAGE = 50;
/** Whether the server knows the order of a queue; one that does not gives the oldest first. */
let ordered = true;

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
    ...(place && { place: [place] }),
    ...(cursor && { cursor }),
    ...(ordered && { order: "newest" }),
  };
  try {
    const { data } = await http.GET("/api/v1/review-items", { params: { query }, signal });
    if (!data) throw new Problem(500, {});
    return data;
  } catch (error) {
    if (!ordered || !(error instanceof Problem) || error.status !== 400) throw error;
    ordered = false;
    return queuePage({ states, severities, place }, cursor, signal);
  }
}
