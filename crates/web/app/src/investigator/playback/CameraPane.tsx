import { ActionIcon, Badge, Group } from "@mantine/core";
import { IconMinus, IconPlus, IconZoomReset } from "@tabler/icons-react";
import { lazy, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Player } from "../../components/HlsVideo";
import { Later } from "../../components/Later";
import { rfc3339 } from "../../i18n/time";
import { correction, type PlaybackClock } from "./PlaybackClock";
import classes from "./playback.module.css";
import { covers, reasonAt, type Track } from "./tracks";
import { useDigitalZoom } from "./useDigitalZoom";
import { useClockTime } from "./usePlaybackClock";

/** The player of recordings is large, and comes after the page. */
const HlsVideo = lazy(() => import("../../components/HlsVideo").then((file) => ({ default: file.HlsVideo })));

interface Props {
  camera: { id: string; name: string; hasSub: boolean };
  clock: PlaybackClock;
  track: Track | undefined;
  width: number;
  /** It is one of several. */
  several: boolean;
  active: boolean;
  onActivate: () => void;
}

const BEFORE = 10 * 60_000;
const WINDOW = 60 * 60_000;
/** Above this speed the small stream is played, above the next pictures are stepped through. */
const FAST = 4;
const STEPPED = 16;
/** Milliseconds behind the clock, at the usual speed, that a player does not make up by itself. */
const BEHIND = 500;
/** Pictures no wider than this lose nothing by the small stream. */
const SMALL = 640;

/** An hour around a moment, of which some lies before it. */
function windowAround(at: number) {
  const from = Math.floor(at / BEFORE) * BEFORE - BEFORE;
  return { from: rfc3339(from), to: rfc3339(from + WINDOW) };
}

/** One camera that follows the clock. */
export function CameraPane({ camera, clock, track, width, several, active, onActivate }: Props) {
  const { t } = useTranslation("investigator");
  const id = useId();
  const player = useRef<Player>(null);
  const [window, setWindow] = useState(() => windowAround(clock.at()));
  const [transcoded, setTranscoded] = useState<"main" | "sub">();
  const zoom = useDigitalZoom();
  const at = useClockTime(clock, 250);
  const speed = clock.speed;
  const stream =
    camera.hasSub && ((several && width <= SMALL && zoom.scale === 1) || speed > FAST) ? "sub" : "main";
  const stepped = speed > STEPPED || (speed > FAST && stream === "main");
  const shown = track ? covers(track.recorded, at) : true;

  useEffect(() => {
    let sought: number | undefined;
    let soughtAt = 0;
    const follow = () => {
      const want = clock.at();
      const video = player.current?.video;
      if (!video) {
        clock.wait(id);
        return;
      }
      if (track && !covers(track.recorded, want)) {
        video.pause();
        clock.ready(id);
        return;
      }
      if (want < Date.parse(window.from) || want >= Date.parse(window.to) - 1000) {
        clock.wait(id);
        setWindow(windowAround(want));
        return;
      }
      const now = player.current?.now() ?? null;
      if (now === null) {
        clock.wait(id);
        return;
      }
      const drift = want - now;
      const seek = () => {
        sought = want;
        soughtAt = performance.now();
        player.current?.seek(want);
      };
      const late = performance.now() - soughtAt;
      if (!clock.playing || stepped) {
        video.pause();
        const stuck = video.seeking && late < 4000;
        if (Math.abs(drift) > 20 && sought !== want && !stuck) seek();
        if (video.seeking && (!stepped || late > 700)) clock.wait(id);
        else clock.ready(id);
        return;
      }
      const stalled = video.seeking || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
      // Who falls behind is waited for, so that all show the same moment.
      if (stalled || drift > BEHIND * Math.max(1, speed)) clock.wait(id);
      else clock.ready(id);
      const next = correction(drift, speed);
      if ("seek" in next) {
        if (late > 1500 || sought === undefined || Math.abs(sought - want) > 5000 * speed) seek();
      } else video.playbackRate = next.rate;
      if (clock.held && !stalled && drift < 20) video.pause();
      else if (video.paused) void video.play().catch(() => undefined);
    };
    const timer = setInterval(follow, 100);
    const stop = clock.subscribe(follow);
    follow();
    return () => {
      clearInterval(timer);
      stop();
      clock.leave(id);
    };
  }, [clock, id, track, window, speed, stepped]);

  const reason = track && reasonAt(track, at);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the name below is the button for keys.
    // biome-ignore lint/a11y/noStaticElementInteractions: the same.
    <div
      className={classes.pane}
      style={{ width }}
      data-active={active || undefined}
      onClick={onActivate}
      ref={zoom.ref}
      onPointerDown={zoom.onPointerDown}
      onPointerMove={zoom.onPointerMove}
      onDoubleClick={zoom.reset}
    >
      <div
        style={{
          transform: zoom.transform,
          transformOrigin: "0 0",
          visibility: shown ? undefined : "hidden",
        }}
      >
        <Later>
          <HlsVideo
            key={stream}
            ref={player}
            camera={camera.id}
            from={window.from}
            to={window.to}
            stream={stream}
            label={camera.name}
            begin={clock.at()}
            muted
            onTranscoded={() => setTranscoded(stream)}
          />
        </Later>
      </div>
      {!shown && (
        <div className={classes.nothing} role="status">
          <span>
            {reason ? t("playback.missingBecause", { reason: t(`reason.${reason}`) }) : t("playback.missing")}
          </span>
        </div>
      )}
      <Group className={classes.paneName} gap={6}>
        <button type="button" aria-pressed={active} onClick={onActivate}>
          {camera.name}
        </button>
        {transcoded === stream && (
          <Badge size="sm" color="yellow.4" variant="filled" tt="none">
            {t("playback.transcoded")}
          </Badge>
        )}
      </Group>
      <Group className={classes.zoomTools} gap={4} data-zoomed={zoom.scale > 1 || undefined}>
        <ActionIcon
          size="sm"
          variant="filled"
          color="dark"
          aria-label={t("playback.zoomIn")}
          onClick={zoom.larger}
        >
          <IconPlus size={14} />
        </ActionIcon>
        {zoom.scale > 1 && (
          <>
            <ActionIcon
              size="sm"
              variant="filled"
              color="dark"
              aria-label={t("playback.zoomOut")}
              onClick={zoom.smaller}
            >
              <IconMinus size={14} />
            </ActionIcon>
            <ActionIcon
              size="sm"
              variant="filled"
              color="dark"
              aria-label={t("playback.zoomReset")}
              onClick={zoom.reset}
            >
              <IconZoomReset size={14} />
            </ActionIcon>
          </>
        )}
      </Group>
    </div>
  );
}
