import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type Schemas } from "../../api/client";
import { useLive } from "../../api/live";
import type { Away } from "../../components/LiveVideo";

/** How all cameras fare, as it changes. */
export function useCameraStates(): Map<string, Schemas["CameraState"]> {
  const client = useQueryClient();
  const { data } = api.useQuery("get", "/api/v1/cameras/states", {}, { staleTime: 30_000 });
  useLive((change) => {
    if (change.type !== "camera_state") return;
    const { state } = change;
    const { queryKey } = api.queryOptions("get", "/api/v1/cameras/states", {});
    client.setQueryData<Schemas["States"]>(
      queryKey,
      (known) =>
        known && {
          items: [...known.items.filter((one) => one.camera_id !== state.camera_id), state],
        },
    );
  });
  return useMemo(() => new Map(data?.items.map((state) => [state.camera_id, state])), [data]);
}

/** Since when a camera's stream is away, where it is. */
export function awayOf(
  state: Schemas["CameraState"] | undefined,
  stream: Schemas["StreamKind"],
): Away | undefined {
  const found = state?.streams.find((one) => one.stream === stream) ?? state?.streams[0];
  if (!found || found.online) return undefined;
  return { since: found.since, trouble: found.trouble?.kind };
}
