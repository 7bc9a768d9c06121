import { Button, FileButton, Group, Loader, Stack, Switch, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload, IconFileSpreadsheet } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/client";
import { Page } from "../components/Page";
import { ProblemAlert } from "../components/states";
import { ImportRows } from "./ImportRows";
import classes from "./import.module.css";
import { TEMPLATE, uploadTable } from "./uploadTable";

/** Many cameras from a file: what is wrong with each row first, then adding them. */
export function ImportPage() {
  const { t } = useTranslation("operator");
  return (
    <Page
      title={t("import.title")}
      hint={t("import.hint")}
      needs="manage_cameras"
      actions={
        <Button
          component="a"
          href={TEMPLATE}
          download
          variant="default"
          leftSection={<IconDownload size={18} aria-hidden />}
        >
          {t("import.template")}
        </Button>
      }
    >
      <Import />
    </Page>
  );
}

function Import() {
  const { t } = useTranslation(["operator", "common"]);
  const [file, setFile] = useState<File | null>(null);
  const [probe, setProbe] = useState(false);
  const abort = useRef<AbortController>(null);
  const send = useMutation({
    mutationFn: ({ file, dry_run }: { file: File; dry_run: boolean }) => {
      abort.current = new AbortController();
      return uploadTable(file, { dry_run, probe }, abort.current.signal);
    },
    onSuccess: async (answer, { dry_run }) => {
      if (dry_run) return;
      notifications.show({ message: t("import.addedCount", { count: answer.added }), color: "green" });
      await queryClient.invalidateQueries();
    },
  });
  const check = (chosen: File | null) => {
    if (!chosen) return;
    setFile(chosen);
    send.mutate({ file: chosen, dry_run: true });
  };
  const running = send.isPending && send.variables;
  return (
    <Stack>
      <Switch
        label={t("import.tryEach")}
        checked={probe}
        onChange={(event) => setProbe(event.currentTarget.checked)}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: files are dropped here; the button in it does the same. */}
      <div
        className={classes.drop}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          check(event.dataTransfer.files[0] ?? null);
        }}
      >
        <IconFileSpreadsheet size={40} stroke={1.2} aria-hidden />
        <Text>{file ? t("import.file", { name: file.name }) : t("import.drop")}</Text>
        <FileButton accept=".csv,.xlsx,text/csv" onChange={check}>
          {(props) => (
            <Button {...props} variant={file ? "default" : "filled"}>
              {file ? t("import.again") : t("import.choose")}
            </Button>
          )}
        </FileButton>
      </div>
      {running && (
        <Group role="status">
          <Loader size="sm" />
          <Text>
            {running.dry_run ? t("import.checking", { name: running.file.name }) : t("import.adding")}
          </Text>
          <Button variant="default" size="compact-sm" onClick={() => abort.current?.abort()}>
            {t("common:do.cancel")}
          </Button>
        </Group>
      )}
      {send.error && !abort.current?.signal.aborted && <ProblemAlert problem={send.error} />}
      {send.data && file && (
        <ImportRows
          answer={send.data}
          onAdd={send.variables?.dry_run ? () => send.mutate({ file, dry_run: false }) : undefined}
        />
      )}
    </Stack>
  );
}
