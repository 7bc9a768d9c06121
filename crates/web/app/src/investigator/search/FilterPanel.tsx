import {
  Accordion,
  Button,
  Checkbox,
  Chip,
  Group,
  NumberInput,
  SegmentedControl,
  Slider,
  Stack,
  Text,
  VisuallyHidden,
} from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DateTimeInput } from "../../components/DateTimeInput";
import { CameraMultiSelect, PlaceSelect } from "../../components/pick";
import { fromField, toField } from "../../i18n/time";
import { CLASSES, DIRECTIONS, type Filter, type ObjectClass, type Period, QUICK } from "./filter";
import { ZoneOnPicture } from "./ZoneOnPicture";

interface Props {
  filter: Filter;
  period: Period;
  onChange: (change: Partial<Filter>) => void;
  onClear: () => void;
}

const QUICK_KEYS = {
  hour: "common:time.lastHour",
  today: "common:time.today",
  yesterday: "common:time.yesterday",
  week: "common:time.lastWeek",
} as const;

/** What is searched for. Each change is in the address at once. */
export function FilterPanel({ filter, period, onChange, onClear }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const own = filter.from ? null : (filter.period ?? "hour");
  const setTime = (side: "from" | "to") => (value: string | null) => {
    if (!value) return;
    const next = { from: toField(period.from), to: toField(period.to), [side]: value };
    const [from, to] = [fromField(next.from), fromField(next.to)];
    if (Date.parse(from) < Date.parse(to)) onChange({ from, to, period: undefined });
    else if (side === "from")
      onChange({ from, to: new Date(Date.parse(from) + 3_600_000).toISOString(), period: undefined });
    else onChange({ to, from: new Date(Date.parse(to) - 3_600_000).toISOString(), period: undefined });
  };
  const [camera] = filter.cameras ?? [];
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={600} id="search-period">
          {t("search.period")}
        </Text>
        <Chip.Group
          value={own ?? ""}
          onChange={(value) =>
            onChange({ period: QUICK.find((one) => one === value), from: undefined, to: undefined })
          }
        >
          <Group gap={6} my={6} role="group" aria-labelledby="search-period">
            {QUICK.map((one) => (
              <Chip key={one} value={one} size="xs">
                {t(QUICK_KEYS[one])}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <Stack gap={6}>
          <DateTimeInput
            size="xs"
            label={t("common:time.from")}
            valueFormat="HH:mm:ss DD/MM/YYYY"
            withSeconds
            value={toField(period.from)}
            onChange={setTime("from")}
          />
          <DateTimeInput
            size="xs"
            label={t("common:time.to")}
            valueFormat="HH:mm:ss DD/MM/YYYY"
            withSeconds
            value={toField(period.to)}
            onChange={setTime("to")}
          />
        </Stack>
      </div>
      <PlaceSelect
        size="xs"
        action="review"
        clearable
        placeholder={t("common:place.all")}
        value={filter.place ?? null}
        onChange={(place) => onChange({ place: place ?? undefined })}
      />
      <CameraMultiSelect
        size="xs"
        action="review"
        value={filter.cameras ?? []}
        onChange={(cameras) => onChange({ cameras: cameras.length ? cameras : undefined, zone: undefined })}
      />
      <div>
        <Text size="sm" fw={600} id="search-classes">
          {t("search.classes")}
        </Text>
        <Chip.Group
          multiple
          value={filter.classes ?? []}
          onChange={(value) => onChange({ classes: value.length ? (value as ObjectClass[]) : undefined })}
        >
          <Group gap={6} mt={6} role="group" aria-labelledby="search-classes">
            {CLASSES.map((one) => (
              <Chip key={one} value={one} size="xs">
                {t(`common:class.${one}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </div>
      <Checkbox
        size="sm"
        label={t("search.moving")}
        checked={filter.moving ?? false}
        onChange={(event) => onChange({ moving: event.currentTarget.checked || undefined })}
      />
      <Accordion
        variant="contained"
        chevronPosition="left"
        defaultValue={filter.direction || filter.minSeconds || filter.minScore || filter.zone ? "more" : null}
      >
        <Accordion.Item value="more">
          <Accordion.Control>
            <Text size="sm">{t("search.more")}</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="sm">
              <div>
                <Text size="xs" fw={600} id="search-direction" mb={4}>
                  {t("search.direction")}
                </Text>
                <SegmentedControl
                  size="xs"
                  fullWidth
                  aria-labelledby="search-direction"
                  value={filter.direction ?? ""}
                  onChange={(value) =>
                    onChange({ direction: DIRECTIONS.find((one) => one === value) ?? undefined })
                  }
                  data={[
                    { value: "", label: t("search.anyDirection") },
                    ...DIRECTIONS.map((one) => ({
                      value: one,
                      label: (
                        <>
                          <span aria-hidden>{t(`search.heading.${one}`)}</span>
                          <VisuallyHidden>{t(`search.headingHint.${one}`)}</VisuallyHidden>
                        </>
                      ),
                    })),
                  ]}
                />
                <Text size="xs" mt={2}>
                  {filter.direction ? t(`search.headingHint.${filter.direction}`) : ""}
                </Text>
              </div>
              <Group grow gap="xs">
                <NumberInput
                  size="xs"
                  label={t("search.minSeconds")}
                  suffix=" s"
                  min={0}
                  value={filter.minSeconds ?? ""}
                  onChange={(value) =>
                    onChange({ minSeconds: typeof value === "number" ? value : undefined })
                  }
                />
                <NumberInput
                  size="xs"
                  label={t("search.maxSeconds")}
                  suffix=" s"
                  min={filter.minSeconds ?? 0}
                  value={filter.maxSeconds ?? ""}
                  onChange={(value) =>
                    onChange({ maxSeconds: typeof value === "number" ? value : undefined })
                  }
                />
              </Group>
              <div>
                <Text size="xs" fw={600} mb={4}>
                  {t("search.score")}
                </Text>
                <Slider
                  key={filter.minScore}
                  size="sm"
                  min={0}
                  max={95}
                  step={5}
                  thumbLabel={t("search.score")}
                  label={(value) => `${value} %`}
                  defaultValue={Math.round((filter.minScore ?? 0) * 100)}
                  onChangeEnd={(value) => onChange({ minScore: value ? value / 100 : undefined })}
                />
              </div>
              {camera && filter.cameras?.length === 1 ? (
                <ZoneOnPicture camera={camera} zone={filter.zone} onChange={(zone) => onChange({ zone })} />
              ) : (
                <Text size="xs">{t("search.zoneNeedsCamera")}</Text>
              )}
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
      <Button variant="default" size="xs" onClick={onClear}>
        {t("common:do.clear")}
      </Button>
    </Stack>
  );
}
