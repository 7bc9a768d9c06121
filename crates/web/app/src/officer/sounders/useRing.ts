import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas } from "../../api/client";
import { useLive } from "../../api/live";

const rings = api.queryOptions("get", "/api/v1/rings", { params: { query: { limit: 100 } } });

/** The last ringing of a sounder, as it is now. */
export function useRing(sounder: string): Schemas["Ring"] | undefined {
  const client = useQueryClient();
  const { data } = useQuery({ ...rings, staleTime: 30_000 });
  useLive((change) => {
    if (change.type !== "ring_changed" || change.ring.sounder_id !== sounder) return;
    const { ring } = change;
    client.setQueryData<Schemas["Rings"]>(rings.queryKey, (known) => ({
      ...known,
      items: [ring, ...(known?.items ?? []).filter((one) => one.id !== ring.id)],
    }));
  });
  return data?.items.find((ring) => ring.sounder_id === sounder);
}
