import { Badge, Loader } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { clock, day } from "../i18n/time";
import classes from "./live.module.css";
import { type LiveState, LiveStream } from "./liveStream";
import { StillPicture } from "./StillPicture";

export interface Away {
  since: string;
  trouble?: Schemas["FailureKind"];
}

interface Props {
  camera: string;
  stream: "main" | "sub";
  /** What it shows, for who cannot see it. */
  label: string;
  /** The camera is known to be away. */
  away?: Away;
}

/** A camera as it is now, with the time of its picture. It shows nothing rather than an old picture. */
export function LiveVideo({ camera, stream, label, away }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const video = useRef<HTMLVideoElement>(null);
  const live = useRef<LiveStream>(null);
  const [state, setState] = useState<LiveState>({ kind: "connecting" });
  const [at, setAt] = useState<number | null>(null);

  useEffect(() => {
    if (!video.current) return;
    const stream_ = new LiveStream(video.current, camera, stream, setState);
    live.current = stream_;
    return () => stream_.close();
  }, [camera, stream]);
  const absent = state.kind === "absent";
  useEffect(() => {
    if (absent) return;
    const timer = setInterval(() => setAt(live.current?.now() ?? null), 250);
    return () => clearInterval(timer);
  }, [absent]);

  const gone: Away | undefined =
    state.kind === "offline" ? state : state.kind === "playing" ? undefined : away;
  const shown = state.kind === "playing" && !gone;
  return (
    <div className={classes.frame} data-live={gone ? "offline" : state.kind}>
      <video
        ref={video}
        className={classes.picture}
        style={{ visibility: shown ? undefined : "hidden" }}
        muted
        playsInline
        aria-label={label}
      />
      {absent && !gone && <StillPicture camera={camera} label={label} onTime={setAt} />}
      {(shown || absent) && !gone && at !== null && (
        <time className={classes.clock} dateTime={new Date(at).toISOString()}>
          {clock(at)}
        </time>
      )}
      {state.kind === "playing" && state.transcoded && (
        <Badge className={classes.badge} color="dark" size="sm" tt="none">
          {t("live.transcoded")}
        </Badge>
      )}
      {state.kind === "absent" && !gone && (
        <Badge className={classes.badge} color="dark" size="sm" tt="none">
          {state.busy ? t("live.busy") : t("live.stills")}
        </Badge>
      )}
      {gone ? (
        <Note>
          <strong>{t("live.offline")}</strong>
          <span>{t("live.since", { when: sinceWhen(gone.since) })}</span>
          {gone.trouble && <span>{t(`trouble.${gone.trouble}`)}</span>}
        </Note>
      ) : state.kind === "silent" ? (
        <Note>
          <strong>{t("live.silent")}</strong>
          <span>{t("live.silentHint")}</span>
        </Note>
      ) : state.kind === "refused" ? (
        <Note>
          <span>{t(`common:problem.${state.code}`)}</span>
        </Note>
      ) : state.kind === "lost" ? (
        <Note>
          <span>{t("common:problem.no_connection")}</span>
        </Note>
      ) : (
        (state.kind === "connecting" || (absent && at === null)) && (
          <Note>
            <Loader size="sm" color="gray.3" role="img" aria-label={t("common:video.loading")} />
            {state.kind === "connecting" && state.converting && <span>{t("common:video.converting")}</span>}
          </Note>
        )
      )}
    </div>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <div className={classes.note} role="status">
      {children}
    </div>
  );
}

/** 14:03:10, with the day where it is another. */
function sinceWhen(when: string): string {
  const today = day(Date.now());
  return day(when) === today ? clock(when) : `${clock(when)} ${day(when)}`;
}
