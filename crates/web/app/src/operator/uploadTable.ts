import type { Schemas } from "../api/client";
import { Problem } from "../api/problem";

export const TEMPLATE = "/api/v1/cameras/import/template?format=csv";

/** Sends a table of cameras as the file that it is; the typed client would send it as JSON. */
export async function uploadTable(
  file: File,
  how: { dry_run: boolean; probe: boolean },
  signal?: AbortSignal,
): Promise<Schemas["Imported"]> {
  const query = new URLSearchParams({ dry_run: String(how.dry_run), probe: String(how.probe) });
  const type = file.name.toLowerCase().endsWith(".xlsx")
    ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    : "text/csv";
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/cameras/import?${query}`, {
      method: "POST",
      headers: { "content-type": type },
      body: file,
      signal,
    });
  } catch (error) {
    throw Problem.unreachable(error);
  }
  if (!answer.ok) throw await Problem.of(answer);
  return answer.json();
}
