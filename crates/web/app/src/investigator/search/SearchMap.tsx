import { ActionIcon, Button, Group, Kbd, NumberInput, Stack, Text } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconCircle,
  IconPlus,
  IconPolygon,
  IconRoute,
  IconX,
} from "@tabler/icons-react";
import { Layer, type MapRef, Marker, Source } from "@vis.gl/react-maplibre";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { MapView } from "../../components/MapView";
import type { Position, Shape } from "./filter";
import { length, short, toGeoJson } from "./geometry";
import classes from "./search.module.css";

interface Props {
  cameras: Schemas["Camera"][];
  counts: Map<string, number>;
  chosen: string[];
  onCamera: (id: string) => void;
  shape?: Shape;
  onShape: (shape: Shape | undefined) => void;
  wide?: boolean;
  onWide?: (wide: boolean) => void;
}

const ICONS = { area: IconPolygon, circle: IconCircle, route: IconRoute };

/** Where it was seen, and where to search: an area, a circle or a route drawn on the map, by mouse or by keys. */
export default function SearchMap({
  cameras,
  counts,
  chosen,
  onCamera,
  shape,
  onShape,
  wide,
  onWide,
}: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const map = useRef<MapRef>(null);
  const [drawing, setDrawing] = useState<Shape["kind"]>();
  const [byKeys, setByKeys] = useState<Position[]>([]);
  const finish = (drawn: Shape | undefined) => {
    setDrawing(undefined);
    setByKeys([]);
    onShape(drawn);
  };
  const done = useRef(finish);
  done.current = finish;
  useEffect(() => {
    if (!drawing) return;
    let stop: (() => void) | undefined;
    let left = false;
    void import("./draw").then(({ draw }) => {
      const target = map.current?.getMap();
      if (target && !left) stop = draw(target, drawing, (drawn) => setTimeout(() => done.current(drawn)));
    });
    return () => {
      left = true;
      stop?.();
    };
  }, [drawing]);

  const middle = (): Position | undefined => {
    const centre = map.current?.getCenter();
    return centre && short([centre.lng, centre.lat]);
  };
  const addPoint = () => {
    const at = middle();
    if (!at) return;
    if (drawing === "circle") finish({ kind: "circle", centre: at, metres: 200 });
    else setByKeys([...byKeys, at]);
  };
  const least = drawing === "route" ? 2 : 3;
  const closeByKeys = () =>
    finish(
      drawing === "route" ? { kind: "route", points: byKeys, metres: 60 } : { kind: "area", ring: byKeys },
    );
  const drawn: Shape | undefined =
    byKeys.length > 1 ? { kind: "route", points: byKeys, metres: 1 } : drawing ? undefined : shape;
  return (
    <>
      <Stack gap={6} className={classes.tools}>
        <Group gap={6}>
          {(["area", "circle", "route"] as const).map((kind) => {
            const Icon = ICONS[kind];
            return (
              <Button
                key={kind}
                size="compact-xs"
                variant={drawing === kind || (!drawing && shape?.kind === kind) ? "filled" : "default"}
                leftSection={<Icon size={14} aria-hidden />}
                aria-pressed={drawing === kind}
                onClick={() => {
                  setByKeys([]);
                  setDrawing(drawing === kind ? undefined : kind);
                }}
              >
                {t(`search.draw.${kind}`)}
              </Button>
            );
          })}
          {shape && !drawing && (
            <ActionIcon
              size={26}
              variant="subtle"
              aria-label={t("search.draw.clear")}
              title={t("search.draw.clear")}
              onClick={() => finish(undefined)}
            >
              <IconX size={18} />
            </ActionIcon>
          )}
          {onWide && (
            <ActionIcon
              size={26}
              variant="subtle"
              ml="auto"
              aria-label={t(wide ? "search.smallMap" : "search.largeMap")}
              title={t(wide ? "search.smallMap" : "search.largeMap")}
              onClick={() => onWide(!wide)}
            >
              {wide ? <IconArrowsMinimize size={18} /> : <IconArrowsMaximize size={18} />}
            </ActionIcon>
          )}
        </Group>
        {drawing && (
          <Group gap={6} role="status">
            <Text size="sm">
              {t(`search.draw.how_${drawing}`)} <Kbd>Enter</Kbd> {t("search.draw.ends")}, <Kbd>Esc</Kbd>{" "}
              {t("search.draw.again")}
            </Text>
            <Button
              size="compact-xs"
              variant="light"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={addPoint}
            >
              {t("search.draw.middle")}
            </Button>
            {byKeys.length >= least && (
              <Button size="compact-xs" onClick={closeByKeys}>
                {t("search.draw.done", { count: byKeys.length })}
              </Button>
            )}
            <Button size="compact-xs" variant="subtle" onClick={() => setDrawing(undefined)}>
              {t("common:do.cancel")}
            </Button>
          </Group>
        )}
        {shape && shape.kind !== "area" && !drawing && (
          <Group gap="xs">
            <NumberInput
              key={JSON.stringify(shape)}
              size="xs"
              w={190}
              label={t(shape.kind === "circle" ? "search.draw.radius" : "search.draw.beside")}
              suffix=" m"
              min={1}
              max={shape.kind === "circle" ? 50_000 : 5000}
              step={50}
              defaultValue={shape.metres}
              onBlur={(event) => {
                const metres = Number.parseInt(event.currentTarget.value, 10);
                if (metres >= 1 && metres !== shape.metres) onShape({ ...shape, metres });
              }}
              onKeyDown={(event) => {
                if (event.key === "Enter") event.currentTarget.blur();
              }}
            />
            {shape.kind === "route" && (
              <Text size="sm" mt={22}>
                {t("search.draw.long", { metres: Math.round(length(shape.points)) })}
              </Text>
            )}
          </Group>
        )}
      </Stack>
      <div className={classes.mapBox}>
        <MapView
          ref={map}
          label={t("search.map")}
          height="100%"
          points={cameras.flatMap((camera) =>
            camera.point
              ? [
                  {
                    id: camera.id,
                    point: camera.point,
                    bearing: camera.bearing,
                    label: `${camera.name}: ${t("search.found", { count: counts.get(camera.id) ?? 0 })}`,
                    state: chosen.includes(camera.id) ? ("chosen" as const) : ("normal" as const),
                  },
                ]
              : [],
          )}
          onPoint={drawing ? undefined : onCamera}
        >
          {cameras.map((camera) => {
            const count = counts.get(camera.id);
            return camera.point && count ? (
              <Marker
                key={camera.id}
                latitude={camera.point.latitude}
                longitude={camera.point.longitude}
                anchor="center"
                style={{ pointerEvents: "none" }}
              >
                <span className={classes.count} aria-hidden>
                  {count}
                </span>
              </Marker>
            ) : null;
          })}
          {drawn && (
            <Source type="geojson" data={{ type: "Feature", properties: {}, geometry: toGeoJson(drawn) }}>
              {drawn.kind !== "route" && (
                <Layer type="fill" paint={{ "fill-color": "#e8590c", "fill-opacity": 0.15 }} />
              )}
              <Layer
                type="line"
                paint={{ "line-color": "#d9480f", "line-width": drawn.kind === "route" ? 5 : 2 }}
              />
            </Source>
          )}
        </MapView>
        {drawing && <div className={classes.cross} aria-hidden />}
      </div>
    </>
  );
}
