import type { ComponentProps } from "react";
import { moment } from "../../i18n/time";
import type { PlaybackClock } from "./PlaybackClock";
import classes from "./playback.module.css";
import type { Span } from "./tracks";
import { useClockTime } from "./usePlaybackClock";

interface Props extends ComponentProps<"div"> {
  clock: PlaybackClock;
  label: string;
  view: Span;
  pulling: boolean;
}

/** The strip as one control: its value is the moment. */
export function Strip({ clock, label, view, pulling, children, ...rest }: Props) {
  const at = useClockTime(clock, 1000);
  return (
    <div
      {...rest}
      className={classes.strip}
      data-timeline
      data-pulling={pulling || undefined}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={Math.round(view.from / 1000)}
      aria-valuemax={Math.round(view.to / 1000)}
      aria-valuenow={Math.round(at / 1000)}
      aria-valuetext={moment(at)}
    >
      {children}
    </div>
  );
}

/** Where the clock is. */
export function Playhead({
  clock,
  x,
  width,
}: {
  clock: PlaybackClock;
  x: (at: number) => number;
  width: number;
}) {
  const left = x(useClockTime(clock, 60));
  return left < 0 || left > width ? null : <div className={classes.playhead} style={{ left }} />;
}
