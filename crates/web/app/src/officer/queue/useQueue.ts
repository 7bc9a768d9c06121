import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { api, type Schemas } from "../../api/client";
import { useLive } from "../../api/live";
import { usePlaces } from "../../api/session";
import { byUrgency, type Item, matches, withItem } from "./order";
import { type QueueFilter, queuePage } from "./queuePage";
import { SEVERITIES, STATES } from "./search";

export type Detail = Schemas["ReviewItemAnswer"];

const COUNTED = 3_000;

export function detailOptions(id: string) {
  return api.queryOptions("get", "/api/v1/review-items/{item_id}", { params: { path: { item_id: id } } });
}

/** The queue as it is now: what changes at the server changes here. */
export function useQueue({ states, severities, place }: QueueFilter) {
  const client = useQueryClient();
  const places = usePlaces();
  const [stateList, severityList] = [states.join(), severities.join()];
  const filter = useMemo<QueueFilter>(
    () => ({
      states: STATES.filter((one) => stateList.split(",").includes(one)),
      severities: SEVERITIES.filter((one) => severityList.split(",").includes(one)),
      place,
    }),
    [stateList, severityList, place],
  );
  const query = useInfiniteQuery({
    queryKey: ["queue", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => queuePage(filter, pageParam, signal),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 30_000,
  });
  const pages = query.data?.pages;
  const items = useMemo(() => {
    const all = new Map(pages?.flatMap((page) => page.items).map((item) => [item.id, item]));
    return [...all.values()].filter((item) => matches(item, filter, places)).sort(byUrgency);
  }, [pages, filter, places]);

  const counts = api.useQuery(
    "get",
    "/api/v1/review-items",
    { params: { query: { limit: 1, severity: filter.severities, ...(place && { place: [place] }) } } },
    { placeholderData: (before) => before },
  );
  const recount = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(recount.current), []);
  const { refetch } = counts;

  /** Shows an item as it is now. */
  const put = useCallback(
    (item: Item) => {
      client.setQueryData<InfiniteData<Schemas["Queue"]>>(
        ["queue", filter],
        (data) => data && { ...data, pages: withItem(data.pages, item) },
      );
      const { queryKey } = detailOptions(item.id);
      const known = client.getQueryData<Detail>(queryKey);
      if (known && known.version <= item.version) client.setQueryData(queryKey, { ...known, ...item });
      if (known && known.version < item.version) void client.invalidateQueries({ queryKey });
      recount.current ??= setTimeout(() => {
        recount.current = undefined;
        void refetch();
      }, COUNTED);
    },
    [client, filter, refetch],
  );
  useLive((change) => {
    if (change.type === "review_item_changed") put(change.item);
  });
  return { query, items, counts: counts.data?.counts ?? {}, put };
}
