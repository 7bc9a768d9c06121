import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../components/states";
import { refreshCases } from "./refreshCases";

/** Title and note of a case. */
export function EditCase({ found }: { found: Schemas["Case"] }) {
  const { t } = useTranslation(["investigator", "common"]);
  const [title, setTitle] = useState(found.title);
  const [note, setNote] = useState(found.note ?? "");
  const save = api.useMutation("patch", "/api/v1/cases/{case_id}", {
    onSuccess: () => modals.closeAll(),
    onSettled: refreshCases,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({
          params: { path: { case_id: found.id } },
          body: { title: title.trim(), note: note.trim() || null, version: found.version },
        });
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
