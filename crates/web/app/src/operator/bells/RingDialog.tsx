import { Button, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queryClient } from "../../api/client";
import { useCloseDialog } from "../DialogButton";
import { SaveTrouble } from "../SaveTrouble";
import { BAD } from "../tones";

/** Rings by hand: with a reason, and only on purpose. */
export function RingDialog({ sounder }: { sounder: string }) {
  const { t } = useTranslation("operator");
  const close = useCloseDialog();
  const [reason, setReason] = useState("");
  const [sure, setSure] = useState(false);
  const ring = api.useMutation("post", "/api/v1/sounders/{sounder_id}/ring");
  const order = () =>
    ring.mutate(
      { params: { path: { sounder_id: sounder } }, body: { reason: reason.trim(), confirm: true } },
      {
        onSuccess: async () => {
          close();
          notifications.show({ message: t("sounders.rung"), color: "green" });
          await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/rings"] });
        },
      },
    );
  return (
    <Stack>
      <Text size="sm">{t("sounders.ringWhat")}</Text>
      <TextInput
        label={t("sounders.reason")}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Checkbox
        label={t("sounders.sure")}
        checked={sure}
        onChange={(event) => setSure(event.currentTarget.checked)}
      />
      <SaveTrouble error={ring.error} />
      <Button color={BAD} disabled={!sure || !reason.trim()} loading={ring.isPending} onClick={order}>
        {t("sounders.ring")}
      </Button>
    </Stack>
  );
}
