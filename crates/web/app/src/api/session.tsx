import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useMemo } from "react";
import { api, http, type Schemas, sessionKey } from "./client";
import { Problem } from "./problem";

export type Session = Schemas["SessionAnswer"];
export type Action = Schemas["Action"];

/** Who is signed in: `undefined` while it is asked, `null` for nobody. */
export function useSessionQuery() {
  return useQuery<Session | null>({
    queryKey: sessionKey,
    staleTime: 60_000,
    queryFn: async () => {
      try {
        return (await http.GET("/api/v1/session")).data ?? null;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
  });
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("nobody is signed in here");
  return session;
}

/** All places that the caller may see, by id. */
export function usePlaces(): Map<string, Schemas["Place"]> {
  const { data } = api.useQuery("get", "/api/v1/places", {}, { staleTime: 60_000 });
  return useMemo(() => new Map(data?.items.map((place) => [place.id, place])), [data]);
}

/** Whether an action is allowed at a place, or anywhere at all if none is named. */
export type May = (action: Action, place?: string | null) => boolean;

/** What the person may do. A button that would answer 403 is not shown. */
export function useMay(): May {
  const { rights } = useSession();
  const places = usePlaces();
  return useCallback(
    (action, place) => {
      const right = rights.find((one) => one.action === action);
      if (!right) return false;
      if (right.everywhere || !place) return true;
      for (let at = places.get(place); at; at = at.parent_id ? places.get(at.parent_id) : undefined) {
        if (right.places.includes(at.id)) return true;
      }
      return right.places.includes(place);
    },
    [rights, places],
  );
}
