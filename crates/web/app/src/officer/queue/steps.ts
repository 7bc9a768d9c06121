import type { Schemas } from "../../api/client";

export type State = Schemas["ReviewState"];
export type Step = Schemas["ReviewStep"];

/** The states from which a step can be taken. */
const FROM: Record<Step, State[]> = {
  take: ["new", "escalated"],
  confirm: ["new", "taken", "escalated"],
  dismiss: ["new", "taken", "escalated"],
  escalate: ["new", "taken", "confirmed"],
  close: ["confirmed", "escalated"],
  reopen: ["confirmed", "dismissed", "closed"],
  note: ["new", "taken", "confirmed", "dismissed", "escalated", "closed"],
};

const TO: Partial<Record<Step, State>> = {
  take: "taken",
  confirm: "confirmed",
  dismiss: "dismissed",
  escalate: "escalated",
  close: "closed",
  reopen: "taken",
};

export function canTake(step: Step, state: State): boolean {
  return FROM[step].includes(state);
}

/** Where a step leads to. */
export function after(step: Step, state: State): State {
  return TO[step] ?? state;
}

/** The step that takes a decision back; what was handed up cannot be called back, only taken on again. */
export function undoing(step: Step): Step | undefined {
  if (step === "confirm" || step === "dismiss" || step === "close") return "reopen";
  return step === "escalate" ? "take" : undefined;
}

export const REASONS = [
  "not_an_object",
  "leaves_or_shadow",
  "animal",
  "weather",
  "known_person",
  "duplicate",
  "other",
] as const satisfies Schemas["DismissReason"][];
