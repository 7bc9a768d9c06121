import type { Map as MapLibre } from "maplibre-gl";
import { TerraDraw, TerraDrawCircleMode, TerraDrawLineStringMode, TerraDrawPolygonMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { Position, Shape } from "./filter";
import { circleOf, short } from "./geometry";

const MODES = { area: "polygon", circle: "circle", route: "linestring" } as const;
export const USUAL_METRES = 60;

/** Lets a shape be drawn on the map once; the answer stops it. */
export function draw(map: MapLibre, kind: Shape["kind"], onDrawn: (shape: Shape) => void): () => void {
  const terra = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map }),
    modes: [new TerraDrawPolygonMode(), new TerraDrawCircleMode(), new TerraDrawLineStringMode()],
  });
  terra.start();
  terra.setMode(MODES[kind]);
  map.getCanvas().focus();
  let stopped = false;
  const stop = () => {
    if (!stopped) terra.stop();
    stopped = true;
  };
  terra.on("finish", (id) => {
    const geometry = terra.getSnapshotFeature(id)?.geometry;
    if (!geometry) return;
    if (geometry.type === "LineString") {
      const points = (geometry.coordinates as Position[]).map(short);
      onDrawn({ kind: "route", points, metres: USUAL_METRES });
    } else if (geometry.type === "Polygon") {
      const corners = (geometry.coordinates[0] ?? []) as Position[];
      const circle = circleOf(corners);
      onDrawn(
        kind === "circle"
          ? { kind, centre: short(circle.centre), metres: circle.metres }
          : { kind: "area", ring: corners.slice(0, -1).map(short) },
      );
    }
  });
  return stop;
}
