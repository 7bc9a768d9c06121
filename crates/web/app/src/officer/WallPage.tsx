import { Text } from "@mantine/core";
import { useFullscreenElement } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useMay, usePlaces } from "../api/session";
import { useCameras } from "../components/pick";
import { Answer, Needs, NothingHere } from "../components/states";
import { useKeys } from "../components/useKeys";
import { AlarmBanner } from "./wall/AlarmBanner";
import { BellPanel } from "./wall/BellPanel";
import { layoutFor, type WallSearch } from "./wall/search";
import { useAlarms } from "./wall/useAlarms";
import { useCameraStates } from "./wall/useCameraStates";
import { WallBar } from "./wall/WallBar";
import { WallGrid } from "./wall/WallGrid";
import classes from "./wall/wall.module.css";

export function WallPage() {
  const { t } = useTranslation(["officer", "common"]);
  useEffect(() => {
    document.title = `${t("live.title")} – ${t("common:app.name")}`;
  }, [t]);
  return (
    <Needs action="watch">
      <Wall />
    </Needs>
  );
}

function Wall() {
  const { t } = useTranslation("officer");
  const search = useSearch({ from: "/live" });
  const navigate = useNavigate({ from: "/live" });
  const may = useMay();
  const places = usePlaces();
  const cameras = useCameras();
  const states = useCameraStates();
  const { alarms, hide } = useAlarms();
  const { ref, fullscreen, toggle } = useFullscreenElement<HTMLDivElement>();
  const change = (to: WallSearch) => void navigate({ search: to, replace: true });
  const enlarge = (large: string | undefined) => void navigate({ search: { ...search, large } });

  const chosen = useMemo(() => {
    const all = (cameras.data?.items ?? []).filter((camera) => may("watch", camera.place_id));
    const wanted = search.cameras?.split(",");
    if (wanted) return wanted.flatMap((id) => all.find((camera) => camera.id === id) ?? []);
    const inside = (id: string | null | undefined): boolean =>
      id === search.place || Boolean(id && inside(places.get(id)?.parent_id));
    return search.place ? all.filter((camera) => inside(camera.place_id)) : all;
  }, [cameras.data, may, places, search.cameras, search.place]);
  const layout = search.layout ?? layoutFor(chosen.length);
  const pages = Math.max(1, Math.ceil(chosen.length / layout));
  const page = Math.min(search.page ?? 1, pages);

  // The cameras of alarms come forward, whatever was chosen.
  const alarmed = new Set(alarms.flatMap((alarm) => alarm.camera ?? []));
  const front = (cameras.data?.items ?? []).filter((camera) => alarmed.has(camera.id));
  const rest = chosen.slice((page - 1) * layout, page * layout).filter((camera) => !alarmed.has(camera.id));
  const large = cameras.data?.items.find((camera) => camera.id === search.large);
  const shown = large ? [large] : [...front, ...rest].slice(0, layout);

  useKeys({ Escape: search.large ? () => enlarge(undefined) : undefined });

  return (
    <div ref={ref} className={classes.page}>
      <WallBar
        search={{ ...search, page }}
        layout={layout}
        pages={pages}
        full={fullscreen}
        onFull={() => void toggle()}
        onChange={change}
      />
      {alarms[0] && <AlarmBanner alarm={alarms[0]} onHide={() => hide(alarms[0]?.item.id ?? "")} />}
      <div className={classes.body}>
        <Answer of={cameras}>
          {() =>
            shown.length > 0 ? (
              <WallGrid
                layout={layout}
                cameras={shown}
                states={states}
                large={large?.id}
                alarmed={alarmed}
                onLarge={enlarge}
              />
            ) : (
              <NothingHere title={t("live.none")} hint={t("live.noneHint")} />
            )
          }
        </Answer>
        {search.panel && (
          <aside className={classes.panel} aria-label={t("live.panel")}>
            <BellPanel />
          </aside>
        )}
      </div>
      <Text size="xs" c="dimmed" visibleFrom="sm">
        {t("live.keys")}
      </Text>
    </div>
  );
}
