import { createRootRoute } from "@tanstack/react-router";
import { Broken, NotFound } from "./shell/Faults";
import { Shell } from "./shell/Shell";

export const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: Broken,
});
