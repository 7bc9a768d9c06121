/** The parts of a camera's page, in their order. */
export const CAMERA_TABS = ["live", "settings", "streams", "rules", "quiet", "cost", "gaps"] as const;
export type CameraTab = (typeof CAMERA_TABS)[number];
