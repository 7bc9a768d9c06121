import { useQuery } from "@tanstack/react-query";
import { http, type Schemas } from "../../api/client";
import { rfc3339 } from "../../i18n/time";
import type { EventQuery, Period } from "./filter";
import { COLUMNS, columnsOf } from "./histogram";

/** Whether the server counts what a query finds: not by ways through the picture. */
export const countable = (query: EventQuery) => !query.zone && !query.direction;

/** All that a query finds, counted by the server, by time and by camera. */
export function useEventCounts(query: EventQuery, period: Period, wanted: boolean) {
  return useQuery({
    queryKey: ["events", "counts", query],
    enabled: wanted && countable(query),
    queryFn: async ({ signal }): Promise<Schemas["EventCounts"]> => {
      const { start, length } = columnsOf(period, COLUMNS);
      const body = {
        // The document calls what has a default required.
        filter: query as Schemas["EventFilter"],
        start: rfc3339(start),
        column_seconds: length / 1000,
      };
      const { data } = await http.POST("/api/v1/events/counts", { body, signal });
      return data ?? { columns: [], cameras: [] };
    },
    retry: false,
    staleTime: 60_000,
  });
}
