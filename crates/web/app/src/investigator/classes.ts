import type { ObjectClass } from "./search/filter";

/** A colour for each class, told apart on light and dark ground and by who sees no red or green. */
export const CLASS_COLOUR: Record<ObjectClass, string> = {
  person: "#e8590c",
  bicycle: "#2b8a3e",
  motorcycle: "#1c7ed6",
  car: "#7048e8",
  bus: "#c2255c",
  truck: "#866118",
};
