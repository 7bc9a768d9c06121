import type { Schemas } from "../../api/client";
import type { Draft } from "./draft";

/** A rule as it is typed. */
export interface RuleDraft {
  name: string;
  place_id: string;
  severity: Schemas["Severity"];
  cameras: string[];
  classes: Schemas["ObjectClass"][];
  /** Percent. */
  min_score: number;
  min_height: number;
  cool_down_seconds: number;
  schedule: Schemas["Schedule"] | null;
  condition: Draft;
}
