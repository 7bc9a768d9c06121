import { Button, Group, Stack, Textarea } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "../../api/client";
import { ProblemAlert } from "../../components/states";
import { type CaseItem, cases } from "../pending";

/** A note of its own in a case, or the note to one of its items. */
export function WriteNote({ caseId, item }: { caseId: string; item?: CaseItem }) {
  const { t } = useTranslation(["investigator", "common"]);
  const [text, setText] = useState(item?.note ?? "");
  const save = useMutation({
    mutationFn: async () => {
      if (item) await cases.changeItem(caseId, item.id, { note: text.trim() || null });
      else await cases.add(caseId, { kind: { type: "note", text } });
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["cases", caseId] });
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
