import "maplibre-gl/dist/maplibre-gl.css";
import { useComputedColorScheme } from "@mantine/core";
import {
  Map as MapLibre,
  type MapRef,
  Marker,
  NavigationControl,
  ScaleControl,
} from "@vis.gl/react-maplibre";
import * as maplibre from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { Protocol } from "pmtiles";
import { type ReactNode, type Ref, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import classes from "./map.module.css";
import { ground } from "./mapStyle";

maplibre.setWorkerUrl(workerUrl);
maplibre.addProtocol("pmtiles", new Protocol().tile);

export interface MapPoint {
  id: string;
  point: Schemas["GeoPoint"];
  bearing?: number | null;
  label: string;
  state?: "normal" | "chosen" | "offline" | "alarm";
}

interface Props {
  ref?: Ref<MapRef>;
  label: string;
  height?: number | string;
  points?: MapPoint[];
  onPoint?: (id: string) => void;
  onClick?: (point: Schemas["GeoPoint"]) => void;
  /** What to look at first; all points if not given. */
  centre?: Schemas["GeoPoint"] | null;
  zoom?: number;
  /** No gestures: a picture of where something is. */
  still?: boolean;
  onLoad?: (map: maplibre.Map) => void;
  children?: ReactNode;
}

/** Hue, where there is nothing to look at yet. */
const HOME = { latitude: 16.4637, longitude: 107.5909 };

/** A map with cameras. Without a base map of the operator's it shows outlines and roads on a plain ground. */
export function MapView({
  ref,
  label,
  height = 360,
  points = [],
  onPoint,
  onClick,
  centre,
  zoom = 15,
  still,
  onLoad,
  children,
}: Props) {
  const { t } = useTranslation();
  const dark = useComputedColorScheme("light") === "dark";
  const { data: base, isPending } = api.useQuery(
    "get",
    "/api/v1/map",
    {},
    { staleTime: Number.POSITIVE_INFINITY },
  );
  const style = useMemo(() => ground(base ?? {}, dark), [base, dark]);
  const view = useMemo(() => bounds(centre ? [centre] : points.map((one) => one.point)), [centre, points]);
  const initial =
    view && !centre && points.length > 1
      ? { bounds: view, fitBoundsOptions: { padding: 48, maxZoom: 17 } }
      : { ...(centre ?? points[0]?.point ?? HOME), zoom };
  // Whoever draws on the map adds layers to its style, so that it must not be another one afterwards.
  if (isPending) return <div className={classes.map} style={{ height }} />;
  return (
    <div className={classes.map} style={{ height }}>
      <MapLibre
        key={dark ? "dark" : "light"}
        ref={ref}
        mapLib={maplibre}
        initialViewState={initial}
        mapStyle={style}
        interactive={!still}
        attributionControl={still ? false : { compact: true }}
        locale={{
          "NavigationControl.ZoomIn": t("map.zoomIn"),
          "NavigationControl.ZoomOut": t("map.zoomOut"),
          "Map.Title": label,
        }}
        onClick={(event) => onClick?.({ latitude: event.lngLat.lat, longitude: event.lngLat.lng })}
        onLoad={(event) => onLoad?.(event.target)}
      >
        {!still && <NavigationControl showCompass={false} position="top-right" />}
        {!still && <ScaleControl position="bottom-left" />}
        {points.map((one) => (
          <Marker key={one.id} latitude={one.point.latitude} longitude={one.point.longitude} anchor="center">
            <CameraMark {...one} onChoose={onPoint} />
          </Marker>
        ))}
        {children}
      </MapLibre>
    </div>
  );
}

function CameraMark({
  id,
  label,
  bearing,
  state = "normal",
  onChoose,
}: MapPoint & { onChoose?: (id: string) => void }) {
  const mark = (
    <svg viewBox="-24 -24 48 48" width={48} height={48} aria-hidden>
      {typeof bearing === "number" && (
        <path
          d="M0 0 L-12 -22 A25 25 0 0 1 12 -22 Z"
          className={classes.cone}
          transform={`rotate(${bearing})`}
        />
      )}
      <circle r={7} className={classes.dot} />
    </svg>
  );
  return onChoose ? (
    <button
      type="button"
      className={classes.mark}
      data-state={state}
      title={label}
      aria-label={label}
      onClick={(event) => {
        event.stopPropagation();
        onChoose(id);
      }}
    >
      {mark}
    </button>
  ) : (
    <span className={classes.mark} data-state={state} title={label} role="img" aria-label={label}>
      {mark}
    </span>
  );
}

function bounds(points: Schemas["GeoPoint"][]): [number, number, number, number] | undefined {
  if (points.length === 0) return undefined;
  const longitudes = points.map((point) => point.longitude);
  const latitudes = points.map((point) => point.latitude);
  return [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
}
