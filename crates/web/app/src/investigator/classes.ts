import type { ObjectClass } from "./search/filter";

/** A colour for each class, told apart on light and dark ground and by who sees no red or green. */
export const CLASS_COLOUR: Record<ObjectClass, string> = {
  person: "#c2410c",
  bicycle: "#237032",
  motorcycle: "#1864ab",
  car: "#6741d9",
  bus: "#c2255c",
  truck: "#866118",
};
