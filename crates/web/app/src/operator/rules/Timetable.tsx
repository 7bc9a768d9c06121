import { Skeleton } from "@mantine/core";
import { type ComponentProps, lazy } from "react";
import { Later } from "../../components/Later";

const Editor = lazy(async () => ({ default: (await import("./ScheduleEditor")).ScheduleEditor }));

/** The editor of a timetable, fetched when a form shows it. */
export function Timetable(props: ComponentProps<typeof Editor>) {
  return (
    <Later fallback={<Skeleton height={120} />}>
      <Editor {...props} />
    </Later>
  );
}
