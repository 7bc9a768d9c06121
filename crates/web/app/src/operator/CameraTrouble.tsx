import { asProblem } from "../api/problem";
import { ProblemAlert } from "../components/states";
import { FailureNote } from "./FailureNote";

/** Why something about a camera was refused: what is wrong with the camera, where that is it. */
export function CameraTrouble({ error }: { error: unknown }) {
  const { failure, stream } = asProblem(error).body;
  return failure ? <FailureNote failure={failure} stream={stream} /> : <ProblemAlert problem={error} />;
}
