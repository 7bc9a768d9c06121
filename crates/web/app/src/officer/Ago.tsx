import { useEffect, useState } from "react";
import { language } from "../i18n";
import { moment } from "../i18n/time";

/** The time, told anew every so many milliseconds. */
export function useNow(every = 10_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** 2 phút trước, 2 minutes ago. */
export function ago(when: number, now: number, locale: string): string {
  const seconds = Math.max(0, Math.round((now - when) / 1000));
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (seconds < 10) return format.format(0, "second");
  if (seconds < 60) return format.format(-seconds, "second");
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), "hour");
  return format.format(-Math.floor(seconds / 86_400), "day");
}

/** How long ago something was, with the moment itself for who points at it. */
export function Ago({ when }: { when: string }) {
  const now = useNow();
  return (
    <time dateTime={when} title={moment(when)}>
      {ago(Date.parse(when), now, language())}
    </time>
  );
}
