import { Navigate } from "@tanstack/react-router";
import { useMay } from "../api/session";
import { GROUPS } from "./Navigation";

/** The first page that the person may see. */
export function Home() {
  const may = useMay();
  const first = GROUPS.flatMap((group) => [...group.entries]).find((entry) => may(entry.needs));
  return <Navigate to={first?.to ?? "/cameras"} replace />;
}
