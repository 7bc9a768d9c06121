export const LAYOUTS = [1, 4, 6, 9, 16, 25, 36] as const;
export type Layout = (typeof LAYOUTS)[number];

/** The wall as it stands in an address. */
export interface WallSearch {
  /** How many pictures. */
  layout?: Layout;
  /** Identifiers with commas; all of the place if not given. */
  cameras?: string;
  place?: string;
  page?: number;
  /** The camera that fills the wall. */
  large?: string;
  /** Whether bells and gongs are shown beside it. */
  panel?: boolean;
}

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

export function wallSearch(search: Record<string, unknown>): WallSearch {
  const page = Number(search.page);
  return {
    layout: LAYOUTS.find((one) => one === Number(search.layout)),
    cameras: text(search.cameras),
    place: text(search.place),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
    large: text(search.large),
    panel: search.panel === true ? true : undefined,
  };
}

/** The smallest layout that shows so many, or the usual one of a wall where none does. */
export function layoutFor(count: number): Layout {
  return LAYOUTS.find((one) => one >= count && one <= 16) ?? 16;
}

/** Columns of a layout. */
export function columns(layout: Layout): number {
  return layout === 6 ? 3 : Math.sqrt(layout);
}

/** The tile to which an arrow leads; the first of six is two wide and two high. */
export function neighbour(at: number, key: string, layout: Layout, count: number): number {
  const step = columns(layout);
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -step, ArrowDown: step }[key] ?? 0;
  const to = layout === 6 ? at + Math.sign(by) : at + by;
  return to >= 0 && to < count ? to : at;
}
