import { TextInput } from "@mantine/core";
import type { DateTimePickerProps } from "@mantine/dates";
import { lazy, Suspense, useEffect, useState } from "react";

/** The calendar is large: it is fetched once the page is there, so that nobody waits for it. */
const Picker = lazy(() => import("./DateTimeCalendar"));

/** A date and a time of day on Vietnam's clock. */
export function DateTimeInput(props: DateTimePickerProps) {
  const [shown, setShown] = useState(false);
  useEffect(() => setShown(true), []);
  const { label, description, size, w, "aria-label": name } = props;
  const waiting = <TextInput {...{ label, description, size, w }} aria-label={name} disabled />;
  return <Suspense fallback={waiting}>{shown ? <Picker {...props} /> : waiting}</Suspense>;
}
