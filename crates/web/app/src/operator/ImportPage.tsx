import {
  Alert,
  Badge,
  Button,
  FileButton,
  Group,
  List,
  Loader,
  Stack,
  Switch,
  Table,
  Text,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload, IconFileSpreadsheet } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { queryClient, type Schemas } from "../api/client";
import { Page } from "../components/Page";
import { ProblemAlert } from "../components/states";
import { said } from "../i18n";
import classes from "./import.module.css";
import { LinkAnchor } from "./links";
import { BAD, BAD_TEXT, GOOD, GOOD_TEXT } from "./tones";
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
        <Rows
          answer={send.data}
          done={!send.variables?.dry_run}
          busy={send.isPending}
          onAdd={() => send.mutate({ file, dry_run: false })}
        />
      )}
    </Stack>
  );
}

interface RowsProps {
  answer: Schemas["Imported"];
  done: boolean;
  busy: boolean;
  onAdd: () => void;
}

function Rows({ answer, done, busy, onAdd }: RowsProps) {
  const { t } = useTranslation("operator");
  const [onlyFaulty, setOnlyFaulty] = useState(false);
  const faulty = answer.rows.filter((row) => row.problems.length > 0);
  const shown = onlyFaulty ? faulty : answer.rows;
  return (
    <Stack>
      <Group role="status">
        <Badge color={GOOD} size="lg" tt="none">
          {done
            ? t("import.addedCount", { count: answer.added })
            : t("import.ready", { count: answer.ready })}
        </Badge>
        {faulty.length > 0 && (
          <Badge color={BAD} size="lg" tt="none">
            {t("import.faulty", { count: faulty.length })}
          </Badge>
        )}
        {!done && answer.ready > 0 && (
          <Button onClick={onAdd} loading={busy}>
            {t("import.add", { count: answer.ready })}
          </Button>
        )}
        {faulty.length > 0 && (
          <Switch
            label={t("import.onlyFaulty")}
            checked={onlyFaulty}
            onChange={(event) => setOnlyFaulty(event.currentTarget.checked)}
          />
        )}
      </Group>
      {!done && faulty.length > 0 && (
        <Alert color="yellow">{t(answer.ready > 0 ? "import.mend" : "import.mendAll")}</Alert>
      )}
      {answer.ignored.length > 0 && (
        <Alert color="yellow">{t("import.ignored", { names: answer.ignored.join(", ") })}</Alert>
      )}
      <Table.ScrollContainer minWidth={640}>
        <Table stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={80}>{t("import.row")}</Table.Th>
              <Table.Th w={260}>{t("cameras.name")}</Table.Th>
              <Table.Th>{t("import.result")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row) => (
              <Table.Tr key={row.row}>
                <Table.Td>{row.row}</Table.Td>
                <Table.Td>
                  {row.camera_id ? (
                    <LinkAnchor to="/cameras/$cameraId" params={{ cameraId: row.camera_id }}>
                      {row.name}
                    </LinkAnchor>
                  ) : (
                    row.name || "–"
                  )}
                </Table.Td>
                <Table.Td>
                  {row.problems.length === 0 ? (
                    <Text c={GOOD_TEXT}>
                      {t(done ? "import.added" : row.camera_id ? "import.already" : "import.fine")}
                    </Text>
                  ) : (
                    <List size="sm">
                      {row.problems.map((problem) => (
                        <List.Item key={`${problem.field} ${problem.message.en}`}>
                          <Text span c={BAD_TEXT} fw={600}>
                            {said(problem.message)}
                          </Text>{" "}
                          {said(problem.remedy)}
                        </List.Item>
                      ))}
                    </List>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}
