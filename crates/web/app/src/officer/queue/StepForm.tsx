import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { modals } from "@mantine/modals";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  hint: string;
  /** Something must be written. */
  needed: boolean;
  send: string;
  onSend: (note: string | undefined) => void;
}

/** What an officer writes down with a step; Enter sends it. */
export function StepForm({ hint, needed, send, onSend }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState(false);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const text = note.trim();
    if (needed && !text) {
      setMissing(true);
      return;
    }
    modals.closeAll();
    onSend(text || undefined);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{hint}</Text>
        <Textarea
          data-autofocus
          label={t("note.text")}
          autosize
          minRows={2}
          maxLength={2000}
          value={note}
          error={missing && !note.trim() && t("note.needed")}
          onChange={(event) => setNote(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              submit();
            }
          }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={() => modals.closeAll()}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit">{send}</Button>
        </Group>
      </Stack>
    </form>
  );
}
