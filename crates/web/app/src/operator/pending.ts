import type { Schemas } from "../api/client";
import { Problem } from "../api/problem";

/** What the server is about to offer and does not describe in its document yet. */

export type Sentence = Schemas["Sentence"];
export type FailureKind = Schemas["FailureKind"];

export interface Failure {
  kind: FailureKind;
  /** In both languages, or in English alone from an older server. */
  message?: Sentence | string;
  remedy?: Sentence | string;
}

export type StreamFound = Omit<Schemas["StreamReport"], "advice"> & {
  advice: (Sentence | string)[];
  picture?: string;
  no_picture?: Sentence;
};

export interface Found {
  brand?: string | null;
  main_url?: string | null;
  sub_url?: string | null;
  streams: StreamFound[];
  tried: { path: string; failure?: FailureKind | null }[];
  advice: Sentence[];
}

export interface Discovered {
  address: string;
  name?: string | null;
  brand?: string | null;
  hardware?: string | null;
  camera_id?: string | null;
}

export interface ImportedRow {
  row: number;
  name?: string | null;
  problems: { field?: string | null; message: Sentence; remedy?: Sentence | null }[];
  camera_id?: string | null;
}

export interface Imported {
  rows: ImportedRow[];
  /** Headings that mean nothing to the server. */
  ignored?: string[];
  ready: number;
  added: number;
}

export interface HealthOfCamera {
  camera_id: string;
  recording_gaps: {
    count: number;
    seconds: number;
    by_reason: { reason: Schemas["GapReason"]; count: number; seconds: number }[];
  };
  analysis_gap_seconds: number;
  streams: { stream: Schemas["StreamKind"]; bytes: number; stored_bytes: number }[];
  oldest?: string | null;
}

export interface Storage {
  disk_bytes: number;
  free_bytes: number;
  used_bytes: number;
  capacity_bytes: number;
  bytes_per_day: number | null;
  days_until_full: number | null;
  days_kept: number;
  keep_days: number;
  limited_by: "days" | "max_bytes" | "disk" | null;
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw Problem.unreachable(error);
  }
  if (!answer.ok) throw await Problem.of(answer);
  return (await answer.json()) as T;
}

const json = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
  signal,
});

/** Whether the server does not know the endpoint at all, or takes its last word for the identifier of a camera. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof Problem &&
    (error.status === 404 || error.status === 405 || error.body.field === "camera_id")
  );
}

export function findStreams(
  body: { host: string; port?: number; username?: string; password?: string },
  signal: AbortSignal,
) {
  return ask<Found>("/cameras/find", json(body, signal));
}

/** Tries addresses, with pictures where the server makes them. */
export async function tryStreams(
  body: Schemas["CameraToTry"],
  signal: AbortSignal,
): Promise<{ streams: StreamFound[] }> {
  try {
    return await ask("/cameras/probe", json({ ...body, pictures: true }, signal));
  } catch (error) {
    if (!(error instanceof Problem) || error.body.field !== "pictures") throw error;
    return ask("/cameras/probe", json(body, signal));
  }
}

/** Tries a camera as it is stored. */
export function tryStored(camera: string) {
  return ask<{ streams: StreamFound[] }>(`/cameras/${camera}/probe`, json({ pictures: true }));
}

export function discoverCameras(signal?: AbortSignal) {
  return ask<{ items: Discovered[] }>("/cameras/discover", { method: "POST", signal });
}

export function importCameras(file: File, how: { dry_run: boolean; probe: boolean }, signal: AbortSignal) {
  const query = new URLSearchParams({ dry_run: String(how.dry_run), probe: String(how.probe) });
  const type = file.name.toLowerCase().endsWith(".xlsx")
    ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    : "text/csv";
  return ask<Imported>(`/cameras/import?${query}`, {
    method: "POST",
    headers: { "content-type": type },
    body: file,
    signal,
  });
}

export const IMPORT_TEMPLATE = "/api/v1/cameras/import/template?format=csv";

export const healthOfCameras = () => ask<{ items: HealthOfCamera[] }>("/cameras/health");
export const storageForecast = () => ask<Storage>("/storage");

/** The trouble with a camera that a refusal tells of. */
export function failureOf(error: unknown): (Failure & { stream?: Schemas["StreamKind"] | null }) | null {
  if (!(error instanceof Problem) || !error.body.failure) return null;
  return { ...(error.body.failure as Failure), stream: error.body.stream };
}
