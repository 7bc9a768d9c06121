import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import classes from "../operator.module.css";
import { bars, DAYS } from "./week";

/** The hours of the week at which a timetable holds, a bar a day. */
export function WeekChart({ weekly }: { weekly: Schemas["WeeklySpan"][] }) {
  const { t } = useTranslation("operator");
  const week = bars(weekly);
  return (
    <div className={classes.week} role="img" aria-label={t("schedule.chart")}>
      {DAYS.map((day, place) => (
        <div key={day} style={{ display: "contents" }}>
          <Text size="xs" ta="right">
            {t(`schedule.days.${day}`)}
          </Text>
          <div className={classes.dayBar}>
            {(week[place] ?? []).map(([from, to]) => (
              <span
                key={from}
                style={{ left: `${(from / 1440) * 100}%`, width: `${((to - from) / 1440) * 100}%` }}
              />
            ))}
          </div>
        </div>
      ))}
      <span />
      <div className={classes.hours}>
        {[0, 6, 12, 18, 24].map((hour) => (
          <span key={hour}>{hour}</span>
        ))}
      </div>
    </div>
  );
}
