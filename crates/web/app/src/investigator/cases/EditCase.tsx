import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "../../api/client";
import { ProblemAlert } from "../../components/states";
import { type Case, cases } from "../pending";

/** Title and note of a case. */
export function EditCase({ found }: { found: Case }) {
  const { t } = useTranslation(["investigator", "common"]);
  const [title, setTitle] = useState(found.title);
  const [note, setNote] = useState(found.note ?? "");
  const save = useMutation({
    mutationFn: () =>
      cases.change(found.id, { title: title.trim(), note: note.trim() || null, version: found.version }),
    onSuccess: () => modals.closeAll(),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["cases"] }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        <TextInput
          label={t("cases.title")}
          required
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Textarea
          label={t("cases.note")}
          autosize
          minRows={3}
          maxLength={5000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {save.error && <ProblemAlert problem={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => modals.closeAll()}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!title.trim()}>
            {t("common:do.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
