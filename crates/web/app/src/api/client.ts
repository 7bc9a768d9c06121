import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import createFetch from "openapi-fetch";
import createApi from "openapi-react-query";
import { Problem } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** The API by path, typed by the server's own OpenAPI document. Throws `Problem`. */
export const http = createFetch<paths>({
  baseUrl: window.location.origin,
  querySerializer: { array: { style: "form", explode: true } },
});
http.use({
  async onResponse({ response }) {
    if (!response.ok) throw await Problem.of(response);
  },
  onError({ error }) {
    return error instanceof Problem ? error : Problem.unreachable(error);
  },
});

export const sessionKey = ["get", "/api/v1/session", {}] as const;

/** A session that has ended is noticed wherever it is noticed first. */
function noticeEndOfSession(error: unknown) {
  if (error instanceof Problem && error.code === "not_signed_in") queryClient.setQueryData(sessionKey, null);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEndOfSession }),
  mutationCache: new MutationCache({ onError: noticeEndOfSession }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refuses it refuses again; what could not reach it is tried until it does.
      retry: (count, error) =>
        error instanceof Problem && (error.status === 0 || error.status === 503) && count < 20,
      retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 10_000),
    },
  },
});

/**
 * How `api.useInfiniteQuery` goes from page to page. Whoever begins with no parameter at all is given one by the library,
 * which the server refuses.
 */
export const byCursor = {
  pageParamName: "cursor",
  initialPageParam: null,
  getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor ?? undefined,
};

/** Queries and mutations by path: `api.useQuery("get", "/api/v1/cameras")`. */
export const api = createApi(http);
