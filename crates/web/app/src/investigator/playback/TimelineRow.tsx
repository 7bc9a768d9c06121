import { memo } from "react";
import { useTranslation } from "react-i18next";
import { CLASS_COLOUR } from "../classes";
import { CLASSES } from "../search/filter";
import classes from "./playback.module.css";
import { merge, type Span, type Track } from "./tracks";

interface Props {
  track: Track;
  view: Span;
  width: number;
  y: number;
  height: number;
}

const EVENTS = 12;

/** One camera on the timeline: what is recorded, what is missing, how much moved and what was seen. */
export const TimelineRow = memo(function TimelineRow({ track, view, width, y, height }: Props) {
  const { t } = useTranslation("investigator");
  const scale = width / (view.to - view.from);
  const x = (at: number) => Math.max(-2, Math.min(width + 2, (at - view.from) * scale));
  const inView = (span: Span) => span.to > view.from && span.from < view.to;
  const top = y + 3;
  const band = height - 6;
  const room = band - EVENTS - 2;
  // One path for many marks: a row of thousands stays light.
  const box = (span: Span, from: number, high: number, least: number) => {
    const left = x(span.from);
    const wide = Math.max(least, x(span.to) - left);
    return `M${left.toFixed(1)} ${from.toFixed(1)}h${wide.toFixed(1)}v${high.toFixed(1)}h-${wide.toFixed(1)}z`;
  };
  const activity = track.activity
    .filter(inView)
    .map((bar) => box(bar, top + room - bar.peak * room, bar.peak * room, 1))
    .join("");
  return (
    <g>
      <path
        className={classes.recorded}
        d={track.recorded
          .filter(inView)
          .map((span) => box(span, top, band, 1))
          .join("")}
      />
      <path className={classes.activity} d={activity} />
      {CLASSES.map((one) => {
        // Sightings of one class that touch on the screen are one mark.
        const spans = merge(
          track.events.filter((event) => event.class === one && inView(event)),
          1 / scale,
        );
        return spans.length === 0 ? null : (
          <path
            key={one}
            fill={CLASS_COLOUR[one]}
            d={spans
              .map((span) =>
                box(span, top + band - EVENTS + CLASSES.indexOf(one) * (EVENTS / CLASSES.length), 4, 2),
              )
              .join("")}
          />
        );
      })}
      {track.eventsFrom > view.from && track.eventsFrom > (track.recorded[0]?.from ?? 0) && (
        <g>
          <title>{t("playback.moreEvents")}</title>
          <line
            className={classes.more}
            x1={x(Math.max(view.from, track.recorded[0]?.from ?? view.from))}
            x2={x(track.eventsFrom)}
            y1={top + band - EVENTS / 2}
            y2={top + band - EVENTS / 2}
          />
        </g>
      )}
      {track.missing.filter(inView).map((gap) => {
        const d = box(gap, top, band, 2);
        return (
          <g key={`${gap.from}${gap.reason}`}>
            <title>{t("playback.missingBecause", { reason: t(`reason.${gap.reason}`) })}</title>
            <path className={classes.hatchGround} d={d} />
            <path className={classes.gap} d={d} />
          </g>
        );
      })}
      {track.unseen.filter(inView).map((gap) => (
        <g key={`${gap.from}${gap.reason}`}>
          <title>{t("playback.unseenBecause", { reason: t(`reason.${gap.reason}`) })}</title>
          <path className={classes.gap} d={box(gap, top + band - EVENTS, EVENTS, 2)} />
        </g>
      ))}
    </g>
  );
});
