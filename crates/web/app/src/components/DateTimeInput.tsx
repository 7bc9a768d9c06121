import { TextInput } from "@mantine/core";
import type { DateTimePickerProps } from "@mantine/dates";
import { lazy } from "react";
import { Later } from "./Later";

/** The calendar is large. */
const Picker = lazy(() => import("./DateTimeCalendar"));

/** A date and a time of day on Vietnam's clock. */
export function DateTimeInput(props: DateTimePickerProps) {
  const { label, description, size, w, "aria-label": name } = props;
  return (
    <Later fallback={<TextInput {...{ label, description, size, w }} aria-label={name} disabled />}>
      <Picker {...props} />
    </Later>
  );
}
