import type { Schemas } from "../../api/client";
import { Problem } from "../../api/problem";

/** Asks when something moved in a part of a camera's picture. The answer comes line by line, for minutes perhaps. */
export async function searchMovement(
  camera: string,
  question: Schemas["Question"],
  signal: AbortSignal,
): Promise<AsyncGenerator<Schemas["MovedLine"]>> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/cameras/${camera}/moved`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      signal,
    });
  } catch (error) {
    throw signal.aborted ? error : Problem.unreachable(error);
  }
  if (!answer.ok || !answer.body) throw await Problem.of(answer);
  return lines(answer.body);
}

/** Lines of JSON, one by one as they arrive. */
export async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Schemas["MovedLine"]> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value ?? "";
    const whole = rest.split("\n");
    rest = done ? "" : (whole.pop() ?? "");
    for (const line of whole) if (line.trim()) yield JSON.parse(line) as Schemas["MovedLine"];
    if (done) return;
  }
}
