import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/client";
import { useCloseDialog } from "./DialogButton";

/** What follows when something of a dialog was stored or removed: what shows it is renewed, and the dialog goes. */
export function useSaved(path: string, onError?: (error: unknown) => void) {
  const { t } = useTranslation();
  const close = useCloseDialog();
  const after = (message: string) => ({
    onError,
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["get", path] });
      close();
      notifications.show({ message, color: "green" });
    },
  });
  return { saved: after(t("state.saved")), removed: after(t("state.removed")) };
}
