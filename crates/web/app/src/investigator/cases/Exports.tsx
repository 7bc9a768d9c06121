import { Alert, Button, Card, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconDownload, IconFileZip } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../components/states";
import { said } from "../../i18n";
import { moment } from "../../i18n/time";

const unfinished = (one: Schemas["CaseExport"]) => one.state === "waiting" || one.state === "running";

/** Files made of a case to take away. They are made by the server, whether this page is open or not. */
export function Exports({ caseId, empty }: { caseId: string; empty: boolean }) {
  const { t } = useTranslation(["investigator", "common"]);
  const params = { path: { case_id: caseId } };
  const list = api.useQuery(
    "get",
    "/api/v1/cases/{case_id}/exports",
    { params },
    { refetchInterval: (query) => (query.state.data?.items.some(unfinished) ? 1000 : false) },
  );
  const onSettled = () => list.refetch();
  const start = api.useMutation("post", "/api/v1/cases/{case_id}/exports", { onSettled });
  const removal = api.useMutation("delete", "/api/v1/exports/{export_id}", { onSettled });
  const end = (id: string) => removal.mutate({ params: { path: { export_id: id } } });
  const items = list.data?.items ?? [];
  const busy = items.some(unfinished);
  const problem = start.error ?? removal.error ?? list.error;
  const askToRemove = (id: string) =>
    modals.openConfirmModal({
      title: t("export.removeTitle"),
      children: <Text size="sm">{t("export.removeHint")}</Text>,
      labels: { confirm: t("common:do.remove"), cancel: t("common:do.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => end(id),
    });
  return (
    <Card withBorder component="section" aria-label={t("export.title")}>
      <Stack gap="sm">
        <Group justify="space-between">
          <div>
            <Title order={2} size="h4">
              {t("export.title")}
            </Title>
            <Text size="sm">{t("export.hint")}</Text>
          </div>
          <Button
            leftSection={<IconFileZip size={18} aria-hidden />}
            disabled={empty || busy}
            loading={start.isPending}
            onClick={() => start.mutate({ params })}
          >
            {t("export.start")}
          </Button>
        </Group>
        {problem && <ProblemAlert problem={problem} />}
        {items.map((one) => (
          <Stack key={one.id} gap={4}>
            <Group justify="space-between">
              <Text size="sm">
                {moment(one.requested_at)} · {one.requested_by_name} ·{" "}
                <strong>{t(`export.state.${one.state}`)}</strong>
                {typeof one.bytes === "number" && ` · ${(one.bytes / 1e6).toFixed(1)} MB`}
              </Text>
              <Group gap="xs">
                {one.state === "done" && (
                  <Button
                    size="compact-sm"
                    component="a"
                    href={`/api/v1/exports/${one.id}/file`}
                    download
                    leftSection={<IconDownload size={16} aria-hidden />}
                  >
                    {t("export.download")}
                  </Button>
                )}
                <Button
                  size="compact-sm"
                  variant="subtle"
                  onClick={() => (unfinished(one) ? end(one.id) : askToRemove(one.id))}
                >
                  {unfinished(one) ? t("common:do.cancel") : t("common:do.remove")}
                </Button>
              </Group>
            </Group>
            {unfinished(one) && (
              <Progress value={one.done * 100} animated aria-label={t("export.progress")} />
            )}
            {one.why && (
              <Alert color="red" p="xs">
                {said(one.why)}
              </Alert>
            )}
          </Stack>
        ))}
      </Stack>
    </Card>
  );
}
