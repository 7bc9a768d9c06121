import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { modals } from "@mantine/modals";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../components/states";

/** Ends a shift with what the next officer has to know. */
export function HandOver({ shift, onDone }: { shift: Schemas["Shift"]; onDone: () => void }) {
  const { t } = useTranslation(["officer", "common"]);
  const [note, setNote] = useState("");
  const close = api.useMutation("post", "/api/v1/shifts/{shift_id}/close");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    close.mutate(
      { params: { path: { shift_id: shift.id } }, body: { note: note.trim() || null } },
      {
        onSuccess: () => {
          modals.closeAll();
          onDone();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{t("shift.handOverHint")}</Text>
        {close.error && <ProblemAlert problem={close.error} />}
        <Textarea
          data-autofocus
          label={t("shift.note")}
          description={t("shift.noteHint")}
          autosize
          minRows={4}
          maxRows={12}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={() => modals.closeAll()}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit" loading={close.isPending}>
            {t("shift.end")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
