import { ActionIcon, Button, Group, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconLock, IconLockOpen, IconNote, IconPencil, IconTrash } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../api/client";
import { asProblem } from "../api/problem";
import { useMay, usePlaces } from "../api/session";
import { Page } from "../components/Page";
import { placePath } from "../components/pick";
import { Failed, Loading, NothingHere, ProblemAlert } from "../components/states";
import { moment } from "../i18n/time";
import { StateBadge } from "./CasesPage";
import { CaseItems } from "./cases/CaseItems";
import { EditCase } from "./cases/EditCase";
import { Exports } from "./cases/Exports";
import { refreshCases } from "./cases/refreshCases";
import { WriteNote } from "./cases/WriteNote";

const route = getRouteApi("/cases/$caseId");

/** One matter: what was gathered, in order, and its exports. */
export function CasePage() {
  const { t } = useTranslation("investigator");
  const { caseId } = route.useParams();
  const found = api.useQuery("get", "/api/v1/cases/{case_id}", { params: { path: { case_id: caseId } } });
  if (found.data) return <Whole key={caseId} found={found.data} />;
  return (
    <Page title={t("cases.pageTitle")} needs="export">
      {found.isPending ? (
        <Loading />
      ) : asProblem(found.error).code === "not_found" ? (
        <NothingHere title={t("cases.gone")} hint={t("cases.goneHint")} />
      ) : (
        <Failed error={found.error} retry={() => void found.refetch()} />
      )}
    </Page>
  );
}

function Whole({ found }: { found: Schemas["WholeCase"] }) {
  const { t } = useTranslation(["investigator", "common"]);
  const may = useMay();
  const places = usePlaces();
  const navigate = useNavigate();
  const mine = may("export", found.place_id);
  const path = { case_id: found.id };
  const { version } = found;
  const change = api.useMutation("patch", "/api/v1/cases/{case_id}", { onSettled: refreshCases });
  const setState = (state: Schemas["CaseState"]) =>
    change.mutate({ params: { path }, body: { state, version } });
  const remove = api.useMutation("delete", "/api/v1/cases/{case_id}", {
    onSuccess: async () => {
      await navigate({ to: "/cases" });
      queryClient.removeQueries({ queryKey: ["get", "/api/v1/cases/{case_id}", { params: { path } }] });
      void refreshCases();
    },
  });
  const open = found.state === "open";
  const askToClose = () =>
    modals.openConfirmModal({
      title: t("cases.closeTitle"),
      children: <Text size="sm">{t("cases.closeHint")}</Text>,
      labels: { confirm: t("cases.close"), cancel: t("common:do.cancel") },
      onConfirm: () => setState("closed"),
    });
  const askToRemove = () =>
    modals.openConfirmModal({
      title: t("cases.removeTitle"),
      children: <Text size="sm">{t("cases.removeHint")}</Text>,
      labels: { confirm: t("common:do.remove"), cancel: t("common:do.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => remove.mutate({ params: { path, query: { version } } }),
    });
  const problem = change.error ?? remove.error;
  return (
    <Page
      title={found.title}
      needs="export"
      hint={
        <>
          {placePath(places, found.place_id)} ·{" "}
          {t("cases.begunBy", { when: moment(found.created_at), name: found.created_by_name })}
        </>
      }
      actions={
        mine && (
          <>
            <Button
              variant="default"
              leftSection={<IconNote size={18} aria-hidden />}
              onClick={() =>
                modals.open({
                  title: t("cases.writeNote"),
                  children: <WriteNote caseId={found.id} />,
                })
              }
            >
              {t("cases.writeNote")}
            </Button>
            <Button
              variant="default"
              leftSection={open ? <IconLock size={18} aria-hidden /> : <IconLockOpen size={18} aria-hidden />}
              loading={change.isPending}
              onClick={open ? askToClose : () => setState("open")}
            >
              {open ? t("cases.close") : t("cases.reopen")}
            </Button>
            <ActionIcon
              size={36}
              variant="default"
              aria-label={t("cases.edit")}
              title={t("cases.edit")}
              onClick={() => modals.open({ title: t("cases.edit"), children: <EditCase found={found} /> })}
            >
              <IconPencil size={18} />
            </ActionIcon>
            <ActionIcon
              size={36}
              variant="default"
              aria-label={t("cases.removeTitle")}
              title={t("cases.removeTitle")}
              onClick={askToRemove}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </>
        )
      }
    >
      <Stack gap="md">
        <Group gap="sm">
          <StateBadge state={found.state} />
          <Text size="sm">{t("cases.items", { count: found.items.length })}</Text>
        </Group>
        {found.note && <Text style={{ whiteSpace: "pre-wrap" }}>{found.note}</Text>}
        {problem && <ProblemAlert problem={problem} />}
        <Exports caseId={found.id} empty={found.items.length === 0} />
        <CaseItems caseId={found.id} items={found.items} />
      </Stack>
    </Page>
  );
}
