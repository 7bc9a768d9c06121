import { Group, MultiSelect, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { PlaceSelect } from "../../components/pick";
import { named, OPEN, type QueueSearch, SEVERITIES, STATES } from "./search";

interface Props {
  search: QueueSearch;
  counts: Record<string, number>;
  onChange: (search: QueueSearch) => void;
}

/** How much waits, and what of it is listed. */
export function QueueFilters({ search, counts, onChange }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const states = named(search.state, STATES);
  const joined = (list: string[]) => list.join(",") || undefined;
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed" role="status">
        {t("queue.waiting", { count: counts.new ?? 0 })} · {t("queue.taken", { count: counts.taken ?? 0 })}
        {Boolean(counts.escalated) && <> · {t("queue.escalated", { count: counts.escalated })}</>}
      </Text>
      <Group gap="xs" grow>
        <MultiSelect
          size="xs"
          aria-label={t("queue.severity")}
          placeholder={search.severity ? undefined : t("queue.severity")}
          data={SEVERITIES.map((one) => ({ value: one, label: t(`common:severity.${one}`) }))}
          value={named(search.severity, SEVERITIES)}
          onChange={(list) => onChange({ ...search, severity: joined(list) })}
        />
        <MultiSelect
          size="xs"
          aria-label={t("queue.state")}
          placeholder={states.length > 0 ? undefined : t("queue.open")}
          data={STATES.map((one) => ({ value: one, label: t(`state.${one}`) }))}
          value={states}
          onChange={(list) =>
            onChange({ ...search, state: joined(list) === OPEN.join(",") ? undefined : joined(list) })
          }
        />
      </Group>
      <PlaceSelect
        size="xs"
        label={undefined}
        aria-label={t("queue.place")}
        placeholder={t("common:place.all")}
        action="review"
        clearable
        value={search.place ?? null}
        onChange={(place) => onChange({ ...search, place: place ?? undefined })}
      />
    </Stack>
  );
}
