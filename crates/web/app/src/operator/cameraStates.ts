import { useMemo } from "react";
import { api, queryClient, type Schemas } from "../api/client";
import { useLive } from "../api/live";

export type Standing = "online" | "offline" | "off";

/** How a camera fares, in one word: its main stream decides. */
export function standing(camera: Schemas["Camera"], state: Schemas["CameraState"] | undefined): Standing {
  if (!camera.enabled) return "off";
  return mainStream(state)?.online ? "online" : "offline";
}

export function mainStream(state: Schemas["CameraState"] | undefined): Schemas["StreamState"] | undefined {
  return state?.streams.find((one) => one.stream === "main");
}

/** How all cameras fare, kept up by what the server tells. */
export function useCameraStates() {
  const asked = api.useQuery("get", "/api/v1/cameras/states", {}, { refetchInterval: 15_000 });
  useLive((change) => {
    if (change.type !== "camera_state") return;
    queryClient.setQueryData<Schemas["States"]>(
      ["get", "/api/v1/cameras/states", {}],
      (old) =>
        old && {
          items: [...old.items.filter((one) => one.camera_id !== change.state.camera_id), change.state],
        },
    );
  });
  const byId = useMemo(() => new Map(asked.data?.items.map((one) => [one.camera_id, one])), [asked.data]);
  return { ...asked, byId };
}
