import type { Schemas } from "../api/client";

export function CameraRules(_: { camera: Schemas["Camera"] }) {
  return null;
}
