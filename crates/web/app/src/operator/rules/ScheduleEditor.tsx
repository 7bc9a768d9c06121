import {
  ActionIcon,
  Button,
  Checkbox,
  Chip,
  Fieldset,
  Group,
  SegmentedControl,
  Stack,
  Text,
} from "@mantine/core";
import { DateInput } from "@mantine/dates";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { toField, ZONE } from "../../i18n/time";
import { TimeField } from "./TimeField";
import { WeekChart } from "./WeekChart";
import { DAYS } from "./week";

type Schedule = Schemas["Schedule"];

interface Props {
  value: Schedule | null;
  onChange: (value: Schedule | null) => void;
  label?: string;
  /** What it means that there is none. */
  without?: string;
}

const NIGHT = { days: [...DAYS], from: "22:00", to: "05:00" };

/** A weekly timetable with special dates, and a picture of the week. */
export function ScheduleEditor({ value, onChange, label, without }: Props) {
  const { t } = useTranslation("operator");
  const weekly = value?.weekly ?? [];
  const exceptions = value?.exceptions ?? [];
  const set = (change: Partial<Schedule>) => onChange({ time_zone: ZONE, weekly, exceptions, ...change });
  const setSpan = (place: number, change: Partial<Schemas["WeeklySpan"]>) =>
    set({ weekly: weekly.map((span, at) => (at === place ? { ...span, ...change } : span)) });
  const setDate = (place: number, change: Partial<Schemas["ExceptionDay"]>) =>
    set({ exceptions: exceptions.map((one, at) => (at === place ? { ...one, ...change } : one)) });
  return (
    <Fieldset legend={label ?? t("schedule.label")}>
      <Stack gap="sm">
        <SegmentedControl
          w="fit-content"
          maw="100%"
          aria-label={label ?? t("schedule.label")}
          value={value ? "weekly" : "always"}
          onChange={(chosen) =>
            onChange(chosen === "always" ? null : { time_zone: ZONE, weekly: [NIGHT], exceptions: [] })
          }
          data={[
            { value: "always", label: without ?? t("schedule.always") },
            { value: "weekly", label: t("schedule.byWeek") },
          ]}
        />
        {value && (
          <>
            {weekly.map((span, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a span is its place in the list.
              <Group key={place} gap="xs" align="flex-end">
                <Chip.Group
                  multiple
                  value={span.days}
                  onChange={(days) => setSpan(place, { days: DAYS.filter((day) => days.includes(day)) })}
                >
                  <Group gap={4} role="group" aria-label={t("schedule.daysLabel", { n: place + 1 })}>
                    {DAYS.map((day) => (
                      <Chip key={day} value={day} size="xs" radius="sm">
                        {t(`schedule.days.${day}`)}
                      </Chip>
                    ))}
                  </Group>
                </Chip.Group>
                <TimeField
                  label={t("schedule.from")}
                  value={span.from}
                  onChange={(from) => setSpan(place, { from })}
                />
                <TimeField
                  label={t("schedule.to")}
                  value={span.to}
                  onChange={(to) => setSpan(place, { to })}
                />
                <ActionIcon
                  variant="subtle"
                  size="lg"
                  aria-label={t("schedule.removeSpan")}
                  onClick={() => set({ weekly: weekly.toSpliced(place, 1) })}
                >
                  <IconX size={18} />
                </ActionIcon>
                {span.to <= span.from && <Text size="sm">{t("schedule.nextDay")}</Text>}
              </Group>
            ))}
            <Button
              variant="default"
              size="compact-sm"
              w="fit-content"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => set({ weekly: [...weekly, NIGHT] })}
            >
              {t("schedule.addSpan")}
            </Button>
            <WeekChart weekly={weekly} />
            <Text size="sm" fw={600}>
              {t("schedule.exceptions")}
            </Text>
            {exceptions.map((one, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a date is its place in the list.
              <Group key={place} gap="xs" align="flex-end">
                <DateInput
                  label={t("schedule.date")}
                  valueFormat="DD/MM/YYYY"
                  value={one.date}
                  onChange={(date) => date && setDate(place, { date })}
                  w={150}
                />
                <Checkbox
                  label={t("schedule.off")}
                  checked={one.spans.length === 0}
                  pb={8}
                  onChange={(event) =>
                    setDate(place, {
                      spans: event.currentTarget.checked ? [] : [{ from: "00:00", to: "24:00" }],
                    })
                  }
                />
                {one.spans[0] && (
                  <>
                    <TimeField
                      label={t("schedule.from")}
                      value={one.spans[0].from}
                      onChange={(from) =>
                        setDate(place, { spans: [{ from, to: one.spans[0]?.to ?? "24:00" }] })
                      }
                    />
                    <TimeField
                      label={t("schedule.to")}
                      value={one.spans[0].to}
                      onChange={(to) =>
                        setDate(place, { spans: [{ from: one.spans[0]?.from ?? "00:00", to }] })
                      }
                    />
                  </>
                )}
                <ActionIcon
                  variant="subtle"
                  size="lg"
                  aria-label={t("schedule.removeDate")}
                  onClick={() => set({ exceptions: exceptions.toSpliced(place, 1) })}
                >
                  <IconX size={18} />
                </ActionIcon>
              </Group>
            ))}
            <Group gap="xs">
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<IconPlus size={14} aria-hidden />}
                onClick={() =>
                  set({
                    exceptions: [...exceptions, { date: toField(Date.now()).slice(0, 10), spans: [] }],
                  })
                }
              >
                {t("schedule.addException")}
              </Button>
              <Text size="sm">{t("schedule.exceptionHint")}</Text>
            </Group>
          </>
        )}
      </Stack>
    </Fieldset>
  );
}
