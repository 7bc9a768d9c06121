import { queryClient } from "../../api/client";

/** What is shown of cases is asked for anew. */
export function refreshCases() {
  return queryClient.invalidateQueries({
    predicate: ({ queryKey: [, path] }) => typeof path === "string" && path.startsWith("/api/v1/cases"),
  });
}
