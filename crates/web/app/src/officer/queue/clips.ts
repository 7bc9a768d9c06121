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

/** Where a clip can be watched: the camera that saw it, and up to four around. */
export function views(clip: Clip | undefined, cameras: Map<string, Schemas["Camera"]>): View[] {
  if (!clip) return [];
  const near = clip.fired.find((one) => one.cameras?.length)?.cameras ?? [];
  const own = clip.camera ? cameras.get(clip.camera) : undefined;
  const around: View[] = near.length
    ? near.map((one) => ({ camera: one.camera_id, metres: one.metres }))
    : nearest(
        own?.point,
        [...cameras.values()].filter((one) => one.enabled && one.id !== clip.camera),
      ).map(({ one, metres }) => ({ camera: one.id, metres }));
  const fromHere = clip.camera ? [{ camera: clip.camera }] : [];
  const shown = [...fromHere, ...around.filter((one) => cameras.has(one.camera))];
  return shown.slice(0, NEIGHBOURS + 1);
}
