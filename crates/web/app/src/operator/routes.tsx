import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../root";
import type { Standing } from "./cameraStates";
import { CAMERA_TABS, type CameraTab } from "./cameraTabs";

const getParentRoute = () => rootRoute;

/** What an address says, where it is text. */
const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
/** … or one of some words. */
const oneOf = <T extends string>(value: unknown, words: readonly T[]) => words.find((word) => word === value);

const cameras = createRoute({
  getParentRoute,
  path: "/cameras",
  validateSearch: (raw: Record<string, unknown>): { q?: string; place?: string; state?: Standing } => ({
    q: text(raw.q),
    place: text(raw.place),
    state: oneOf(raw.state, ["online", "offline", "off"]),
  }),
  component: lazyRouteComponent(() => import("./CamerasPage"), "CamerasPage"),
});

const addCamera = createRoute({
  getParentRoute,
  path: "/cameras/add",
  component: lazyRouteComponent(() => import("./AddCameraPage"), "AddCameraPage"),
});

const importCameras = createRoute({
  getParentRoute,
  path: "/cameras/import",
  component: lazyRouteComponent(() => import("./ImportPage"), "ImportPage"),
});

const camera = createRoute({
  getParentRoute,
  path: "/cameras/$cameraId",
  validateSearch: (raw: Record<string, unknown>): { tab?: CameraTab } => ({
    tab: oneOf(raw.tab, CAMERA_TABS),
  }),
  component: lazyRouteComponent(() => import("./CameraPage"), "CameraPage"),
});

const rules = createRoute({
  getParentRoute,
  path: "/rules",
  validateSearch: (raw: Record<string, unknown>): { tab?: "presets"; place?: string } => ({
    tab: oneOf(raw.tab, ["presets"]),
    place: text(raw.place),
  }),
  component: lazyRouteComponent(() => import("./rules/RulesPage"), "RulesPage"),
});

const newRule = createRoute({
  getParentRoute,
  path: "/rules/new",
  validateSearch: (raw: Record<string, unknown>): { camera?: string } => ({ camera: text(raw.camera) }),
  component: lazyRouteComponent(() => import("./rules/NewRulePage"), "NewRulePage"),
});

const rule = createRoute({
  getParentRoute,
  path: "/rules/$ruleId",
  component: lazyRouteComponent(() => import("./rules/RulePage"), "RulePage"),
});

const health = createRoute({
  getParentRoute,
  path: "/health",
  validateSearch: (raw: Record<string, unknown>): { trouble?: true } => ({
    trouble: raw.trouble === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("./health/HealthPage"), "HealthPage"),
});

const places = createRoute({
  getParentRoute,
  path: "/places",
  validateSearch: (raw: Record<string, unknown>): { place?: string } => ({ place: text(raw.place) }),
  component: lazyRouteComponent(() => import("./places/PlacesPage"), "PlacesPage"),
});

const people = createRoute({
  getParentRoute,
  path: "/people",
  validateSearch: (raw: Record<string, unknown>): { user?: string } => ({ user: text(raw.user) }),
  component: lazyRouteComponent(() => import("./people/PeoplePage"), "PeoplePage"),
});

const bells = createRoute({
  getParentRoute,
  path: "/bells",
  validateSearch: (raw: Record<string, unknown>): { tab?: "bells" | "sounders" | "rings" } => ({
    tab: oneOf(raw.tab, ["bells", "sounders", "rings"]),
  }),
  component: lazyRouteComponent(() => import("./bells/BellsPage"), "BellsPage"),
});

const channels = createRoute({
  getParentRoute,
  path: "/channels",
  validateSearch: (
    raw: Record<string, unknown>,
  ): { tab?: "deliveries"; state?: "pending" | "sent" | "dead"; channel?: string } => ({
    tab: oneOf(raw.tab, ["deliveries"]),
    state: oneOf(raw.state, ["pending", "sent", "dead"]),
    channel: text(raw.channel),
  }),
  component: lazyRouteComponent(() => import("./channels/ChannelsPage"), "ChannelsPage"),
});

const audit = createRoute({
  getParentRoute,
  path: "/audit",
  validateSearch: (
    raw: Record<string, unknown>,
  ): { user?: string; action?: string; from?: string; to?: string } => ({
    user: text(raw.user),
    action: text(raw.action),
    from: text(raw.from),
    to: text(raw.to),
  }),
  component: lazyRouteComponent(() => import("./AuditPage"), "AuditPage"),
});

export const operatorRoutes = [
  cameras,
  addCamera,
  importCameras,
  camera,
  rules,
  newRule,
  rule,
  health,
  places,
  people,
  bells,
  channels,
  audit,
] as const;
