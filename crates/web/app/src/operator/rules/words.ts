import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { span } from "../figures";
import { DAYS } from "./week";

/** Days that follow each other, as stretches. */
export function stretches(days: readonly Schemas["Day"][]): [Schemas["Day"], Schemas["Day"]][] {
  const found: [Schemas["Day"], Schemas["Day"]][] = [];
  DAYS.forEach((day, place) => {
    if (!days.includes(day)) return;
    const last = found.at(-1);
    if (last && last[1] === DAYS[place - 1]) last[1] = day;
    else found.push([day, day]);
  });
  return found;
}

/** Rules and timetables in words. */
export function useRuleWords() {
  const { t } = useTranslation("operator");
  const condition = (what: Schemas["Condition"]): string => {
    const zone = "zone" in what && what.zone ? what.zone.name : "";
    const text: (key: string, values: object) => string = t as never;
    return text(`condition.${what.type}.text`, {
      zone,
      where: zone && t("condition.inZone", { zone }),
      seconds: "seconds" in what ? span(what.seconds) : "",
      count: "count" in what ? what.count : undefined,
      kmh: "kmh" in what ? what.kmh : "",
      line: "line" in what ? what.line.name : "",
      direction: "line" in what ? t(`condition.direction.${what.direction ?? "any"}`) : "",
    });
  };
  const schedule = (when: Schemas["Schedule"] | null | undefined): string => {
    if (!when) return t("schedule.always");
    const spans = when.weekly.map(({ days, from, to }) => {
      const names = stretches(days)
        .map(([a, b]) =>
          a === b ? t(`schedule.days.${a}`) : `${t(`schedule.days.${a}`)}–${t(`schedule.days.${b}`)}`,
        )
        .join(", ");
      const whole = from === "00:00" && (to === "00:00" || to === "24:00");
      return `${names} ${whole ? t("schedule.wholeDay") : `${from}–${to}`}`;
    });
    const exceptions = when.exceptions?.length ?? 0;
    return [...spans, ...(exceptions ? [t("schedule.exceptionCount", { count: exceptions })] : [])].join(
      "; ",
    );
  };
  return { condition, schedule };
}
