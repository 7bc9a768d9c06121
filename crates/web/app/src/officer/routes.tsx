import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../root";
import { queueSearch } from "./queue/search";
import { wallSearch } from "./wall/search";

const getParentRoute = () => rootRoute;

const queue = createRoute({
  getParentRoute,
  path: "/queue",
  validateSearch: queueSearch,
  component: lazyRouteComponent(() => import("./QueuePage"), "QueuePage"),
});

const wall = createRoute({
  getParentRoute,
  path: "/live",
  validateSearch: wallSearch,
  component: lazyRouteComponent(() => import("./WallPage"), "WallPage"),
});

const shifts = createRoute({
  getParentRoute,
  path: "/shifts",
  component: lazyRouteComponent(() => import("./ShiftsPage"), "ShiftsPage"),
});

const shift = createRoute({
  getParentRoute,
  path: "/shifts/$shiftId",
  component: lazyRouteComponent(() => import("./ShiftPage"), "ShiftPage"),
});

const reports = createRoute({
  getParentRoute,
  path: "/reports",
  component: lazyRouteComponent(() => import("./ReportsPage"), "ReportsPage"),
});

export const officerRoutes = [queue, wall, shifts, shift, reports] as const;
