import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/client";
import { useCloseDialog } from "./DialogButton";

/** What follows when something of a dialog was stored: what shows it is renewed, and the dialog goes. */
export function useSaved(path: string) {
  const { t } = useTranslation();
  const close = useCloseDialog();
  return {
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["get", path] });
      close();
      notifications.show({ message: t("state.saved"), color: "green" });
    },
  };
}
