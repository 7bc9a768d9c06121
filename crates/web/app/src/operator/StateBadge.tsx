import { Badge } from "@mantine/core";
import { IconCircleCheck, IconCircleOff, IconPlugConnectedX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Standing } from "./cameraStates";

const LOOKS = {
  online: { color: "green.9", icon: IconCircleCheck },
  offline: { color: "red.9", icon: IconPlugConnectedX },
  off: { color: "gray.7", icon: IconCircleOff },
} as const;

/** Whether a camera works: by word, colour and sign. */
export function StateBadge({ standing }: { standing: Standing }) {
  const { t } = useTranslation();
  const { color, icon: Icon } = LOOKS[standing];
  return (
    <Badge color={color} variant="filled" tt="none" leftSection={<Icon size={14} aria-hidden />}>
      {t(`state.${standing}`)}
    </Badge>
  );
}
