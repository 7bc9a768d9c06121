import type { Schemas } from "../../api/client";
import { rfc3339 } from "../../i18n/time";
import { nearest } from "../distance";

type Firing = Schemas["FiringAnswer"];

/** A stretch of an item that is shown at once. */
export interface Clip {
  from: string;
  to: string;
  /** What fired in it, in order of time. */
  fired: Firing[];
  /** The camera that saw it itself. */
  camera?: string;
}

/** A camera at which something can be seen, and how far it is away. */
export interface View {
  camera: string;
  metres?: number;
}

const AROUND = 5_000;
const LONGEST = 60_000;
/** Nothing is shown of a silence longer than this. */
const SILENCE = 20_000;

/** The stretches to watch: from before a firing until after the last that belongs to it. */
export function clips(fired: Firing[]): Clip[] {
  const groups: Firing[][] = [];
  for (const firing of fired) {
    const group = groups.at(-1);
    const [first, last] = [group?.[0], group?.at(-1)];
    const at = Date.parse(firing.at);
    const belongs =
      first &&
      last &&
      at - Date.parse(last.at) <= SILENCE &&
      at - Date.parse(first.at) <= LONGEST - 2 * AROUND;
    if (belongs) group?.push(firing);
    else groups.push([firing]);
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) return [];
    return {
      from: rfc3339(Date.parse(first.at) - AROUND),
      to: rfc3339(Date.parse(last.at) + AROUND),
      fired: group,
      camera: group.find((one) => one.camera_id)?.camera_id ?? undefined,
    };
  });
}

const NEIGHBOURS = 4;

/** Where a clip can be watched: the camera that saw it, or shows it best, and up to four around. */
export function views(clip: Clip | undefined, cameras: Map<string, Schemas["Camera"]>): View[] {
  if (!clip) return [];
  const named = clip.fired.find((one) => one.cameras?.length)?.cameras ?? [];
  const others = [...cameras.values()].filter((one) => one.enabled);
  const around: View[] = named.length
    ? named.map((one) => ({ camera: one.camera_id, metres: one.metres }))
    : nearest(cameras.get(clip.camera ?? "")?.point, others).map(({ one, metres }) => ({
        camera: one.id,
        metres,
      }));
  // Its own distance says something only where it did not see it itself.
  const own = named.find((one) => one.camera_id === clip.camera);
  const first: View[] = clip.camera ? [{ camera: clip.camera, ...(own && { metres: own.metres }) }] : [];
  const rest = around.filter((one) => one.camera !== clip.camera);
  return [...first, ...rest].filter((one) => cameras.has(one.camera)).slice(0, NEIGHBOURS + 1);
}
