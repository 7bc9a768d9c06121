import { TimePicker } from "@mantine/dates";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  /** A time of day such as 22:00. */
  value: string;
  onChange: (value: string) => void;
}

/** A time of day by the clock of 24 hours, whatever the browser is set to. */
export function TimeField({ label, value, onChange }: Props) {
  const { t } = useTranslation("operator");
  return (
    <TimePicker
      label={label}
      format="24h"
      // A field knows no 24:00; an end at 00:00 means the same.
      value={value === "24:00" ? "00:00" : value}
      onChange={(next) => {
        if (next) onChange(next.slice(0, 5));
      }}
      hoursInputLabel={`${label}, ${t("schedule.hours")}`}
      minutesInputLabel={`${label}, ${t("schedule.minutes")}`}
    />
  );
}
