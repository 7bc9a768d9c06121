import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { BAD, WARN } from "../tones";

const COLOURS = { notice: "blue.9", alert: WARN, alarm: BAD } as const;

export function SeverityBadge({ severity }: { severity: Schemas["Severity"] }) {
  const { t } = useTranslation();
  return (
    <Badge color={COLOURS[severity]} tt="none" variant="filled" autoContrast={false} w={92} flex="none">
      {t(`severity.${severity}`)}
    </Badge>
  );
}
