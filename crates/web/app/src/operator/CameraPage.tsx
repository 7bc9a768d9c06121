import { Tabs } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Problem } from "../api/problem";
import { usePlaces } from "../api/session";
import { Page } from "../components/Page";
import { placePath } from "../components/pick";
import { Failed, Loading, NothingHere } from "../components/states";
import { CameraGaps } from "./CameraGaps";
import { CameraNow } from "./CameraNow";
import { CameraQuiet } from "./CameraQuiet";
import { CameraRules } from "./CameraRules";
import { CameraSettings } from "./CameraSettings";
import { CameraStreams } from "./CameraStreams";
import { CAMERA_TABS, type CameraTab } from "./cameraTabs";
import { LinkButton } from "./links";

const CameraCost = lazy(() => import("./CameraCost").then((of) => ({ default: of.CameraCost })));

const PARTS = {
  live: CameraNow,
  settings: CameraSettings,
  streams: CameraStreams,
  rules: CameraRules,
  quiet: CameraQuiet,
  cost: CameraCost,
  gaps: CameraGaps,
};

/** Everything about one camera. */
export function CameraPage() {
  const { t } = useTranslation("operator");
  const { cameraId } = useParams({ from: "/cameras/$cameraId" });
  const { tab = "live" } = useSearch({ from: "/cameras/$cameraId" });
  const navigate = useNavigate({ from: "/cameras/$cameraId" });
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/cameras/{camera_id}", {
    params: { path: { camera_id: cameraId } },
  });
  const camera = asked.data;
  const gone = asked.error instanceof Problem && asked.error.status === 404;
  const Part = PARTS[tab];
  return (
    <Page
      title={camera?.name ?? t("camera.title")}
      hint={camera && placePath(places, camera.place_id)}
      needs="view"
      actions={
        <LinkButton to="/cameras" variant="default">
          {t("camera.list")}
        </LinkButton>
      }
    >
      {camera ? (
        <Tabs
          value={tab}
          keepMounted={false}
          onChange={(next) => void navigate({ search: { tab: next as CameraTab }, replace: true })}
        >
          <Tabs.List aria-label={t("camera.tabsLabel")} mb="md">
            {CAMERA_TABS.map((one) => (
              <Tabs.Tab key={one} value={one}>
                {t(`camera.tabs.${one}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {CAMERA_TABS.map((one) => (
            <Tabs.Panel key={one} value={one}>
              <Suspense fallback={<Loading />}>
                <Part camera={camera} />
              </Suspense>
            </Tabs.Panel>
          ))}
        </Tabs>
      ) : gone ? (
        <NothingHere title={t("camera.gone")} hint={t("camera.goneHint")} />
      ) : asked.error ? (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <Loading />
      )}
    </Page>
  );
}
