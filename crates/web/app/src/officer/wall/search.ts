export const LAYOUTS = [1, 4, 6, 9, 16, 25, 36] as const;
export type Layout = (typeof LAYOUTS)[number];

/** The wall as it stands in an address: how many pictures, of which cameras. */
export interface WallSearch {
  layout?: Layout;
  /** Identifiers with commas; all of the place if not given. */
  cameras?: string;
  place?: string;
  /** The camera that fills the wall. */
  large?: string;
}

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

export function wallSearch(search: Record<string, unknown>): WallSearch {
  return {
    layout: LAYOUTS.find((one) => one === Number(search.layout)),
    cameras: text(search.cameras),
    place: text(search.place),
    large: text(search.large),
  };
}
