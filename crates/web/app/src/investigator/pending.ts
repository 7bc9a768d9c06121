import { http, type Schemas } from "../api/client";
import { Problem } from "../api/problem";

/** Endpoints of the server that its OpenAPI document here does not hold yet. */

export type Box = { x: number; y: number; width: number; height: number };
export type Direction = "left" | "right" | "up" | "down";
export type Way = { points: Schemas["GeoPoint"][]; metres: number };

export type EventQuery = Partial<Schemas["EventFilter"]> & {
  route?: Way;
  zone?: { camera_id: string; polygon: [number, number][] };
  direction?: Direction;
  max_duration?: number;
};

/** Whether a server refused because it does not know the endpoint, or a field of it. */
export function unknownThere(error: unknown): boolean {
  return (
    error instanceof Problem && (error.status === 405 || ["not_found", "unknown_field"].includes(error.code))
  );
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      signal,
      ...(body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw Problem.unreachable(error);
  }
  if (!answer.ok) throw await Problem.of(answer);
  return answer;
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await ask(method, path, body, signal)).json()) as T;
}

export async function searchEvents(query: EventQuery, signal?: AbortSignal): Promise<Schemas["EventPage"]> {
  const { data } = await http.POST("/api/v1/events/search", {
    body: query as Schemas["EventFilter"],
    signal,
  });
  return data ?? { items: [] };
}

export type Speed = "walker" | "motorcycle" | "car";
export interface Passed {
  camera_id: string;
  along_metres: number;
  off_metres: number;
  seconds: Record<Speed, number>;
}

export function camerasAlong(way: Way, signal?: AbortSignal) {
  return json<{ items: Passed[] }>("POST", "/cameras/along", way, signal);
}

export type MovedLine =
  | { type: "progress"; at: string; done: number }
  | { type: "moment"; from: string; to: string; peak: number }
  | { type: "gap"; from: string; to: string; reason: "not_recorded" | "unreadable" }
  | { type: "end"; looked: number }
  | { type: "failed"; why: Schemas["Sentence"] };

export function searchMovement(
  camera: string,
  question: { from: string; to: string; area: Box; sensitivity: number },
  signal: AbortSignal,
) {
  return ask("POST", `/cameras/${camera}/moved`, question, signal);
}

export interface Case {
  id: string;
  place_id: string;
  title: string;
  note: string | null;
  state: "open" | "closed";
  created_by_name: string;
  created_at: string;
  version: number;
}

export type CaseContent =
  | { type: "clip"; camera_id: string; from: string; to: string; stream?: "main" | "sub" }
  | { type: "event"; event_id: string }
  | { type: "picture"; camera_id: string; at: string }
  | { type: "note"; text: string };

export interface CaseItem {
  id: string;
  kind: CaseContent;
  /** What is shown of it; null for a note. */
  footage: {
    camera_id: string;
    camera_name: string;
    place_id: string;
    stream: "main" | "sub";
    from: string;
    to: string;
  } | null;
  held: boolean;
  note: string | null;
  added_by_name: string;
  added_at: string;
}

export interface Export {
  id: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done: number;
  bytes: number | null;
  requested_by_name: string;
  requested_at: string;
  why: Schemas["Sentence"] | null;
}

export const cases = {
  list: (cursor: string | null) =>
    json<{ items: Case[]; next_cursor: string | null }>("GET", `/cases${cursor ? `?cursor=${cursor}` : ""}`),
  open: () => json<{ items: Case[] }>("GET", "/cases?state=open&limit=100"),
  read: (id: string) => json<Case & { items: CaseItem[] }>("GET", `/cases/${id}`),
  create: (body: { place_id: string; title: string; note?: string }) => json<Case>("POST", "/cases", body),
  change: (id: string, body: Partial<Pick<Case, "title" | "note" | "state">> & { version: number }) =>
    json<Case>("PATCH", `/cases/${id}`, body),
  remove: (id: string, version: number) => ask("DELETE", `/cases/${id}?version=${version}`),
  add: (id: string, item: { kind: CaseContent; note?: string }) =>
    json<CaseItem>("POST", `/cases/${id}/items`, item),
  changeItem: (id: string, item: string, body: { note?: string | null; position?: number }) =>
    ask("PATCH", `/cases/${id}/items/${item}`, body),
  removeItem: (id: string, item: string) => ask("DELETE", `/cases/${id}/items/${item}`),
  exports: (id: string) => json<{ items: Export[] }>("GET", `/cases/${id}/exports`),
  export: (id: string) => json<Export>("POST", `/cases/${id}/exports`),
  endExport: (id: string) => ask("DELETE", `/exports/${id}`),
};

export const exportFile = (id: string) => `/api/v1/exports/${id}/file`;
