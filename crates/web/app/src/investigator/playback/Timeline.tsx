import { ActionIcon } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { clock as clockOf, day, hourMinute, moment } from "../../i18n/time";
import type { PlaybackClock } from "./PlaybackClock";
import { Preview } from "./Preview";
import classes from "./playback.module.css";
import { Playhead, Strip } from "./Strip";
import { shifted, ticks, zoomed } from "./scale";
import { TimelineRow } from "./TimelineRow";
import { covers, reasonAt, type Span, type Track } from "./tracks";

interface Props {
  cameras: { id: string; name: string }[];
  tracks: Track[];
  view: Span;
  onView: (view: Span) => void;
  clock: PlaybackClock;
  marks: Partial<Span>;
  onRemove: (camera: string) => void;
}

const AXIS = 26;

/** Time of all cameras: the wheel zooms, pulling moves, a click seeks, and under the pointer is a picture of then. */
export function Timeline({ cameras, tracks, view, onView, clock, marks, onRemove }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const { ref, width } = useElementSize<HTMLDivElement>();
  const strip = useRef<HTMLDivElement>(null);
  const [pointer, setPointer] = useState<{ x: number; row: number }>();
  const pull = useRef<{ x: number; view: Span; moved: boolean } | null>(null);
  const [pulling, setPulling] = useState(false);
  const row = cameras.length > 4 ? 34 : 44;
  const height = AXIS + cameras.length * row + 4;
  const x = (at: number) => ((at - view.from) / (view.to - view.from)) * width;
  const time = (left: number) => view.from + (left / Math.max(1, width)) * (view.to - view.from);

  const latest = useRef({ view, onView });
  latest.current = { view, onView };
  useEffect(() => {
    const target = strip.current;
    const turn = (event: WheelEvent) => {
      if (!target) return;
      event.preventDefault();
      const { view, onView } = latest.current;
      const box = target.getBoundingClientRect();
      const span = view.to - view.from;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        onView(shifted(view, ((event.deltaX || event.deltaY) / box.width) * span));
      } else {
        const at = view.from + ((event.clientX - box.left) / box.width) * span;
        onView(zoomed(view, Math.exp(event.deltaY / 350), at));
      }
    };
    target?.addEventListener("wheel", turn, { passive: false });
    return () => target?.removeEventListener("wheel", turn);
  }, []);

  const place = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return {
      x: event.clientX - box.left,
      row: Math.max(0, Math.min(cameras.length - 1, Math.floor((event.clientY - box.top - AXIS) / row))),
    };
  };
  const press = (event: KeyboardEvent) => {
    const span = view.to - view.from;
    const by = event.key === "PageUp" ? -span / 2 : event.key === "PageDown" ? span / 2 : 0;
    if (!by) return;
    event.preventDefault();
    onView(shifted(view, by));
  };
  const { step, marks: axis } = ticks(view, width);
  const under = pointer && !pulling ? { ...pointer, at: time(pointer.x) } : undefined;
  const hovered = under && cameras[under.row];
  const hoveredTrack = tracks.find((one) => one.camera === hovered?.id);
  // Pictures a few pixels apart are not asked for one by one.
  const grain = Math.max(500, ((view.to - view.from) / Math.max(1, width)) * 3);
  return (
    <section className={classes.timeline} aria-label={t("playback.timeline")}>
      <div className={classes.names}>
        {cameras.map((camera) => (
          <div key={camera.id} className={classes.name} style={{ height: row }}>
            <span title={camera.name}>{camera.name}</span>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={t("playback.removeCamera", { name: camera.name })}
              onClick={() => onRemove(camera.id)}
            >
              <IconX size={14} />
            </ActionIcon>
          </div>
        ))}
      </div>
      <div ref={ref} style={{ flex: 1, minWidth: 0, position: "relative" }}>
        <Strip
          ref={strip}
          clock={clock}
          label={t("playback.timelineKeys")}
          view={view}
          pulling={pulling}
          onKeyDown={press}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            pull.current = { x: event.clientX, view, moved: false };
          }}
          onPointerMove={(event) => {
            setPointer(place(event));
            const from = pull.current;
            if (!from) return;
            const by = event.clientX - from.x;
            if (!from.moved && Math.abs(by) < 5) return;
            from.moved = true;
            setPulling(true);
            onView(shifted(from.view, (-by / Math.max(1, width)) * (from.view.to - from.view.from)));
          }}
          onPointerUp={(event) => {
            if (pull.current && !pull.current.moved) clock.seek(time(place(event).x));
            pull.current = null;
            setPulling(false);
          }}
          onPointerCancel={() => {
            pull.current = null;
            setPulling(false);
          }}
          onPointerLeave={() => setPointer(undefined)}
        >
          <svg width={width} height={height} aria-hidden>
            <defs>
              <pattern
                id="taimat-hatch"
                width="7"
                height="7"
                patternUnits="userSpaceOnUse"
                patternTransform="rotate(45)"
              >
                <line className={classes.hatchLine} x1="0" y1="0" x2="0" y2="7" />
              </pattern>
            </defs>
            {axis.map((mark) => (
              <g key={mark.at} transform={`translate(${x(mark.at).toFixed(1)} 0)`}>
                <line className={classes.tick} y1={18} y2={height} />
                <text
                  className={`${classes.axis} ${mark.day ? classes.axisDay : ""}`}
                  y={14}
                  textAnchor="middle"
                >
                  {mark.day
                    ? day(mark.at).slice(0, 5)
                    : step < 60_000
                      ? clockOf(mark.at)
                      : hourMinute(mark.at)}
                </text>
              </g>
            ))}
            {cameras.map((camera, index) => {
              const track = tracks.find((one) => one.camera === camera.id);
              return (
                track && (
                  <TimelineRow
                    key={camera.id}
                    track={track}
                    view={view}
                    width={width}
                    y={AXIS + index * row}
                    height={row}
                  />
                )
              );
            })}
          </svg>
          {marks.from !== undefined && (
            <div
              className={classes.marked}
              style={{
                left: x(marks.from),
                width: Math.max(2, x(marks.to ?? marks.from) - x(marks.from)),
                clipPath: `inset(0 ${-width}px 0 ${-x(marks.from)}px)`,
              }}
            />
          )}
          <Playhead clock={clock} x={x} width={width} />
          {under && <div className={classes.pointer} style={{ left: under.x }} />}
        </Strip>
        {under && hovered && (
          <div
            className={classes.preview}
            style={{ left: Math.max(0, Math.min(width - 260, under.x - 130)) }}
          >
            {hoveredTrack && !covers(hoveredTrack.recorded, under.at) ? (
              <div className={classes.previewPicture}>
                <Missing track={hoveredTrack} at={under.at} />
              </div>
            ) : (
              <Preview
                camera={hovered.id}
                at={Math.round(under.at / grain) * grain}
                label={t("playback.preview", { when: moment(under.at) })}
              />
            )}
            <strong>{moment(under.at)}</strong> · {hovered.name}
          </div>
        )}
      </div>
    </section>
  );
}

function Missing({ track, at }: { track: Track; at: number }) {
  const { t } = useTranslation("investigator");
  const reason = reasonAt(track, at);
  return (
    <span>
      {reason ? t("playback.missingBecause", { reason: t(`reason.${reason}`) }) : t("playback.missing")}
    </span>
  );
}
