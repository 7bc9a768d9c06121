import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { http, type Schemas } from "../../api/client";
import type { EventQuery } from "./filter";

const PAGE = 500;
/** So many are counted for the map and the timeline without being scrolled to. */
const AHEAD = 3000;

/** Events in pages, newest first; the first thousands are fetched at once so that map and timeline can count them. */
export function useEventSearch(query: EventQuery) {
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
  const ahead = hasNextPage && !isFetching && !isError && !isPlaceholderData && events.length < AHEAD;
  useEffect(() => {
    if (ahead) void fetchNextPage();
  }, [ahead, fetchNextPage]);
  const first = data?.pages[0];
  return {
    ...search,
    events,
    total: first?.total_estimate ?? undefined,
    exact: first?.total_is_exact ?? !hasNextPage,
  };
}
