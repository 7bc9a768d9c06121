import type {
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
  SymbolLayerSpecification,
} from "maplibre-gl";

/** What the operator set as the base of maps. */
export interface MapBase {
  tiles?: string | null;
  pmtiles?: string | null;
  geojson?: string | null;
  attribution?: string | null;
}

/** The base map: the operator's tiles, and outlines and roads from a GeoJSON file over them or on a plain ground. */
export function ground(base: MapBase, dark: boolean): StyleSpecification {
  const ink = dark
    ? {
        ground: "#1b2227",
        area: "#26313a",
        water: "#17384d",
        road: "#4a5862",
        line: "#6c7b86",
        text: "#dde4e9",
      }
    : {
        ground: "#f2efe9",
        area: "#e3ead8",
        water: "#b9d9ea",
        road: "#ffffff",
        line: "#8d8575",
        text: "#3b3a36",
      };
  const sources: Record<string, SourceSpecification> = {};
  const layers: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": ink.ground } },
  ];
  const attribution = base.attribution ?? undefined;
  const tiles = base.tiles ?? undefined;
  if (tiles) {
    sources.tiles = { type: "raster", tiles: [tiles], tileSize: 256, attribution };
    layers.push({ id: "tiles", type: "raster", source: "tiles" });
  } else if (base.pmtiles) {
    sources.tiles = {
      type: "vector",
      url: `pmtiles://${new URL(base.pmtiles, window.location.origin)}`,
      attribution,
    };
    layers.push(...vector(ink));
  }
  if (base.geojson) {
    sources.outline = { type: "geojson", data: new URL(base.geojson, window.location.origin).href };
    layers.push(...outline(ink));
  }
  return { version: 8, sources, layers };
}

type Ink = Record<"ground" | "area" | "water" | "road" | "line" | "text", string>;

/** The layers that vector tiles of the OpenMapTiles or Protomaps shapes have in common. */
function vector(ink: Ink): LayerSpecification[] {
  const of = (id: string, name: string) => ({ id, source: "tiles", "source-layer": name });
  return [
    { ...of("earth", "earth"), type: "fill", paint: { "fill-color": ink.ground } },
    { ...of("landuse", "landuse"), type: "fill", paint: { "fill-color": ink.area } },
    { ...of("water", "water"), type: "fill", paint: { "fill-color": ink.water } },
    { ...of("roads", "roads"), type: "line", paint: { "line-color": ink.road, "line-width": 2 } },
    {
      ...of("transportation", "transportation"),
      type: "line",
      paint: { "line-color": ink.road, "line-width": 2 },
    },
    {
      ...of("boundaries", "boundaries"),
      type: "line",
      paint: { "line-color": ink.line, "line-dasharray": [3, 2] },
    },
  ];
}

/** Outlines of places, water and roads: features say what they are by `kind`. */
function outline(ink: Ink): LayerSpecification[] {
  const kind = (...kinds: string[]) => ["in", ["get", "kind"], ["literal", kinds]] as never;
  return [
    {
      id: "fields",
      type: "fill",
      source: "outline",
      filter: kind("field"),
      paint: { "fill-color": ink.area },
    },
    {
      id: "rivers",
      type: "line",
      source: "outline",
      filter: kind("river"),
      paint: { "line-color": ink.water, "line-width": 8 },
    },
    {
      id: "water",
      type: "fill",
      source: "outline",
      filter: kind("water"),
      paint: { "fill-color": ink.water },
    },
    {
      id: "roads-edge",
      type: "line",
      source: "outline",
      filter: kind("road"),
      layout: { "line-cap": "round" },
      paint: { "line-color": ink.line, "line-width": 6, "line-opacity": 0.5 },
    },
    {
      id: "roads",
      type: "line",
      source: "outline",
      filter: kind("road"),
      layout: { "line-cap": "round" },
      paint: { "line-color": ink.road, "line-width": 4 },
    },
    {
      id: "buildings",
      type: "fill",
      source: "outline",
      filter: kind("building"),
      paint: { "fill-color": ink.line, "fill-opacity": 0.35 },
    },
    {
      id: "places",
      type: "line",
      source: "outline",
      filter: kind("province", "commune", "hamlet", "group"),
      paint: { "line-color": ink.line, "line-width": 2, "line-dasharray": [3, 2] },
    },
    ...names(ink),
  ];
}

/**
 * Names on roads, buildings and at points of the kind `label`. An area's name is such a point, for the map is drawn in
 * tiles and would write the name into each. The letters are the browser's own: no file of them is fetched.
 */
function names(ink: Ink): LayerSpecification[] {
  const written = (kind: string, minzoom: number, layout: SymbolLayerSpecification["layout"]) => ({
    id: `names-${kind}`,
    type: "symbol" as const,
    source: "outline",
    filter: ["==", ["get", "kind"], kind] as never,
    minzoom,
    layout: {
      "text-field": ["get", "name"] as never,
      "text-font": ["sans-serif"],
      "text-size": 12,
      ...layout,
    },
    paint: { "text-color": ink.text, "text-halo-color": ink.ground, "text-halo-width": 1.5 },
  });
  return [
    written("building", 16, { "text-size": 11 }),
    written("road", 14, { "symbol-placement": "line", "text-size": 11 }),
    written("label", 12, { "text-size": 14 }),
  ];
}
