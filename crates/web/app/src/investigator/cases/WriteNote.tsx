import { Button, Group, Stack, Textarea } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { http, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../components/states";
import { refreshCases } from "./refreshCases";

/** A note of its own in a case, or the note to one of its items. */
export function WriteNote({ caseId, item }: { caseId: string; item?: Schemas["CaseItem"] }) {
  const { t } = useTranslation(["investigator", "common"]);
  const [text, setText] = useState(item?.note ?? "");
  const save = useMutation({
    mutationFn: async () => {
      const note = text.trim();
      if (item)
        await http.PATCH("/api/v1/cases/{case_id}/items/{case_item_id}", {
          params: { path: { case_id: caseId, case_item_id: item.id } },
          body: { note: note || null },
        });
      else
        await http.POST("/api/v1/cases/{case_id}/items", {
          params: { path: { case_id: caseId } },
          body: { kind: { type: "note", text: note } },
        });
    },
    onSuccess: () => {
      void refreshCases();
      modals.closeAll();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        <Textarea
          label={t("cases.note")}
          autosize
          minRows={4}
          maxLength={5000}
          data-autofocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {save.error && <ProblemAlert problem={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => modals.closeAll()}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!item && !text.trim()}>
            {t("common:do.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
