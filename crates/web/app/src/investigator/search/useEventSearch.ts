import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { http, type Schemas } from "../../api/client";
import type { EventQuery, Period } from "./filter";
import { countable, useEventCounts } from "./useEventCounts";

const PAGE = 500;
/** So many are counted for the map and the timeline without being scrolled to, where the server does not count them. */
const AHEAD = 3000;

/** Events in pages, newest first, and how many there are when and where. */
export function useEventSearch(query: EventQuery, period: Period) {
  const search = useInfiniteQuery({
    queryKey: ["events", "search", query],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }): Promise<Schemas["EventPage"]> => {
      // The document calls what has a default required.
      const body = { ...query, limit: PAGE, cursor: pageParam } as Schemas["EventFilter"];
      const { data } = await http.POST("/api/v1/events/search", { body, signal });
      return data ?? { items: [] };
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = search;
  const events = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const { isPlaceholderData } = search;
  const counts = useEventCounts(query, period, hasNextPage && !isPlaceholderData);
  const uncounted = counts.isError || !countable(query);
  const ahead =
    uncounted && hasNextPage && !isFetching && !isError && !isPlaceholderData && events.length < AHEAD;
  useEffect(() => {
    if (ahead) void fetchNextPage();
  }, [ahead, fetchNextPage]);
  const first = data?.pages[0];
  const counted = hasNextPage ? counts.data : undefined;
  return {
    ...search,
    events,
    /** All that there are, by time and by camera, where there are more than were fetched. */
    counts: counted,
    total: counted?.cameras.reduce((sum, one) => sum + one.count, 0) ?? first?.total_estimate ?? undefined,
    exact: counted !== undefined || (first?.total_is_exact ?? !hasNextPage),
  };
}
