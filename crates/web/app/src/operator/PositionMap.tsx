import { Marker } from "@vis.gl/react-maplibre";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { type MapPoint, MapView } from "../components/MapView";
import { bearingTo, onwards } from "./bearing";
import classes from "./operator.module.css";

type Point = Schemas["GeoPoint"];

interface Props {
  point: Point | null;
  bearing?: number | null;
  others: MapPoint[];
  onPoint: (point: Point) => void;
  /** Without it, what stands there looks nowhere. */
  onBearing?: (bearing: number) => void;
  height?: number;
}

const HANDLE_METRES = 60;

/** A point on the map that a click moves, and its direction, which a handle turns. */
export function PositionMap({ point, bearing, others, onPoint, onBearing, height = 340 }: Props) {
  const { t } = useTranslation("operator");
  const own: MapPoint[] = point
    ? [{ id: "own", point, bearing: onBearing ? bearing : null, label: t("position.label"), state: "chosen" }]
    : [];
  const middle = others.length > 0 ? middleOf(others.map((one) => one.point)) : null;
  const handle = point && onBearing && onwards(point, bearing ?? 0, HANDLE_METRES);
  return (
    <MapView
      label={t("position.label")}
      height={height}
      zoom={16}
      centre={point ?? middle}
      points={[...others, ...own]}
      onClick={onPoint}
    >
      {point && handle && (
        <Marker
          {...handle}
          anchor="center"
          draggable
          onDrag={({ lngLat }) =>
            onBearing?.(Math.round(bearingTo(point, { latitude: lngLat.lat, longitude: lngLat.lng })))
          }
        >
          <span className={classes.handle} title={t("position.handle")} />
        </Marker>
      )}
    </MapView>
  );
}

function middleOf(points: Point[]): Point {
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  return { latitude: mean((point) => point.latitude), longitude: mean((point) => point.longitude) };
}
