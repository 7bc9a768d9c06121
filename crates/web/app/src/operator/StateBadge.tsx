import { Badge } from "@mantine/core";
import { IconCircleCheck, IconCircleOff, IconPlugConnectedX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Standing } from "./cameraStates";
import { BAD, GOOD, OFF } from "./tones";

const LOOKS = {
  online: { color: GOOD, icon: IconCircleCheck },
  offline: { color: BAD, icon: IconPlugConnectedX },
  off: { color: OFF, icon: IconCircleOff },
} as const;

/** Whether a camera works: by word, colour and sign. */
export function StateBadge({ standing }: { standing: Standing }) {
  const { t } = useTranslation();
  const { color, icon: Icon } = LOOKS[standing];
  return (
    <Badge
      color={color}
      variant="filled"
      tt="none"
      miw="max-content"
      leftSection={<Icon size={14} aria-hidden />}
    >
      {t(`state.${standing}`)}
    </Badge>
  );
}
