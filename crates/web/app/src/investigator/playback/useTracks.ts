import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { http } from "../../api/client";
import { rfc3339 } from "../../i18n/time";
import { type Span, type Track, trackOf } from "./tracks";

/**
 * What is known of some cameras in a period; asked again while the period is not over. Until it is known, that of the
 * period before may be kept: to look at, not to decide by.
 */
export function useTracks(
  cameras: string[],
  period: Span,
  keep = false,
): { tracks: Track[]; pending: boolean; error: unknown } {
  return useQueries({
    queries: cameras.map((camera) => ({
      queryKey: ["timeline", camera, period.from, period.to],
      staleTime: period.to > Date.now() ? 5_000 : 60_000,
      refetchInterval: period.to > Date.now() ? 10_000 : (false as const),
      placeholderData: keep ? keepPreviousData : undefined,
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const { data } = await http.GET("/api/v1/cameras/{camera_id}/timeline", {
          params: {
            path: { camera_id: camera },
            query: { from: rfc3339(period.from), to: rfc3339(period.to) },
          },
          signal,
        });
        return data ? trackOf(data) : null;
      },
    })),
    combine,
  });
}

function combine(results: { data?: Track | null; isPending: boolean; error: unknown }[]) {
  return {
    tracks: results.flatMap((result) => (result.data ? [result.data] : [])),
    pending: results.some((result) => result.isPending),
    error: results.find((result) => result.error)?.error,
  };
}
