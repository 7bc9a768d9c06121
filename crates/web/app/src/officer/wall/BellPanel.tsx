import { Badge, Group, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { Answer } from "../../components/states";
import { Ago, useNow } from "../Ago";
import { RingButton } from "../sounders/RingButton";

const LOW = 20;

/** The bells of households and what can be rung, with how they fare. */
export function BellPanel() {
  const { t } = useTranslation("officer");
  const bells = api.useQuery("get", "/api/v1/bells", {}, { refetchInterval: 60_000 });
  const sounders = api.useQuery("get", "/api/v1/sounders");
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">
        {t("sounder.title")}
      </Title>
      <Answer of={sounders}>
        {({ items }) =>
          items.length > 0 ? (
            items.map((sounder) => <RingButton key={sounder.id} sounder={sounder} />)
          ) : (
            <Text size="sm" c="dimmed">
              {t("sounder.none")}
            </Text>
          )
        }
      </Answer>
      <Title order={2} size="h5" mt="sm">
        {t("bell.title")}
      </Title>
      <Answer of={bells}>
        {({ items }) =>
          items.length > 0 ? (
            items.map((bell) => <BellLine key={bell.id} bell={bell} />)
          ) : (
            <Text size="sm" c="dimmed">
              {t("bell.none")}
            </Text>
          )
        }
      </Answer>
    </Stack>
  );
}

/** Whether a bell should have been heard of by now. */
export function isSilent(
  { heard_at, silent_after_hours, created_at }: Schemas["Bell"],
  now: number,
): boolean {
  return (
    typeof silent_after_hours === "number" &&
    now - Date.parse(heard_at ?? created_at) > silent_after_hours * 3_600_000
  );
}

function BellLine({ bell }: { bell: Schemas["Bell"] }) {
  const { t } = useTranslation("officer");
  const now = useNow(60_000);
  const silent = isSilent(bell, now);
  const battery = typeof bell.battery === "number" ? Math.round(bell.battery * 100) : undefined;
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          {bell.name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {bell.household}
        </Text>
        <Text size="xs" c="dimmed">
          {bell.heard_at ? (
            <>
              {t("bell.heard")}: <Ago when={bell.heard_at} />
            </>
          ) : (
            t("bell.never")
          )}
        </Text>
      </div>
      <Stack gap={4} align="flex-end" style={{ flexShrink: 0 }}>
        {bell.enabled === false && <Badge variant="default">{t("bell.off")}</Badge>}
        {silent && <Badge color="red.8">{t("bell.silent")}</Badge>}
        {battery !== undefined && (
          <Badge variant="default" c={battery < LOW ? "red" : undefined}>
            {t("bell.battery", { percent: battery })}
          </Badge>
        )}
      </Stack>
    </Group>
  );
}
