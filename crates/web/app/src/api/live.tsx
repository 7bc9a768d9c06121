import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { queryClient, type Schemas, sessionKey } from "./client";

export type Change = Schemas["LiveEvent"];
type Listener = (change: Change) => void;

const KINDS = [
  "event_started",
  "event_changed",
  "review_item_changed",
  "ring_changed",
  "camera_state",
] as const;

const LiveContext = createContext<{ connected: boolean; listeners: Set<Listener> }>({
  connected: true,
  listeners: new Set(),
});

/**
 * Keeps one stream of changes open for the whole page, heals it by itself, and tells queries that what they hold may be
 * old when the stream begins anew.
 */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [connected, setConnected] = useState(true);
  const [listeners] = useState(() => new Set<Listener>());
  useEffect(() => {
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let attempts = 0;
    const open = () => {
      clearTimeout(again);
      source?.close();
      source = new EventSource("/api/v1/live");
      source.onopen = () => {
        attempts = 0;
        setConnected(true);
      };
      source.addEventListener("resync", () => void queryClient.invalidateQueries());
      for (const kind of KINDS) {
        source.addEventListener(kind, (message) => {
          const change = JSON.parse(message.data) as Change;
          for (const listener of listeners) listener(change);
        });
      }
      source.onerror = () => {
        // The browser tries again by itself only where the answer was cut off, not where it was refused.
        source?.close();
        attempts += 1;
        // It does not say why: the session may have ended.
        void queryClient.invalidateQueries({ queryKey: sessionKey });
        if (attempts > 1) setConnected(false);
        again = setTimeout(open, Math.min(1000 * 2 ** attempts, 15_000));
      };
    };
    open();
    const wake = () => {
      if (document.visibilityState === "visible" && source?.readyState === EventSource.CLOSED) open();
    };
    // A stream that was open does not notice at once that the network is gone; the browser does.
    const lose = () => setConnected(false);
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("offline", lose);
    window.addEventListener("online", open);
    return () => {
      source?.close();
      clearTimeout(again);
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("offline", lose);
      window.removeEventListener("online", open);
    };
  }, [listeners]);
  return <LiveContext.Provider value={{ connected, listeners }}>{children}</LiveContext.Provider>;
}

/** Whether changes arrive. */
export function useConnected(): boolean {
  return useContext(LiveContext).connected;
}

/** Hears every change while the component is shown. */
export function useLive(listener: Listener) {
  const { listeners } = useContext(LiveContext);
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const hear: Listener = (change) => latest.current(change);
    listeners.add(hear);
    return () => void listeners.delete(hear);
  }, [listeners]);
}
