import { Tooltip } from "@mantine/core";
import { day, hourMinute } from "../../i18n/time";
import classes from "./bars.module.css";

interface Props {
  label: string;
  times: number[];
  from: number;
  to: number;
  /** Milliseconds of a bar. */
  step: number;
}

/** How often something happened, a bar an hour or a day. */
export function Bars({ label, times, from, to, step }: Props) {
  const count = Math.round((to - from) / step);
  const bars = Array.from({ length: count }, (_, place) => {
    const start = from + place * step;
    return { start, count: times.filter((time) => time >= start && time < start + step).length };
  });
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const daily = step >= 86_400_000;
  return (
    <ol className={classes.bars} aria-label={label}>
      {bars.map((bar) => {
        const when = daily ? day(bar.start).slice(0, 5) : hourMinute(bar.start);
        return (
          <Tooltip key={bar.start} label={`${when}: ${bar.count}`}>
            <li className={classes.bar}>
              <span className={classes.count}>{bar.count || ""}</span>
              <span className={classes.fill} style={{ height: `${(bar.count / most) * 72}px` }} />
              <span className={classes.when}>{daily ? when : when.slice(0, 2)}</span>
            </li>
          </Tooltip>
        );
      })}
    </ol>
  );
}
