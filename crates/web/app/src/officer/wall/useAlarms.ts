import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, type Schemas } from "../../api/client";
import { useLive } from "../../api/live";
import { useMay } from "../../api/session";
import { byUrgency } from "../queue/order";
import { detailOptions } from "../queue/useQueue";

export interface Alarm {
  item: Schemas["ReviewItem"];
  /** The camera that shows it best, where one does. */
  camera?: string;
}

/** Alarms that nobody has taken on yet, the newest first, but for those that were put away here. */
export function useAlarms(): { alarms: Alarm[]; hide: (id: string) => void } {
  const may = useMay();
  const { data } = api.useQuery(
    "get",
    "/api/v1/review-items",
    { params: { query: { state: ["new"], severity: ["alarm"], limit: 20 } } },
    { enabled: may("review") },
  );
  const [changed, setChanged] = useState(new Map<string, Schemas["ReviewItem"]>());
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  useLive((change) => {
    if (change.type !== "review_item_changed" || change.item.severity !== "alarm") return;
    const { item } = change;
    setChanged((known) => new Map(known).set(item.id, item));
  });
  const items = useMemo(() => {
    const all = new Map(data?.items.map((item) => [item.id, item]));
    for (const item of changed.values()) all.set(item.id, item);
    return [...all.values()].filter((item) => item.state === "new" && !hidden.has(item.id)).sort(byUrgency);
  }, [data, changed, hidden]);
  const unseen = items.filter((item) => !item.camera_id).slice(0, 4);
  const near = useQueries({
    queries: unseen.map((item) => detailOptions(item.id)),
    combine: (answers) =>
      new Map(
        answers.map(({ data }) => [data?.id, data?.fired.find((one) => one.cameras?.length)?.cameras?.[0]]),
      ),
  });
  return {
    alarms: items.map((item) => ({ item, camera: item.camera_id ?? near.get(item.id)?.camera_id })),
    hide: (id) => setHidden((known) => new Set(known).add(id)),
  };
}
