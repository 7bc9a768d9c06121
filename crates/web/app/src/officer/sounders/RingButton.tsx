import { Button, Group, Text } from "@mantine/core";
import { IconBellRinging } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { askToRing } from "./RingForm";
import { RingMark } from "./RingMark";
import { useRing } from "./useRing";

interface Props {
  sounder: Schemas["Sounder"];
  metres?: number;
  /** The review item for which it is rung. */
  item?: string;
}

/** A gong, bell or siren with what became of the last ringing, and the button that rings it. */
export function RingButton({ sounder, metres, item }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const may = useMay();
  const ring = useRing(sounder.id);
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs" py={4}>
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          {sounder.name}
          {metres !== undefined && (
            <Text span size="xs" c="dimmed" ml={6}>
              {t("item.metres", { metres: Math.round(metres) })}
            </Text>
          )}
        </Text>
        <RingMark ring={ring} />
      </div>
      {may("ring", sounder.place_id) && sounder.enabled !== false && (
        <Button
          size="compact-sm"
          color="red"
          variant="light"
          leftSection={<IconBellRinging size={16} aria-hidden />}
          loading={ring?.state === "asked"}
          aria-label={t("sounder.ringOf", { name: sounder.name })}
          onClick={() =>
            askToRing(t("sounder.ringOf", { name: sounder.name }), t("common:do.close"), sounder, item)
          }
        >
          {t("sounder.ring")}
        </Button>
      )}
    </Group>
  );
}
