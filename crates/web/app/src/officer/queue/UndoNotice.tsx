import { Button, Group, Kbd, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { after, type Step } from "./steps";

/** How long a decision can be taken back with one key, in milliseconds. */
export const UNDO_FOR = 10_000;

/** What was decided, and the way back. */
export function UndoNotice({ step, what, onUndo }: { step: Step; what: string; onUndo: () => void }) {
  const { t } = useTranslation(["officer", "common"]);
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <div>
        <Text fw={600} size="sm">
          {step === "escalate" ? t("undo.escalated") : t(`state.${after(step, "new")}`)}
        </Text>
        <Text size="xs" lineClamp={1}>
          {what}
        </Text>
      </div>
      <Button
        size="compact-sm"
        variant="light"
        onClick={onUndo}
        rightSection={<Kbd size="xs">Z</Kbd>}
        style={{ flexShrink: 0 }}
      >
        {step === "escalate" ? t("undo.takeBack") : t("common:do.undo")} (
        {t("undo.seconds", { count: UNDO_FOR / 1000 })})
      </Button>
    </Group>
  );
}
