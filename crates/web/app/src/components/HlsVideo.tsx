import Hls from "hls.js/light";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./video.module.css";

export interface Recorded {
  camera: string;
  /** RFC 3339. */
  from: string;
  to: string;
  stream?: "main" | "sub";
}

/** What others may do with the picture. */
export interface Player {
  video: HTMLVideoElement | null;
  /** UTC of what is shown, in milliseconds. */
  now: () => number | null;
  /** Shows a moment, given as UTC in milliseconds. */
  seek: (at: number) => void;
}

export function playlist({ camera, from, to, stream = "main" }: Recorded, codec?: "h264"): string {
  const query = new URLSearchParams({ from, to, stream, ...(codec && { codec }) });
  return `/api/v1/cameras/${camera}/playlist.m3u8?${query}`;
}

interface Props extends Recorded {
  ref?: Ref<Player>;
  loop?: boolean;
  muted?: boolean;
  autoPlay?: boolean;
  controls?: boolean;
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
  stream,
  label,
  ahead = 30,
  onTime,
  onEnded,
  onTranscoded,
  ...video
}: Props) {
  const { t } = useTranslation();
  const element = useRef<HTMLVideoElement>(null);
  const hls = useRef<Hls>(null);
  const [fault, setFault] = useState<"empty" | "unsupported">();
  const told = useRef(onTranscoded);
  told.current = onTranscoded;
  const loaded = useRef(ahead);
  loaded.current = ahead;
  useEffect(() => {
    if (hls.current) hls.current.config.maxBufferLength = ahead;
  }, [ahead]);

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    setFault(undefined);
    if (!Hls.isSupported()) {
      setFault("unsupported");
      return;
    }
    let codec: "h264" | undefined;
    const player = new Hls({
      enableWorker: false,
      maxBufferLength: loaded.current,
      maxMaxBufferLength: 60,
      backBufferLength: 30,
      startPosition: 0,
    });
    hls.current = player;
    player.on(Hls.Events.ERROR, (_, data) => {
      const unplayable =
        data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR ||
        data.details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR ||
        data.details === Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR;
      if (unplayable && !codec) {
        codec = "h264";
        told.current?.();
        player.loadSource(playlist({ camera, from, to, stream }, codec));
      } else if (data.fatal && data.details === Hls.ErrorDetails.MANIFEST_LOAD_ERROR) {
        // The recording was there before it was asked for in another codec.
        setFault(codec ? "unsupported" : "empty");
      } else if (data.fatal && data.type === Hls.ErrorTypes.MEDIA_ERROR) {
        player.recoverMediaError();
      } else if (data.fatal) {
        setFault(unplayable ? "unsupported" : "empty");
      }
    });
    player.attachMedia(target);
    player.loadSource(playlist({ camera, from, to, stream }));
    return () => {
      hls.current = null;
      player.destroy();
    };
  }, [camera, from, to, stream]);

  const now = () => {
    const target = element.current;
    const fragments = hls.current?.latestLevelDetails?.fragments ?? [];
    // The player's own date is that of the fragment before until it has noticed a jump.
    const shown =
      target && (fragments.findLast((one) => one.start <= target.currentTime + 0.001) ?? fragments[0]);
    return target && shown && shown.programDateTime !== null
      ? shown.programDateTime + (target.currentTime - shown.start) * 1000
      : null;
  };
  useImperativeHandle(ref, () => ({
    get video() {
      return element.current;
    },
    now,
    seek: (at) => {
      const target = element.current;
      const fragments = hls.current?.latestLevelDetails?.fragments ?? [];
      const found = fragments.findLast((one) => (one.programDateTime ?? 0) <= at) ?? fragments[0];
      if (!target || !found) return;
      const into = (at - (found.programDateTime ?? at)) / 1000;
      target.currentTime = found.start + Math.min(Math.max(into, 0), found.duration);
    },
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
      {fault && (
        <div className={classes.note} role="status">
          {fault === "empty" ? t("problem.no_footage") : t("video.unsupported")}
        </div>
      )}
    </div>
  );
}
