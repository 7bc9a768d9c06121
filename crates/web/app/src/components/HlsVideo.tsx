import { Button, Loader } from "@mantine/core";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Recorded, type RecordedState, RecordedStream } from "./recordedStream";
import classes from "./video.module.css";

/** What others may do with the picture. */
export interface Player {
  video: HTMLVideoElement | null;
  /** UTC of what is shown, in milliseconds. */
  now: () => number | null;
  /** Shows a moment, given as UTC in milliseconds. */
  seek: (at: number) => void;
}

/** After which the picture may have changed between being there and not. */
const TURNS = [
  "seeking",
  "seeked",
  "waiting",
  "loadeddata",
  "canplay",
  "playing",
  "pause",
  "ended",
  "emptied",
];
/** So long, in milliseconds, nothing is said about a picture that is on its way. */
const LATE = 700;
const BEGINNING: RecordedState = { transcoded: false };

interface Props extends Omit<Recorded, "stream"> {
  stream?: Recorded["stream"];
  ref?: Ref<Player>;
  loop?: boolean;
  muted?: boolean;
  autoPlay?: boolean;
  controls?: boolean;
  /** What is shown first, as UTC in milliseconds: the beginning, if not given. */
  begin?: number;
  /** Seconds to load ahead of what is shown; little for what may be shown next. */
  ahead?: number;
  /** What it shows, for who cannot see it. */
  label: string;
  onTime?: (at: number) => void;
  onEnded?: () => void;
  /** It was made playable for this browser by the server. */
  onTranscoded?: () => void;
}

/** A recording over HLS. Times are those of the camera's light, not of the player. */
export function HlsVideo({
  ref,
  camera,
  from,
  to,
  stream = "main",
  label,
  begin = 0,
  ahead = 30,
  onTime,
  onEnded,
  onTranscoded,
  ...video
}: Props) {
  const element = useRef<HTMLVideoElement>(null);
  const recording = useRef<RecordedStream>(null);
  const [state, setState] = useState<RecordedState>(BEGINNING);
  const [waiting, setWaiting] = useState(true);
  const told = useRef(onTranscoded);
  told.current = onTranscoded;
  const first = useRef({ begin, ahead });
  first.current = { begin, ahead };
  useEffect(() => {
    if (recording.current) recording.current.ahead = ahead;
  }, [ahead]);
  useEffect(() => {
    if (state.transcoded) told.current?.();
  }, [state.transcoded]);

  useEffect(() => {
    const video = element.current;
    if (!video) return;
    const enough = () => (video.paused || video.ended ? video.HAVE_CURRENT_DATA : video.HAVE_FUTURE_DATA);
    const look = () => setWaiting(video.seeking || video.readyState < enough());
    for (const turn of TURNS) video.addEventListener(turn, look);
    return () => {
      for (const turn of TURNS) video.removeEventListener(turn, look);
    };
  }, []);
  useEffect(() => {
    if (!element.current) return;
    setState(RecordedStream.supported() ? BEGINNING : { ...BEGINNING, fault: "unsupported" });
    if (!RecordedStream.supported()) return;
    const of = { camera, from, to, stream };
    const { begin, ahead } = first.current;
    const made = new RecordedStream(element.current, of, begin, ahead, setState);
    recording.current = made;
    return () => {
      recording.current = null;
      made.close();
    };
  }, [camera, from, to, stream]);

  const now = () => recording.current?.now() ?? null;
  useImperativeHandle(ref, () => ({
    get video() {
      return element.current;
    },
    now,
    seek: (at) => recording.current?.seek(at),
  }));

  return (
    <div className={classes.frame}>
      <video
        ref={element}
        className={classes.video}
        playsInline
        aria-label={label}
        onTimeUpdate={() => {
          const at = now();
          if (at !== null) onTime?.(at);
        }}
        onEnded={onEnded}
        {...video}
      />
      {waiting && <Note state={state} onRetry={() => recording.current?.retry()} />}
    </div>
  );
}

/** Why there is no picture. */
function Note({ state, onRetry }: { state: RecordedState; onRetry: () => void }) {
  const { t } = useTranslation();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATE);
    return () => clearTimeout(timer);
  }, []);
  const { fault, retrying, transcoded } = state;
  const busy = fault === "unavailable" && transcoded;
  if (fault && !(busy && retrying)) {
    const words = busy
      ? t("video.busy")
      : fault === "unsupported"
        ? t("video.unsupported")
        : t(`problem.${fault}`);
    return (
      <div className={classes.note} role="status">
        {words}
        {!retrying && (fault === "unavailable" || fault === "internal") && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            {t("do.retry")}
          </Button>
        )}
      </div>
    );
  }
  if (!late) return null;
  return (
    <div className={classes.note} role="status">
      <Loader size="sm" color="gray.3" role="img" aria-label={t("video.loading")} />
      {busy ? t("video.queued") : transcoded && t("video.converting")}
    </div>
  );
}
