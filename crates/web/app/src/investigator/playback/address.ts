/** What the address of playback holds. */
export interface Address {
  cameras?: string[];
  /** The moment shown, RFC 3339. */
  at?: string;
  /** Seconds that the timeline shows. */
  span?: number;
}

export const MOST_CAMERAS = 9;
export const SHORTEST = 5 * 60;
export const LONGEST = 62 * 86_400;

/** Reads the address; what is not understood is left out. */
export function parseAddress(raw: Record<string, unknown>): Address {
  const cameras = Array.isArray(raw.cameras)
    ? [...new Set(raw.cameras.filter((id): id is string => typeof id === "string"))].slice(0, MOST_CAMERAS)
    : [];
  const at = typeof raw.at === "string" && !Number.isNaN(Date.parse(raw.at)) ? raw.at : undefined;
  const span =
    typeof raw.span === "number" && Number.isFinite(raw.span)
      ? Math.round(Math.min(Math.max(raw.span, SHORTEST), LONGEST))
      : undefined;
  return { ...(cameras.length && { cameras }), ...(at && { at }), ...(span && { span }) };
}
