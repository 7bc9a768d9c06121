import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import i18next from "i18next";
import { BAD } from "./tones";

/** Asks before something is removed, and says what follows. */
export function confirmRemoval(name: string, consequence: string, remove: () => void) {
  const t = i18next.getFixedT(null, ["operator", "common"]);
  modals.openConfirmModal({
    title: t("confirm.removeTitle", { name }),
    children: <Text size="sm">{consequence}</Text>,
    labels: { confirm: t("common:do.remove"), cancel: t("common:do.cancel") },
    confirmProps: { color: BAD },
    closeButtonProps: { "aria-label": t("common:do.close") },
    onConfirm: remove,
  });
}
