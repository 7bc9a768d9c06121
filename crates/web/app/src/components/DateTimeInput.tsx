import { TextInput } from "@mantine/core";
import type { DateTimePickerProps } from "@mantine/dates";
import { lazy, Suspense } from "react";

/** The calendar is large, and is opened by few: a page does not wait for it. */
const Picker = lazy(() => import("./DateTimeCalendar"));

/** A date and a time of day on Vietnam's clock. */
export function DateTimeInput(props: DateTimePickerProps) {
  const { label, description, size, w, "aria-label": name } = props;
  return (
    <Suspense fallback={<TextInput {...{ label, description, size, w }} aria-label={name} disabled />}>
      <Picker {...props} />
    </Suspense>
  );
}
