import { ActionIcon, Button, Group, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconLock, IconLockOpen, IconNote, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/client";
import { useMay, usePlaces } from "../api/session";
import { Page } from "../components/Page";
import { placePath } from "../components/pick";
import { Failed, Loading, NothingHere, ProblemAlert } from "../components/states";
import { moment } from "../i18n/time";
import { StateBadge } from "./CasesPage";
import { CaseItems } from "./cases/CaseItems";
import { EditCase } from "./cases/EditCase";
import { Exports } from "./cases/Exports";
import { WriteNote } from "./cases/WriteNote";
import { type Case, type CaseItem, cases, unknownThere } from "./pending";

const route = getRouteApi("/cases/$caseId");

/** One matter: what was gathered, in order, and its exports. */
export function CasePage() {
  const { t } = useTranslation("investigator");
  const { caseId } = route.useParams();
  const found = useQuery({ queryKey: ["cases", caseId], queryFn: () => cases.read(caseId) });
  if (found.data) return <Whole key={caseId} found={found.data} />;
  return (
    <Page title={t("cases.pageTitle")} needs="export">
      {found.isPending ? (
        <Loading />
      ) : unknownThere(found.error) ? (
        <NothingHere title={t("cases.gone")} hint={t("cases.goneHint")} />
      ) : (
        <Failed error={found.error} retry={() => void found.refetch()} />
      )}
    </Page>
  );
}

function Whole({ found }: { found: Case & { items: CaseItem[] } }) {
  const { t } = useTranslation(["investigator", "common"]);
  const may = useMay();
  const places = usePlaces();
  const navigate = useNavigate();
  const mine = may("export", found.place_id);
  const again = () => void queryClient.invalidateQueries({ queryKey: ["cases"] });
  const setState = useMutation({
    mutationFn: (state: Case["state"]) => cases.change(found.id, { state, version: found.version }),
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: () => cases.remove(found.id, found.version),
    onSuccess: () => {
      void navigate({ to: "/cases" });
      queryClient.removeQueries({ queryKey: ["cases", found.id] });
      again();
    },
  });
  const open = found.state === "open";
  const askToClose = () =>
    modals.openConfirmModal({
      title: t("cases.closeTitle"),
      children: <Text size="sm">{t("cases.closeHint")}</Text>,
      labels: { confirm: t("cases.close"), cancel: t("common:do.cancel") },
      onConfirm: () => setState.mutate("closed"),
    });
  const askToRemove = () =>
    modals.openConfirmModal({
      title: t("cases.removeTitle"),
      children: <Text size="sm">{t("cases.removeHint")}</Text>,
      labels: { confirm: t("common:do.remove"), cancel: t("common:do.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => remove.mutate(),
    });
  const problem = setState.error ?? remove.error;
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
              loading={setState.isPending}
              onClick={open ? askToClose : () => setState.mutate("open")}
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
