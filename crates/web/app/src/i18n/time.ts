import { language } from "./index";

/** Cameras and readers are in Vietnam, which has one zone and no summer time. */
export const ZONE = "Asia/Ho_Chi_Minh";
const OFFSET = "+07:00";

type When = string | number | Date;

function format(options: Intl.DateTimeFormatOptions) {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (when: When): string => {
    const locale = language() === "en" ? "en-GB" : "vi-VN";
    let found = formats.get(locale);
    if (!found) {
      found = new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: "h23", ...options });
      formats.set(locale, found);
    }
    return found.format(new Date(when));
  };
}

const two = "2-digit" as const;
/** 14:03:10 */
export const clock = format({ hour: two, minute: two, second: two });
/** 14:03 */
export const hourMinute = format({ hour: two, minute: two });
/** 24/11/2026 */
export const day = format({ day: two, month: two, year: "numeric" });
/** Thứ Ba, 24/11/2026 */
export const longDay = format({ weekday: "long", day: two, month: two, year: "numeric" });

/** 14:03:10 24/11/2026, as Vietnamese read it: the hour first. */
export function moment(when: When): string {
  return `${clock(when)} ${day(when)}`;
}

/** A duration such as 1:02:03 or 0:07. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** What a date field holds ("2026-11-24 14:03:10", Vietnam's clock) as a time of the API. */
export function fromField(value: string): string {
  const [date, time = "00:00:00"] = value.split(/[ T]/);
  return `${date}T${time}${OFFSET}`;
}

/** A time of the API as what a date field holds. */
export function toField(when: When): string {
  const shifted = new Date(new Date(when).getTime() + 7 * 3_600_000);
  return shifted.toISOString().slice(0, 19).replace("T", " ");
}

/** A time as the API writes it. */
export function rfc3339(when: When): string {
  return new Date(when).toISOString();
}
