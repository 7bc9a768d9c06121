import type { components } from "./schema";

export type ProblemBody = components["schemas"]["ProblemBody"];

/** What the server answered instead of what was asked for (RFC 9457). */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly body: Partial<ProblemBody>;

  constructor(status: number, body: Partial<ProblemBody>) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.body = body;
    this.code = body.code ?? (status === 0 ? "no_connection" : "internal");
  }

  /** The server could not be reached at all. */
  static unreachable(cause: unknown): Problem {
    const problem = new Problem(0, { code: "no_connection" });
    problem.cause = cause;
    return problem;
  }

  static async of(response: Response): Promise<Problem> {
    try {
      return new Problem(response.status, (await response.json()) as ProblemBody);
    } catch {
      // A proxy in between answers with a page of its own.
      return new Problem(response.status, {});
    }
  }
}

/** Whatever was thrown, as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(500, { detail: String(error) });
}
