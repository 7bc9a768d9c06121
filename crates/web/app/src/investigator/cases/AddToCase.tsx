import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFolderPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, http, type Schemas } from "../../api/client";
import { PlaceSelect } from "../../components/pick";
import { Loading, ProblemAlert } from "../../components/states";
import { refreshCases } from "./refreshCases";

type CaseContent = Schemas["CaseItemKind"];

interface Props {
  label: string;
  size?: "xs" | "sm";
  /** Asked when the button is pressed. */
  content: () => CaseContent;
  place?: string;
}

/** A button that asks to which case something is added. */
export function AddToCase({ label, size = "sm", content, place }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const [adding, setAdding] = useState<CaseContent>();
  const close = () => setAdding(undefined);
  return (
    <>
      <Button
        variant="default"
        size={size}
        leftSection={<IconFolderPlus size={size === "xs" ? 16 : 18} aria-hidden />}
        onClick={() => setAdding(content())}
      >
        {label}
      </Button>
      <Modal
        opened={adding !== undefined}
        onClose={close}
        title={label}
        closeButtonProps={{ "aria-label": t("common:do.close") }}
      >
        {adding && <Form content={adding} place={place} onClose={close} />}
      </Modal>
    </>
  );
}

const NEW = "new";

function Form({ content, place, onClose }: { content: CaseContent; place?: string; onClose: () => void }) {
  const { t } = useTranslation(["investigator", "common"]);
  const known = api.useQuery("get", "/api/v1/cases", { params: { query: { state: "open", limit: 500 } } });
  const open = known.data?.items ?? [];
  const [picked, setPicked] = useState<string | null>(null);
  const [title, setTitle] = useState("");
  const [at, setAt] = useState<string | null>(place ?? null);
  const [note, setNote] = useState("");
  const chosen = picked ?? open[0]?.id ?? NEW;
  const add = useMutation({
    mutationFn: async () => {
      let id: string | undefined = chosen;
      if (chosen === NEW) {
        const begun = await http.POST("/api/v1/cases", { body: { title: title.trim(), place_id: at ?? "" } });
        id = begun.data?.id;
        // Trying again, where only the adding failed, must not begin another.
        setPicked(id ?? NEW);
        void refreshCases();
      }
      await http.POST("/api/v1/cases/{case_id}/items", {
        params: { path: { case_id: id ?? "" } },
        body: { kind: content, note: note.trim() || null },
      });
    },
    onSuccess: () => {
      void refreshCases();
      onClose();
      notifications.show({ message: t("cases.added"), color: "green" });
    },
  });
  if (known.isPending) return <Loading />;
  if (known.error) return <ProblemAlert problem={known.error} />;
  const complete = chosen !== NEW || (title.trim() !== "" && at);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <Stack>
        <Select
          label={t("cases.which")}
          data={[
            ...open.map((one) => ({ value: one.id, label: one.title })),
            { value: NEW, label: t("cases.new") },
          ]}
          value={chosen}
          onChange={(value) => setPicked(value)}
          allowDeselect={false}
        />
        {chosen === NEW && (
          <>
            <TextInput
              label={t("cases.title")}
              required
              value={title}
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
            <PlaceSelect action="export" required value={at} onChange={setAt} />
          </>
        )}
        <Textarea
          label={t("cases.note")}
          autosize
          minRows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {add.error && <ProblemAlert problem={add.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit" loading={add.isPending} disabled={!complete}>
            {t("common:do.add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
