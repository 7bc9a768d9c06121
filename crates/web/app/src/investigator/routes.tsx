import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../root";
import { parseAddress } from "./playback/address";
import { parseFilter } from "./search/filter";

const getParentRoute = () => rootRoute;

const search = createRoute({
  getParentRoute,
  path: "/search",
  validateSearch: parseFilter,
  component: lazyRouteComponent(() => import("./SearchPage"), "SearchPage"),
});

const playback = createRoute({
  getParentRoute,
  path: "/playback",
  validateSearch: parseAddress,
  component: lazyRouteComponent(() => import("./PlaybackPage"), "PlaybackPage"),
});

const cases = createRoute({
  getParentRoute,
  path: "/cases",
  component: lazyRouteComponent(() => import("./CasesPage"), "CasesPage"),
});

const oneCase = createRoute({
  getParentRoute,
  path: "/cases/$caseId",
  component: lazyRouteComponent(() => import("./CasePage"), "CasePage"),
});

export const investigatorRoutes = [search, playback, cases, oneCase] as const;
