import type { Schemas } from "../../api/client";
import { duration } from "../../i18n/time";

type Came = Schemas["CameCount"];

/** How many of what came are such. */
export function count(came: Came[], such: (one: Came) => boolean = () => true): number {
  return came.filter(such).reduce((sum, one) => sum + one.count, 0);
}

/** How long something took, or that it has not happened. */
export function took(seconds: number | null | undefined): string {
  return typeof seconds === "number" ? duration(seconds) : "–";
}

/** Whether a camera's record has a hole worth handing over. */
export function needsWord({ missing_since, recording, analysis }: Schemas["CameraHealth"]): boolean {
  return Boolean(missing_since) || recording.gaps > 0 || analysis.gaps > 0;
}
