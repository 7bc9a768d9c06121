import { useEffect, useState } from "react";
import classes from "./live.module.css";

const EVERY = 2_000;
/** Older than this, a picture is not shown as new. */
const OLD = 15_000;

interface Props {
  camera: string;
  label: string;
  /** When the shown picture was seen; null where there is none. */
  onTime: (at: number | null) => void;
}

/** The newest picture of a camera, anew every two seconds, where live video is not to be had. */
export function StillPicture({ camera, label, onTime }: Props) {
  const [picture, setPicture] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let shown: string | undefined;
    const show = (blob: Blob | undefined, at: number | null) => {
      const before = shown;
      shown = blob && URL.createObjectURL(blob);
      setPicture(shown);
      onTime(at);
      if (before) setTimeout(() => URL.revokeObjectURL(before), 1000);
    };
    const fetchOne = async () => {
      try {
        const answer = await fetch(`/api/v1/cameras/${camera}/snapshot?width=640`, { signal: abort.signal });
        const seen = Date.parse(answer.headers.get("taimat-time") ?? "");
        const fresh = answer.ok && Date.now() - seen < OLD;
        const blob = fresh ? await answer.blob() : undefined;
        if (!abort.signal.aborted) show(blob, fresh ? seen : null);
      } catch {
        if (!abort.signal.aborted) show(undefined, null);
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void fetchOne(), EVERY);
    };
    void fetchOne();
    return () => {
      abort.abort();
      clearTimeout(timer);
      if (shown) URL.revokeObjectURL(shown);
    };
  }, [camera, onTime]);
  return picture ? <img className={classes.picture} src={picture} alt={label} /> : null;
}
