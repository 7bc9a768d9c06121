import { Skeleton } from "@mantine/core";
import { type ComponentProps, lazy, Suspense } from "react";

const Editor = lazy(async () => ({ default: (await import("./ScheduleEditor")).ScheduleEditor }));

/** The editor of a timetable, fetched when a form shows it. */
export function Timetable(props: ComponentProps<typeof Editor>) {
  return (
    <Suspense fallback={<Skeleton height={120} />}>
      <Editor {...props} />
    </Suspense>
  );
}
