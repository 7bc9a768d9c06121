import { createRoute, createRouter } from "@tanstack/react-router";
import { investigatorRoutes } from "./investigator/routes";
import { officerRoutes } from "./officer/routes";
import { operatorRoutes } from "./operator/routes";
import { rootRoute } from "./root";
import { Broken } from "./shell/Faults";
import { Home } from "./shell/Home";

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: Home,
});

const routeTree = rootRoute.addChildren([home, ...officerRoutes, ...investigatorRoutes, ...operatorRoutes]);

export const router = createRouter({ routeTree, defaultPreload: "intent", defaultErrorComponent: Broken });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
