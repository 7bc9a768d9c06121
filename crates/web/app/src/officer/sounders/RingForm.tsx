import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../components/states";

/** Asks for the reason before something is rung that wakes a neighbourhood. */
export function askToRing(title: string, close: string, sounder: Schemas["Sounder"], item?: string) {
  modals.open({
    title,
    closeButtonProps: { "aria-label": close },
    children: <RingForm sounder={sounder} item={item} />,
  });
}

function RingForm({ sounder, item }: { sounder: Schemas["Sounder"]; item?: string }) {
  const { t } = useTranslation(["officer", "common"]);
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const ring = api.useMutation("post", "/api/v1/sounders/{sounder_id}/ring");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!reason.trim()) {
      setMissing(true);
      return;
    }
    ring.mutate(
      {
        params: { path: { sounder_id: sounder.id } },
        body: { confirm: true, reason: reason.trim(), ...(item && { item_id: item }) },
      },
      { onSuccess: () => modals.closeAll() },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm">{t("sounder.ringHint", { count: sounder.seconds ?? 0 })}</Text>
        {ring.error && <ProblemAlert problem={ring.error} />}
        <TextInput
          data-autofocus
          required
          label={t("sounder.reason")}
          description={t("sounder.reasonHint")}
          maxLength={500}
          value={reason}
          error={missing && !reason.trim() && t("sounder.reasonNeeded")}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={() => modals.closeAll()}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit" color="red" loading={ring.isPending}>
            {t("sounder.ringNow")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
