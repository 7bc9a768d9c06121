import { DateTimePicker, type DateTimePickerProps } from "@mantine/dates";

/** In a file of its own, so that it can be fetched by itself. */
export default function DateTimeCalendar(props: DateTimePickerProps) {
  return <DateTimePicker {...(props as DateTimePickerProps<"default">)} />;
}
