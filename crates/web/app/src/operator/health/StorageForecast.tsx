import { Group, Paper, Progress, Skeleton, Stack, Text, Title } from "@mantine/core";
import { lazy } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { Later } from "../../components/Later";
import { Answer } from "../../components/states";
import { bytes, span } from "../figures";

const StorageChart = lazy(() => import("./StorageChart").then((of) => ({ default: of.StorageChart })));

const DAY = 86_400;

/** How long there is room for recordings. */
export function StorageForecast() {
  const { t } = useTranslation("operator");
  const asked = api.useQuery("get", "/api/v1/storage", {}, { refetchInterval: 60_000 });
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="storage" h="100%">
      <Title order={2} size="h4" id="storage" mb="xs">
        {t("health.storage")}
      </Title>
      <Answer of={asked}>{(storage) => <Forecast storage={storage} />}</Answer>
    </Paper>
  );
}

function Forecast({ storage }: { storage: Schemas["Storage"] }) {
  const { t } = useTranslation("operator");
  const { used_bytes, capacity_bytes, keep_days } = storage;
  const { bytes_per_day = null, days_until_full = null } = storage;
  const verdict =
    days_until_full !== null
      ? t("health.fullIn", { span: span(days_until_full * DAY) })
      : storage.limited_by === "days"
        ? t("health.neverFull", { count: keep_days })
        : t("health.unknown");
  return (
    <Stack gap="xs">
      <Text size="lg" fw={700}>
        {verdict}
      </Text>
      {days_until_full !== null && <Text size="sm">{t("health.afterFull", { count: keep_days })}</Text>}
      <Progress
        size="lg"
        value={capacity_bytes > 0 ? (used_bytes / capacity_bytes) * 100 : 0}
        aria-label={t("health.used", { used: bytes(used_bytes), capacity: bytes(capacity_bytes) })}
      />
      <Group gap="lg">
        <Text size="sm">
          {t("health.used", { used: bytes(used_bytes), capacity: bytes(capacity_bytes) })}
        </Text>
        {bytes_per_day !== null && (
          <Text size="sm">{t("health.perDay", { bytes: bytes(bytes_per_day) })}</Text>
        )}
        <Text size="sm">{t("health.kept", { span: span(storage.days_kept * DAY) })}</Text>
        <Text size="sm">{t("health.free", { bytes: bytes(storage.free_bytes) })}</Text>
      </Group>
      {bytes_per_day !== null && (
        <Later fallback={<Skeleton height={140} />}>
          <StorageChart storage={storage} />
        </Later>
      )}
    </Stack>
  );
}
