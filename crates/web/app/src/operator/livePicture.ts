import { type RefObject, useEffect, useState } from "react";

export type Shown =
  | { is: "loading" }
  | { is: "picture"; at: string | null; width: number; height: number }
  | { is: "none" };

/** Draws a camera's picture again and again; says of which moment it is. */
export function useLivePicture(
  canvas: RefObject<HTMLCanvasElement | null>,
  camera: string | null,
  everyMs: number | null,
): Shown {
  const [shown, setShown] = useState<Shown>({ is: "loading" });
  useEffect(() => {
    if (!camera) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = async () => {
      try {
        const answer = await fetch(`/api/v1/cameras/${camera}/snapshot?width=1280`, { signal: abort.signal });
        if (!answer.ok) throw new Error();
        const picture = await createImageBitmap(await answer.blob());
        const target = canvas.current;
        if (abort.signal.aborted || !target) return;
        target.width = picture.width;
        target.height = picture.height;
        target.getContext("2d")?.drawImage(picture, 0, 0);
        setShown({
          is: "picture",
          at: answer.headers.get("taimat-time"),
          width: picture.width,
          height: picture.height,
        });
      } catch {
        if (!abort.signal.aborted) setShown((old) => (old.is === "picture" ? old : { is: "none" }));
      }
      if (everyMs !== null && !abort.signal.aborted) timer = setTimeout(() => void draw(), everyMs);
    };
    setShown({ is: "loading" });
    void draw();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [canvas, camera, everyMs]);
  return shown;
}
